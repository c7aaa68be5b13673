// Owns: what becomes of a join whose parts are all here and checked: state and tree, part by part, while there is no tip;
// then one batch with the tip. A crash before it leaves a store that installs again, after it a chain. Does not own:
// fetching.
import {
  ConsiliumError,
  decodeLightSteps,
  hashHex,
  headerId,
  joinParts,
  type LightStep,
  type TreePart,
} from '@consilium/core';
import { JOIN_CLEAN_ROWS } from '../limits.ts';
import type { WindowBlock } from '../messages/snapshot.ts';
import type { Kv, KvWrite } from '../ports.ts';
import {
  baseWrite,
  blockWrites,
  certificateWrite,
  lightHeaderWrite,
  setChangeWrite,
  tipOf,
  tipWrite,
} from '../replica/chain.ts';
import { TABLES } from '../tables.ts';
import {
  chunkWrite,
  type Journal,
  journalDelete,
  journalWrite,
  readChunk,
  readWindowBlock,
  windowDelete,
} from './join-rows.ts';
import {
  checkChunk,
  checkParts,
  decodeManifest,
  type Hashing,
  type Manifest,
  SNAPSHOT_VERSION,
} from './snapshot-format.ts';

export interface InstallDeps {
  readonly kv: Kv;
  readonly hashing: Hashing;
}

type Ended = (error?: ConsiliumError) => void;

/** A part without rows has no chunk to fetch. */
export const EMPTY_CHUNK: Uint8Array = Uint8Array.of(SNAPSHOT_VERSION);

/** From phase `installing` to phase `cleaning`. `STORE_DAMAGED` when a chunk is no longer what was written. */
export function installSnapshot(deps: InstallDeps, journal: Journal, done: Ended): void {
  const manifest = decodeManifest(journal.manifest);
  const prefixes = checkParts(manifest);
  if (prefixes === undefined) return done(damaged());
  const parts: TreePart[] = [];
  const load = (index: number): void => {
    const expected = manifest.parts[index];
    const prefix = prefixes[index];
    if (expected === undefined || prefix === undefined) return loadWindow(journal.windowFrom);
    const bytes = expected.rows === 0 ? EMPTY_CHUNK : readChunk(deps.kv, index);
    const built = bytes && checkChunk(bytes, expected, prefix, deps.hashing);
    if (built === undefined) return done(damaged());
    parts.push(built.part);
    const rows = built.rows.map(({ key, value }) => ({ table: TABLES.state, key, value }));
    const nodes = built.nodes.map(({ path, node }) => ({ table: TABLES.tree, key: path, value: node }));
    deps.kv.write([...rows, ...nodes], (error) => (error === undefined ? load(index + 1) : done(error)));
  };
  const loadWindow = (height: number): void => {
    const found = readWindowBlock(deps.kv, height);
    if (found === undefined) return done(damaged());
    if (height === manifest.header.height) return finish(found);
    deps.kv.write(windowWrites(found), (error) =>
      error === undefined ? loadWindow(height + 1) : done(error),
    );
  };
  const finish = (last: WindowBlock): void => {
    deps.kv.write(finalWrites(journal, manifest, parts, last), done);
  };
  load(0);
}

function damaged(): ConsiliumError {
  return new ConsiliumError('STORE_DAMAGED', { table: TABLES.joining });
}

/** All or nothing: with it the store holds a chain. */
function finalWrites(
  journal: Journal,
  { header }: Manifest,
  parts: readonly TreePart[],
  last: WindowBlock,
): KvWrite[] {
  const nodes = joinParts(parts)?.nodes ?? [];
  return [
    ...windowWrites(last),
    certificateWrite(last.certificate),
    ...nodes.map(({ path, node }) => ({ table: TABLES.tree, key: path, value: node })),
    ...decodeLightSteps(journal.steps).flatMap((step) => stepWrites(step, journal.windowFrom)),
    ...(journal.windowFrom > 1 ? [baseWrite(journal.windowFrom)] : []),
    tipWrite(tipOf(header)),
    journalWrite({ ...journal, phase: 'cleaning' }),
  ];
}

function stepWrites({ header, certificate, nextValidators }: LightStep, base: number): KvWrite[] {
  if (nextValidators === null) return [];
  const change = setChangeWrite(header.height, nextValidators);
  return header.height < base ? [change, lightHeaderWrite({ header, certificate })] : [change];
}

/** As its commit would have written them. */
function windowWrites({ block, results }: WindowBlock): KvWrite[] {
  return blockWrites({ block, blockId: headerId(block.header), txIds: block.txs.map(hashHex), results });
}

/** Deletes what a join kept, then its journal. Ends at once when it has done so before. */
export function cleanJoin(kv: Kv, journal: Journal, done: Ended): void {
  const { header, parts } = decodeManifest(journal.manifest);
  const rows: KvWrite[] = parts.map((_, index) => chunkWrite(index, null));
  for (let height = windowFrom(kv, journal, header.height); height <= header.height; height += 1)
    rows.push(windowDelete(height));
  const next = (from: number): void => {
    if (from >= rows.length) return kv.write([journalDelete()], done);
    kv.write(rows.slice(from, from + JOIN_CLEAN_ROWS), (error) =>
      error === undefined ? next(from + JOIN_CLEAN_ROWS) : done(error),
    );
  };
  next(0);
}

/** The lowest goes first, so that after a crash those that are left still hang together below the snapshot's block. */
function windowFrom(kv: Kv, journal: Journal, top: number): number {
  if (journal.windowFrom > 0) return journal.windowFrom;
  let lowest = top;
  while (lowest > 1 && readWindowBlock(kv, lowest - 1) !== undefined) lowest -= 1;
  return lowest;
}
