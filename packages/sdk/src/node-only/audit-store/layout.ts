// Owns: the folder in which an institution keeps the entries of its own systems: which files there are, whose it is.
// Does not own: what stands in them.
//
//   store.json                            whose store this is, and the secret of its codes
//   waiting/000000000000000.log           entries that wait, from this number on, in chunks
//   batches/000000/000000000000.ndjson    a batch that is decided, for ever; a thousand in a folder
//   sending.json                          the transaction that was signed last, and for which batch
//   committed.json                        how many batches are known to stand on the ledger
//   heads.ndjson                          the heads of all pseudonyms after some batch; only saves time
import { join } from 'node:path';
import { ConsiliumError, type Hex32, isHexOf, toHex } from '@consilium/core';
import { FIRST_BEGIN, type StoreBegin } from '../../aggregate/begin.ts';
import { parseObject } from '../../keys/key-file.ts';
import { type RandomBytes, systemRandom } from '../../random.ts';
import { makeStoreFolder, readIfThere, writeDurableOnce } from './durable-files.ts';

export const AUDIT_STORE_KIND = 'consilium-audit-store';

export interface AuditStoreFacts {
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** Under it a local user name becomes a code. It never changes: the same person is the same code. */
  readonly actorSecret: Hex32;
  readonly begins: StoreBegin;
}

export interface AuditStore extends AuditStoreFacts {
  readonly folder: string;
}

export function waitingFolder(store: string): string {
  return join(store, 'waiting');
}

export function headsPath(store: string): string {
  return join(store, 'heads.ndjson');
}

export function sendingPath(store: string): string {
  return join(store, 'sending.json');
}

export function committedPath(store: string): string {
  return join(store, 'committed.json');
}

const BATCHES_PER_FOLDER = 1_000;

export function batchFolder(store: string, index: number): string {
  return join(store, 'batches', String(Math.floor(index / BATCHES_PER_FOLDER)).padStart(6, '0'));
}

export function batchPath(store: string, index: number): string {
  return join(batchFolder(store, index), `${String(index).padStart(12, '0')}.ndjson`);
}

/** Throws `FILE_MISSING` when there is no store. */
export async function openAuditStore(folder: string): Promise<AuditStore> {
  const path = join(folder, 'store.json');
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new ConsiliumError('FILE_MISSING', { file: path });
  return { folder, ...parseAuditStore(bytes.toString('utf8')) };
}

export interface NewStore {
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** Default: with the institution's first batch. */
  readonly begins?: StoreBegin;
}

/** Makes it when there is none. Throws `FILE_INVALID` when it is another network's or institution's. */
export async function openOrMakeAuditStore(
  folder: string,
  wanted: NewStore,
  random: RandomBytes = systemRandom,
): Promise<AuditStore> {
  await makeStore(folder, wanted, random);
  const store = await openAuditStore(folder);
  if (store.genesis !== wanted.genesis || store.institution !== wanted.institution)
    throw new ConsiliumError('FILE_INVALID', {
      file: folder,
      rule: 'the store of another network or institution',
    });
  return store;
}

/** Throws `FILE_EXISTS`. */
export async function makeAuditStore(
  folder: string,
  wanted: NewStore,
  random: RandomBytes = systemRandom,
): Promise<AuditStore> {
  if (!(await makeStore(folder, wanted, random)))
    throw new ConsiliumError('FILE_EXISTS', { file: join(folder, 'store.json') });
  return openAuditStore(folder);
}

/** False when there is one. */
async function makeStore(
  folder: string,
  { genesis, institution, begins = FIRST_BEGIN }: NewStore,
  random: RandomBytes,
): Promise<boolean> {
  for (const each of [folder, waitingFolder(folder)]) await makeStoreFolder(each);
  const actorSecret = toHex(random(32));
  const facts = { kind: AUDIT_STORE_KIND, version: 1, genesis, institution, actorSecret, begins };
  return writeDurableOnce(join(folder, 'store.json'), `${JSON.stringify(facts, null, 1)}\n`);
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseAuditStore(text: string): AuditStoreFacts {
  const raw = parseObject(text, AUDIT_STORE_KIND);
  const { version, genesis, institution, actorSecret, begins } = raw;
  const whole =
    version === 1 &&
    isHexOf(genesis, 32) &&
    isHexOf(institution, 32) &&
    isHexOf(actorSecret, 32) &&
    isBegin(begins);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: AUDIT_STORE_KIND, rule: 'form' });
  return { genesis, institution, actorSecret, begins };
}

function isBegin(raw: unknown): raw is StoreBegin {
  if (typeof raw !== 'object' || raw === null) return false;
  const { batches, mapRoot } = raw as Record<string, unknown>;
  return Number.isSafeInteger(batches) && (batches as number) >= 0 && isHexOf(mapRoot, 32);
}
