// Owns: which snapshots a daemon keeps: made when they are due, at the same heights on every node, or when the operator asks;
// the newest two, served to newcomers. Does not own: making one (make.ts), the files (files.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsiliumError, decodeBlock, type Header, isConsiliumError } from '@consilium/core';
import { SNAPSHOTS_KEPT } from '../limits.ts';
import type { Clock, Report } from '../ports.ts';
import { heightKey, readTip } from '../replica/chain.ts';
import type { Committed } from '../replica/replica.ts';
import type { Store, StoreSnapshot } from '../store/store.ts';
import { checkParts, decodeManifest } from '../sync/snapshot-format.ts';
import type { SnapshotSource } from '../sync/snapshot-server.ts';
import { TABLES } from '../tables.ts';
import { listSnapshots, readChunkFile, readManifestFile, removeSnapshot } from './files.ts';
import { type MadeSnapshot, makeSnapshot, type SnapshotReport } from './make.ts';

export interface KeeperDeps {
  readonly root: string;
  readonly store: Pick<Store, 'get' | 'snapshot'>;
  readonly clock: Clock;
  readonly report: Report;
}

/** 0: never by this measure. */
export interface KeeperOptions {
  readonly everyBlocks: number;
  readonly everyMinutes: number;
}

export interface SnapshotKeeper {
  readonly source: SnapshotSource;
  /** To be told of each commit in the turn of its batch. */
  committed(committed: Committed): void;
  /** Now. Throws `SNAPSHOT_NONE` and what `makeSnapshot` throws. */
  make(): Promise<SnapshotReport>;
  /** Resolves when nothing is being made any more. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** Snapshots of earlier runs that are damaged are removed, and said so. */
export async function openKeeper(deps: KeeperDeps, options: KeeperOptions): Promise<SnapshotKeeper> {
  const { root, store, clock, report } = deps;
  const kept = await readKept(deps);
  let making: Promise<unknown> | undefined;
  let stopped = false;
  let lastTimeMs = readTip(store)?.time ?? 0;

  const run = async (state: StoreSnapshot, header: Header): Promise<MadeSnapshot> => {
    const beganMs = clock.monotonicMs();
    try {
      const made = await makeSnapshot(
        {
          ...{ root, state },
          rest: (ms) => sleep(ms),
          monotonicMs: () => clock.monotonicMs(),
          isStopped: () => stopped,
        },
        header,
      );
      await keep(deps, kept, made);
      const { height, chunks, rows, bytes } = made;
      const tookMs = Math.round(clock.monotonicMs() - beganMs);
      report({ level: 'info', code: 'snapshot.made', ...{ height, chunks, rows, bytes, tookMs } });
      return made;
    } finally {
      state.close();
      making = undefined;
    }
  };
  /** The state of this moment: nothing may be committed between the call and the store's snapshot. */
  const begin = (): Promise<MadeSnapshot> => {
    const state = store.snapshot();
    const header = headerAt(state);
    if (header === undefined || making !== undefined || stopped) {
      state.close();
      return Promise.reject(new ConsiliumError('SNAPSHOT_NONE'));
    }
    const made = run(state, header);
    making = made.catch(() => undefined);
    return made;
  };

  return {
    source: sourceOf(deps, kept),
    committed: ({ block: { header }, by }) => {
      const due = isDue(options, header.height, lastTimeMs, header.time);
      lastTimeMs = header.time;
      // A node that catches up makes none on its way.
      if (!due || by === 'sync' || making !== undefined) return;
      begin().catch((error: unknown) => {
        if (!isConsiliumError(error)) throw error;
        if (error.code === 'INTERRUPTED') return;
        report({ level: 'warn', code: 'snapshot.failed', height: header.height, reason: error.code });
      });
    },
    make: async () => {
      const { height, chunks, rows, bytes } = await begin();
      return { height, chunks, rows, bytes };
    },
    stop: async () => {
      stopped = true;
      await making;
    },
  };
}

/** A function of the chain alone, so that all nodes keep snapshots of the same heights and a newcomer asks them all. */
export function isDue(
  { everyBlocks, everyMinutes }: KeeperOptions,
  height: number,
  parentTimeMs: number,
  timeMs: number,
): boolean {
  const periodMs = everyMinutes * MINUTE_MS;
  const byHeight = everyBlocks > 0 && height % everyBlocks === 0;
  return byHeight || (periodMs > 0 && Math.floor(timeMs / periodMs) > Math.floor(parentTimeMs / periodMs));
}

function headerAt(state: Pick<StoreSnapshot, 'get'>): Header | undefined {
  const tip = readTip(state);
  const bytes = tip && state.get(TABLES.blocks, heightKey(tip.height));
  return bytes === undefined ? undefined : decodeBlock(bytes).header;
}

interface Kept {
  readonly height: number;
  readonly manifest: Uint8Array;
}

async function readKept({ root, report }: KeeperDeps): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const height of await listSnapshots(root)) {
    const manifest = await readManifestFile(root, height);
    if (manifest !== undefined && isUsable(manifest) && kept.length < SNAPSHOTS_KEPT)
      kept.push({ height, manifest });
    else {
      report({ level: 'info', code: 'snapshot.removed', height });
      await removeSnapshot(root, height);
    }
  }
  return kept;
}

/** Of another version, or damaged: it is made anew when one is due. */
function isUsable(manifest: Uint8Array): boolean {
  try {
    return checkParts(decodeManifest(manifest)) !== undefined;
  } catch (error) {
    if (isConsiliumError(error)) return false;
    throw error;
  }
}

async function keep({ root }: KeeperDeps, kept: Kept[], { height, manifest }: MadeSnapshot): Promise<void> {
  const others = kept.filter((each) => each.height !== height);
  const newest = [{ height, manifest }, ...others].sort((a, b) => b.height - a.height);
  kept.splice(0, kept.length, ...newest.slice(0, SNAPSHOTS_KEPT));
  for (const old of newest.slice(SNAPSHOTS_KEPT)) await removeSnapshot(root, old.height);
}

function sourceOf({ root, report }: KeeperDeps, kept: Kept[]): SnapshotSource {
  const failed = (height: number, index: number, reason: string): void =>
    report({ level: 'error', code: 'snapshot.damaged', height, index, reason });
  const read = async (height: number, index: number): Promise<Uint8Array | undefined> => {
    if (!kept.some((each) => each.height === height)) return undefined;
    try {
      const bytes = await readChunkFile(root, height, index);
      if (bytes === undefined) failed(height, index, 'STORE_DAMAGED');
      return bytes;
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      failed(height, index, error.code);
      return undefined;
    }
  };
  return {
    manifests: () => kept.map(({ manifest }) => manifest),
    chunk: (height, index, done) => void read(height, index).then(done),
  };
}
