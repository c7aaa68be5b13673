// Owns: what a join keeps in the store until it is done: its journal, the chunks and the blocks of the replay window, all
// checked before they are written. Does not own: checking them, and what they become.
import {
  byteString,
  concat,
  decode,
  encode,
  type Hex32,
  hex32,
  integer,
  OBJECT_BYTES_MAX,
  oneOf,
  type Shape,
  struct,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import { type WindowBlock, windowBlockShape } from '../messages/snapshot.ts';
import type { Kv, KvWrite } from '../ports.ts';
import { heightKey } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';
import { manifestBytesShape } from './snapshot-format.ts';

/** A block that the operator was given by hand. */
export interface Trust {
  readonly height: number;
  readonly blockId: Hex32;
}

/**
 * `fetching`: the state tables are empty; the journal and every row were checked. `installing`: all is here, and is being
 * written to where it belongs; there is no tip yet. `cleaning`: the tip is there.
 */
export type JoinPhase = 'fetching' | 'installing' | 'cleaning';

export interface Journal {
  readonly version: number;
  readonly phase: JoinPhase;
  readonly trust: Trust;
  /** Encoded; of the snapshot whose header was proven. */
  readonly manifest: Uint8Array;
  /** Encoded light steps from genesis: every change of the set up to the snapshot. */
  readonly steps: Uint8Array;
  /** Height of the first block of the replay window; 0 while it is not known. */
  readonly windowFrom: number;
}

export const JOURNAL_VERSION = 1;
const height = integer(0, Number.MAX_SAFE_INTEGER);

const journalShape: Shape<Journal> = struct<Journal>({
  version: integer(JOURNAL_VERSION, JOURNAL_VERSION),
  phase: oneOf<JoinPhase>('fetching', 'installing', 'cleaning'),
  trust: struct<Trust>({ height, blockId: hex32 }),
  manifest: manifestBytesShape,
  steps: byteString(OBJECT_BYTES_MAX),
  windowFrom: height,
});

const JOURNAL_KEY = utf8('journal');

/** undefined: no join is under way in this store. */
export function readJournal(kv: Pick<Kv, 'get'>): Journal | undefined {
  const bytes = kv.get(TABLES.joining, JOURNAL_KEY);
  return bytes === undefined ? undefined : decode(journalShape, bytes, OBJECT_BYTES_MAX);
}

export function journalWrite(journal: Journal): KvWrite {
  return { table: TABLES.joining, key: JOURNAL_KEY, value: encode(journalShape, journal) };
}

export function journalDelete(): KvWrite {
  return { table: TABLES.joining, key: JOURNAL_KEY, value: null };
}

function chunkKey(index: number): Uint8Array {
  return concat(utf8('c'), uint64Bytes(index).subarray(4));
}

export function readChunk(kv: Pick<Kv, 'get'>, index: number): Uint8Array | undefined {
  return kv.get(TABLES.joining, chunkKey(index));
}

export function chunkWrite(index: number, bytes: Uint8Array | null): KvWrite {
  return { table: TABLES.joining, key: chunkKey(index), value: bytes };
}

function windowKey(height: number): Uint8Array {
  return concat(utf8('w'), heightKey(height));
}

export function readWindowBlock(kv: Pick<Kv, 'get'>, height: number): WindowBlock | undefined {
  const bytes = kv.get(TABLES.joining, windowKey(height));
  return bytes === undefined ? undefined : decode(windowBlockShape, bytes, OBJECT_BYTES_MAX);
}

export function windowWrite(block: WindowBlock): KvWrite {
  const key = windowKey(block.block.header.height);
  return { table: TABLES.joining, key, value: encode(windowBlockShape, block) };
}

/** Deletes the row of a block of the window, whether it is there or not. */
export function windowDelete(height: number): KvWrite {
  return { table: TABLES.joining, key: windowKey(height), value: null };
}
