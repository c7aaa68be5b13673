// Looking for what must not be there: the values of documents, in everything that nodes wrote.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex, utf8 } from '@consilium/core';
import { WAL_FILE } from '../../../src/replica/open.ts';
import { type Entry, openStore } from '../../../src/store/store.ts';
import { TABLES, type TableName } from '../../../src/tables.ts';
import type { Validator } from './network.ts';

/** Shorter values stand anywhere by chance. */
const VALUE_BYTES_MIN = 6;

/** Everything that a JSON document says: its strings and numbers, none of its field names. */
export function valuesOf(json: unknown): Set<string> {
  const values = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
    else if (utf8(String(value)).length >= VALUE_BYTES_MIN) values.add(String(value));
  };
  visit(json);
  return values;
}

/** One place in which a value could stand. */
export interface Written {
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** Blocks, state, indexes and all else of the store, the write-ahead log and the printed log of a stopped node. */
export async function writtenBy({ name, paths, log }: Validator): Promise<Written[]> {
  const store = await openStore(paths.data);
  const snapshot = store.snapshot();
  const written: Written[] = [
    { where: `${name}: log`, bytes: utf8(log()) },
    { where: `${name}: write-ahead log`, bytes: await readFile(join(paths.state, WAL_FILE)) },
  ];
  try {
    for (const table of Object.keys(TABLES) as TableName[]) {
      const entries = await entriesOf((after) =>
        snapshot.entries(TABLES[table], { ...(after === undefined ? {} : { after }), limit: 1_000 }),
      );
      for (const { key, value } of entries)
        written.push(
          { where: `${name}: key in ${table}`, bytes: key },
          { where: `${name}: ${table}`, bytes: value },
        );
    }
  } finally {
    snapshot.close();
    await store.close();
  }
  return written;
}

async function entriesOf(page: (after?: Uint8Array) => Promise<readonly Entry[]>): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let next = await page(); next.length > 0; next = await page(all.at(-1)?.key)) all.push(...next);
  return all;
}

export interface Needle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A value as it is, and as it is shown where bytes are text. */
export function needlesOf(values: Iterable<string>): Needle[] {
  return [...values].flatMap((value) => [
    { name: value, bytes: utf8(value) },
    { name: `hex of ${value}`, bytes: utf8(toHex(utf8(value))) },
  ]);
}

/** `where: name` for each needle that stands somewhere. One pass over each place, however many needles there are. */
export function findIn(places: readonly Written[], needles: readonly Needle[]): string[] {
  const byHead = Map.groupBy(needles, ({ bytes }) => headAt(bytes, 0));
  const found = new Set<string>();
  for (const { where, bytes } of places) {
    for (let at = 0; at + VALUE_BYTES_MIN <= bytes.length; at += 1) {
      for (const needle of byHead.get(headAt(bytes, at)) ?? [])
        if (isAt(bytes, at, needle.bytes)) found.add(`${where}: ${needle.name}`);
    }
  }
  return [...found];
}

/** The first six bytes as one number. */
function headAt(bytes: Uint8Array, at: number): number {
  let head = 0;
  for (let index = at; index < at + VALUE_BYTES_MIN; index += 1) head = head * 256 + (bytes[index] ?? 0);
  return head;
}

function isAt(bytes: Uint8Array, at: number, needle: Uint8Array): boolean {
  return at + needle.length <= bytes.length && needle.every((byte, index) => bytes[at + index] === byte);
}
