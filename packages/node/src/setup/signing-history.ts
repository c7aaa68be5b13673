// Owns: what a validator has signed, carried by hand: read from a home that is not running, written as JSON, taken over by
// another home. Does not own: the record and its rules (signing/).
import { genesisHash } from '@consilium/core';
import { readKeyFile } from '@consilium/sealing';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { createDisk } from '../files/disk.ts';
import { checkHome, type HomePaths, homePaths, openHome } from '../files/home.ts';
import { readKeyText } from '../keys/store.ts';
import type { Disk } from '../ports.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import type { SigningRecord } from '../signing/record.ts';
import { openRecordFile, type RecordFileOptions, type RecordStatus } from '../signing/record-file.ts';
import { exportSigningRecord, importSigningRecord } from '../signing/record-json.ts';
import { whenDone } from '../when-done.ts';
import { readGenesis } from './genesis.ts';

export interface SigningHistory {
  /** Anything but `whole` makes the node watch before it signs. */
  readonly status: RecordStatus;
  readonly record: SigningRecord;
}

/** What the record says now; also of a home that is running. Throws `HOME_MISSING`, `FILE_MISSING` of the genesis. */
export async function showSigningHistory(home: string): Promise<SigningHistory> {
  const paths = homePaths(home);
  await checkHome(paths);
  const owner = await ownerOf(paths);
  const disk = createDisk(paths.state);
  try {
    const { status, record } = openRecordFile({ disk, report: unreported }, owner);
    return { status, record };
  } finally {
    await disk.close();
  }
}

/**
 * As JSON text. Throws `STORE_LOCKED` while the node runs: it may sign the next moment. `SIGNING_RECORD_INVALID` {reason}
 * when there is no whole record.
 */
export async function exportSigningHistory(home: string): Promise<string> {
  return whileStopped(home, async (disk, owner) => exportSigningRecord({ disk, report: unreported }, owner));
}

/**
 * Puts an exported record in place, never below the one that is there; the node then watches before it signs. Throws
 * `STORE_LOCKED` while the node runs, `SIGNING_RECORD_INVALID` {reason}.
 */
export async function importSigningHistory(home: string, json: string): Promise<SigningHistory> {
  await whileStopped(home, (disk, owner) =>
    whenDone((done) => importSigningRecord({ disk, report: unreported }, owner, json, done)),
  );
  return showSigningHistory(home);
}

async function whileStopped<T>(
  folder: string,
  act: (disk: Disk, owner: RecordFileOptions) => Promise<T>,
): Promise<T> {
  await using home = await openHome(folder);
  return await act(home.disk, await ownerOf(home.paths));
}

async function ownerOf(paths: HomePaths): Promise<RecordFileOptions> {
  const genesis = genesisHash(await readGenesis(paths.genesis, verifySodium));
  const { account } = readKeyFile(await readKeyText(paths.accountKey));
  return { name: SIGNING_RECORD_FILE, genesis, validator: account };
}

function unreported(): void {}
