// Owns: a vault and its store in a folder of a test, the port's callbacks as promises, and the files behind it.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsiliumError, Hex32 } from '@consilium/core';
import type { Kv, Vault } from '../../../src/ports.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { type LocalVault, openVault } from '../../../src/vault/vault.ts';
import { createEventLog, type EventLog } from '../../support/fakes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface VaultHome extends AsyncDisposable {
  readonly folder: string;
  readonly store: Store;
  readonly log: EventLog;
  vault: LocalVault;
  /** Closes and opens it again, with what `between` does to the closed folder and the store. */
  reopen(between?: () => Promise<unknown>): Promise<void>;
}

export async function vaultHome(
  kvOf: (store: Store) => Kv = (store) => store,
  home?: string,
): Promise<VaultHome> {
  home ??= await temporaryFolder();
  const folder = join(home, 'vault');
  const store = await openStore(join(home, 'data'));
  const log = createEventLog();
  const open = (): Promise<LocalVault> => openVault(folder, kvOf(store), log.report);
  const opened: VaultHome = {
    folder,
    store,
    log,
    vault: await open(),
    reopen: async (between = async () => undefined) => {
      await opened.vault.close();
      await between();
      opened.vault = await open();
    },
    [Symbol.asyncDispose]: async () => {
      await opened.vault.close();
      await store.close();
    },
  };
  return opened;
}

export function write(vault: Vault, ...blobs: Uint8Array[]): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => vault.write(blobs, resolve));
}

export function read(vault: Vault, id: Hex32): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => vault.read(id, resolve));
}

export function remove(vault: Vault, ...ids: Hex32[]): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => vault.remove(ids, resolve));
}

/** Every file of the folder, by its path in it. */
export async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Whether any file of the folder still holds these bytes. */
export async function isOnDisk(folder: string, bytes: Uint8Array): Promise<boolean> {
  for (const file of await filesOf(folder)) if ((await readFile(file)).indexOf(bytes) !== -1) return true;
  return false;
}

/** Turns one bit of the first file that holds these bytes, in their middle. */
export async function flipBitOf(folder: string, bytes: Uint8Array): Promise<void> {
  for (const file of await filesOf(folder)) {
    const content = await readFile(file);
    const at = content.indexOf(bytes);
    if (at === -1) continue;
    const middle = at + (bytes.length >> 1);
    content[middle] = (content[middle] ?? 0) ^ 1;
    await writeFile(file, content);
    return;
  }
  throw new Error('these bytes are in no file');
}
