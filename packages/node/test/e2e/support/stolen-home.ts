// The attacker: has the whole disk of one hospital, or of several, with all their keys, and runs no daemon.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CustodyPackage,
  combineShares,
  decodePackage,
  fromHex,
  type Hex32,
  type IndexedShare,
  isConsiliumError,
  isSecretScalar,
  shareInfo,
  toHex,
} from '@consilium/core';
import {
  type EncryptionKey,
  encryptionKeyFromSeed,
  openRecord,
  unsealShares,
  unwrapSecret,
} from '@consilium/sealing';
import { readNodeKeys } from '../../../src/keys/store.ts';
import { openStore } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { openVault } from '../../../src/vault/vault.ts';
import type { Validator } from './network.ts';

export interface StolenHome {
  readonly name: string;
  readonly institution: Hex32;
  readonly packages: readonly CustodyPackage[];
  /** Ciphertext by content id. */
  readonly blobs: ReadonlyMap<Hex32, Uint8Array>;
  /** Every secret of 32 bytes in the folder of keys. */
  readonly secrets: readonly Uint8Array[];
  readonly custodyKey: EncryptionKey;
}

/** Of a node that is not running. */
export async function stealHome({ name, institution, paths }: Validator): Promise<StolenHome> {
  const store = await openStore(paths.data);
  const vault = await openVault(paths.vault, store, () => undefined);
  const snapshot = store.snapshot();
  try {
    const entries = await snapshot.entries(TABLES.packages, { limit: 10_000 });
    const packages = entries.map(({ value }) => decodePackage(value));
    const ids = packages.flatMap(({ records }) =>
      records.flatMap(({ chunks }) => chunks.map(({ id }) => id)),
    );
    const blobs = new Map<Hex32, Uint8Array>();
    for (const id of ids) {
      const bytes = await new Promise<Uint8Array | undefined>((resolve) => vault.read(id, resolve));
      if (bytes !== undefined) blobs.set(id, bytes);
    }
    const { custody } = await readNodeKeys(paths);
    const custodyKey = encryptionKeyFromSeed(custody.secret.seed);
    return { name, institution, packages, blobs, secrets: await secretsIn(paths.keys), custodyKey };
  } finally {
    snapshot.close();
    await vault.close();
    await store.close();
  }
}

async function secretsIn(folder: string): Promise<readonly Uint8Array[]> {
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const found = texts.flatMap((text) => text.match(/[0-9a-f]{64}/g) ?? []);
  return [...new Set(found)].map(fromHex);
}

/**
 * What these homes together open, by record id: by combining the shares that their custody keys unseal, whatever the
 * threshold says, and by every secret that lies around, as a share, as a record's secret or as a patient's key.
 */
export async function openedBy(
  homes: readonly StolenHome[],
  genesis: Hex32,
): Promise<ReadonlyMap<Hex32, Uint8Array>> {
  const opened = new Map<Hex32, Uint8Array>();
  const blobs = new Map(homes.flatMap((home) => [...home.blobs]));
  for (const custodyPackage of homes[0]?.packages ?? []) {
    for (const [position, record] of custodyPackage.records.entries()) {
      const candidates = [
        ...(await combined(homes, custodyPackage, position)),
        ...homes.flatMap(({ secrets }) => secrets),
        ...(await unwrapped(homes, genesis, record)),
      ];
      for (const secret of candidates) {
        const content = await tryOpen(
          secret,
          record.chunks.map(({ id }) => blobs.get(id)),
        );
        if (content !== undefined) opened.set(record.commitment, content);
      }
    }
  }
  return opened;
}

async function combined(
  homes: readonly StolenHome[],
  custodyPackage: CustodyPackage,
  position: number,
): Promise<readonly Uint8Array[]> {
  const shares: IndexedShare[] = [];
  for (const home of homes) shares.push(...(await ownShares(home, custodyPackage, position)));
  const alone = shares.map(({ share }) => share);
  return shares.length > 1 ? [...alone, combineShares(shares)] : alone;
}

/** Of a package that an author made: whichever share its key opens. */
async function ownShares(
  { institution, custodyKey }: StolenHome,
  { patient, author, batch, epoch, records, dealings }: CustodyPackage,
  position: number,
): Promise<readonly IndexedShare[]> {
  const [dealing] = dealings;
  const record = records[position];
  const dealt = dealing?.records[position];
  if (dealing === undefined || record === undefined || dealt === undefined) return [];
  const found: IndexedShare[] = [];
  for (const [place, sealed] of dealt.shares.entries()) {
    const info = shareInfo({ patient, author, batch, epoch, dealer: 0, custodian: institution });
    const item = { position, aad: fromHex(record.commitment), sealed };
    const [share] = await unsealShares(custodyKey, dealing.encs[place] ?? '', info, [item]);
    if (share !== undefined) found.push({ index: place + 1, share });
  }
  return found;
}

async function unwrapped(
  homes: readonly StolenHome[],
  genesis: Hex32,
  { commitment, wrap }: CustodyPackage['records'][number],
): Promise<readonly Uint8Array[]> {
  if (wrap === null) return [];
  const keys = homes.flatMap(({ secrets }) => secrets.map(encryptionKeyFromSeed));
  const tried = keys.map((key) => unwrapSecret(key, genesis, commitment, wrap).catch(refused));
  return (await Promise.all(tried)).filter((secret) => secret !== undefined);
}

async function tryOpen(
  secret: Uint8Array,
  chunks: readonly (Uint8Array | undefined)[],
): Promise<Uint8Array | undefined> {
  if (!isSecretScalar(secret) || chunks.includes(undefined)) return undefined;
  try {
    const { content } = await openRecord(secret, streamOf(chunks as readonly Uint8Array[]));
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    return fromHex(parts.map(toHex).join(''));
  } catch (error) {
    return refused(error);
  }
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
}

function refused(error: unknown): undefined {
  if (!isConsiliumError(error, 'SEAL_INVALID')) throw error;
  return undefined;
}
