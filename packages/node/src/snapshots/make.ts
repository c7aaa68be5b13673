// Owns: making one snapshot of the state as it was at one moment, in small slices with rests between them, so that no vote
// waits for it. Does not own: when (keeper.ts), the form (sync/snapshot-format.ts).
import { ConsiliumError, type Header } from '@consilium/core';
import { hashBlocksNative } from '../crypto/hash-blocks-native.ts';
import { sha256Native } from '../crypto/sha256-native.ts';
import {
  SNAPSHOT_CHUNK_BYTES,
  SNAPSHOT_PARTS_MAX,
  SNAPSHOT_REST_FACTOR,
  SNAPSHOT_REST_MS_MAX,
  SNAPSHOT_ROWS_PER_SLICE,
} from '../limits.ts';
import type { StoreSnapshot } from '../store/store.ts';
import { cutRows, fitsChunk, sortRows, stateRow } from '../sync/snapshot-cut.ts';
import {
  checkParts,
  encodeManifest,
  type Hashing,
  SNAPSHOT_VERSION,
  type SnapshotPart,
} from '../sync/snapshot-format.ts';
import { TABLES } from '../tables.ts';
import { beginFolder, finishFolder, writeChunkFile } from './files.ts';
import { BUCKETS, createSpool, type Spool } from './spool.ts';

export const HASHING: Hashing = { sha256: sha256Native, hashBlocks: hashBlocksNative };

export interface MakeDeps {
  /** Folder of all snapshots. */
  readonly root: string;
  readonly state: Pick<StoreSnapshot, 'entries'>;
  readonly rest: (ms: number) => Promise<void>;
  readonly monotonicMs: () => number;
  /** The node stops: the making ends with `INTERRUPTED`. */
  readonly isStopped: () => boolean;
}

export interface SnapshotReport {
  readonly height: number;
  readonly chunks: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface MadeSnapshot extends SnapshotReport {
  readonly manifest: Uint8Array;
}

/** Throws `STORE_DAMAGED` when the state is not the one of the header, `DISK_FULL`, `DISK_FAILED`, `INTERRUPTED`. */
export async function makeSnapshot(deps: MakeDeps, header: Header): Promise<MadeSnapshot> {
  const folder = await beginFolder(deps.root);
  const pace = createPace(deps);
  const spool = createSpool(folder);
  await readState(deps, spool, pace);
  const parts: SnapshotPart[] = [];
  for await (const { part, bytes } of cut(spool, pace)) {
    if (parts.length === SNAPSHOT_PARTS_MAX)
      throw new ConsiliumError('SNAPSHOT_NONE', { partsMax: SNAPSHOT_PARTS_MAX });
    await writeChunkFile(folder, parts.length, bytes);
    parts.push(part);
  }
  const manifest = { version: SNAPSHOT_VERSION, header, parts };
  // What would not be believed by a newcomer is not offered: this node's own state differs from its tree.
  if (checkParts(manifest) === undefined) throw new ConsiliumError('STORE_DAMAGED', { table: TABLES.state });
  const encoded = encodeManifest(manifest);
  await spool.remove();
  await finishFolder(deps.root, folder, header.height, encoded);
  const sum = (of: (part: SnapshotPart) => number): number => parts.reduce((all, part) => all + of(part), 0);
  return {
    height: header.height,
    manifest: encoded,
    chunks: parts.length,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  };
}

type Pace = () => Promise<void>;

/** After each slice of work a rest of a few times its length. */
function createPace({ rest, monotonicMs, isStopped }: MakeDeps): Pace {
  let beganMs = monotonicMs();
  return async () => {
    if (isStopped()) throw new ConsiliumError('INTERRUPTED');
    const workedMs = monotonicMs() - beganMs;
    await rest(Math.min(SNAPSHOT_REST_MS_MAX, SNAPSHOT_REST_FACTOR * workedMs));
    beganMs = monotonicMs();
  };
}

async function readState({ state }: MakeDeps, spool: Spool, pace: Pace): Promise<void> {
  for (let after: Uint8Array | undefined; ; ) {
    const page = await state.entries(TABLES.state, {
      limit: SNAPSHOT_ROWS_PER_SLICE,
      ...(after !== undefined && { after }),
    });
    for (const { key, value } of page) spool.add(stateRow(key, value, sha256Native));
    await spool.settle();
    after = page.at(-1)?.key;
    if (page.length < SNAPSHOT_ROWS_PER_SLICE) return;
    await pace();
  }
}

/** By the rule of `cutRows`, without having more of the state in memory than one bucket or one chunk. */
async function* cut(
  spool: Spool,
  pace: Pace,
  depth = 0,
  from = 0,
  to = BUCKETS,
): AsyncGenerator<{ readonly part: SnapshotPart; readonly bytes: Uint8Array }> {
  const { bytes, rows } = spool.size(from, to);
  if (to - from > 1 && rows > 1 && !fitsChunk(depth, bytes, SNAPSHOT_CHUNK_BYTES)) {
    const middle = (from + to) / 2;
    yield* cut(spool, pace, depth + 1, from, middle);
    yield* cut(spool, pace, depth + 1, middle, to);
    return;
  }
  for (const chunk of cutRows(depth, sortRows(await spool.take(from, to)), SNAPSHOT_CHUNK_BYTES, HASHING)) {
    yield chunk;
    await pace();
  }
}
