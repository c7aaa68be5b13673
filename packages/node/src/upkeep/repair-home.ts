// Owns: what becomes of each thing that a verification names: put aside, so that the next start fetches it from the other
// hospitals and checks it as it checks everything; never deleted, never taken for good, and the signing record never
// touched. Does not own: looking (verify/), fetching (sync, custody).
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES, toHex } from '@consilium/core';
import { diskError } from '../files/errors.ts';
import { type HomePaths, homePaths } from '../files/home.ts';
import { syncFolder } from '../files/plain-file.ts';
import { WAL_FILE } from '../replica/open.ts';
import { removeSnapshot } from '../snapshots/files.ts';
import { TABLES } from '../tables.ts';
import type { Damage, Part } from '../verify/findings.ts';
import { verifyHome } from '../verify/verify-home.ts';
import { whenAnswered } from '../when-done.ts';
import { withData } from './open-data.ts';

export interface RepairStep {
  readonly what: string;
  readonly how: string;
}

export interface RepairReport {
  readonly actions: readonly RepairStep[];
  /** What nobody else has: the operator's backup, or nothing. */
  readonly left: readonly RepairStep[];
}

/** Any of it and the store as a whole is fetched anew: its parts prove each other. */
const OF_THE_STORE: readonly Part[] = [
  'store-file',
  'row',
  'block',
  'certificate',
  'results',
  'index',
  'state',
  'package',
];

const LEFT: Partial<Record<Part, string>> = {
  config: 'put it back from your backup',
  genesis: 'put it back from your backup, or take it from any other hospital and compare its fingerprint',
  keys: 'put it back from your backup: nobody else has it',
  card: 'put it back from your backup',
};

/** `nowMs` names what is put aside. Throws what `verifyHome` throws, `DISK_FULL`, `DISK_FAILED`. */
export async function repairHome(folder: string, nowMs: number): Promise<RepairReport> {
  const paths = homePaths(folder);
  const { damaged } = await verifyHome(folder);
  try {
    return await mend(paths, damaged, nowMs);
  } catch (error) {
    throw diskError(error, paths.home);
  }
}

async function mend(paths: HomePaths, damaged: readonly Damage[], nowMs: number): Promise<RepairReport> {
  const actions: RepairStep[] = [];
  const has = (...parts: readonly Part[]): boolean => damaged.some(({ part }) => parts.includes(part));
  if (has(...OF_THE_STORE)) actions.push(await putStoreAside(paths, nowMs));
  else if (has('blob')) actions.push(await dropBlobs(paths));
  if (has('log')) actions.push(await putLogAside(paths, nowMs));
  if (has('signing-record'))
    actions.push({
      what: 'state/signing-record',
      how: 'left as it is: the next vote writes it, or the node watches first',
    });
  for (const height of new Set(
    damaged.flatMap((each) => (each.part === 'snapshot' ? (each.height ?? []) : [])),
  )) {
    await removeSnapshot(paths.snapshots, height);
    actions.push({
      what: `snapshot of height ${height}`,
      how: 'removed; the node makes the next one when it is due',
    });
  }
  const left = damaged.flatMap(({ part, file }) => {
    const how = LEFT[part];
    return how === undefined ? [] : [{ what: file ?? part, how }];
  });
  return { actions, left };
}

async function putStoreAside(paths: HomePaths, nowMs: number): Promise<RepairStep> {
  const aside = `${paths.data}.damaged-${nowMs}`;
  if (existsSync(paths.data)) await rename(paths.data, aside);
  // The mark says that an empty store is a loss: here it is meant, and the next start fetches the chain.
  await rm(paths.holdsChain, { force: true });
  await syncFolder(paths.state);
  await syncFolder(paths.home);
  return {
    what: 'data/',
    how: `put aside as ${aside}; chain, state and packages are fetched, the vault is indexed anew`,
  };
}

/** Reading a blob whose bytes are not its own drops it from the index, so that custody finds it missing and fetches it. */
async function dropBlobs(paths: HomePaths): Promise<RepairStep> {
  let dropped = 0;
  await withData(paths, async (store, vault) => {
    using snapshot = store.snapshot();
    for await (const { key } of snapshot.rows({ table: TABLES.blobs })) {
      if (key.length !== HASH_BYTES) continue;
      const bytes = await whenAnswered<Uint8Array | undefined>((done) => vault.read(toHex(key), done));
      if (bytes === undefined) dropped += 1;
    }
  });
  return {
    what: 'vault/',
    how: `${dropped} blobs dropped; those that a record needs are fetched from the other custodians`,
  };
}

async function putLogAside(paths: HomePaths, nowMs: number): Promise<RepairStep> {
  const log = join(paths.state, WAL_FILE);
  const aside = `${log}.damaged-${nowMs}`;
  await rename(log, aside);
  await syncFolder(paths.state);
  return {
    what: 'state/agreement.wal',
    how: `put aside as ${aside}; the node only watches the running height`,
  };
}
