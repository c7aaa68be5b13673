// Owns: opening a patient's own records with the patient's own key: the wraps from any node, the secrets out of them.
// Does not own: which records (history.ts).
import {
  type ErrorCode,
  type Hex32,
  isConsiliumError,
  type OwnRecord,
  type OwnRequest,
  RECORDS_PER_BATCH_MAX,
  recordIdOf,
  type Signed,
  signRequest,
  toHex,
} from '@consilium/core';
import { type EncryptionKey, unwrapSecret } from '@consilium/sealing';
import type { Client } from '../client/client.ts';
import type { RecordView } from '../client/record-queries.ts';
import { isAboutNode } from '../client/session.ts';
import type { Signer } from '../keys/derive.ts';
import { type Enrolment, type PatientWallet, patientEncryptionKey, patientSigner } from '../keys/wallet.ts';
import { DESCRIBED_BYTES_MAX } from '../limits.ts';
import { contentOf, fetchChunks, type KnownBlobs, portionsOf, type RecordContent } from './content.ts';
import { requestOwn } from './custody-calls.ts';

export interface OwnContent {
  readonly record: RecordView;
  readonly content: RecordContent | null;
  /** The same while its ciphertext is at hand: to be looked at now, not kept. */
  readonly atHand: RecordContent | null;
  readonly fault: ErrorCode | null;
}

const NONCE_BYTES = 16;

/**
 * In the order given. `fault`: `ACCESS_DENIED` where the law closes the record to the patient, `RECORD_RETRACTED` for one
 * that was entered in error.
 */
export async function* openOwn(
  client: Client,
  wallet: PatientWallet,
  enrolment: Enrolment,
  records: readonly RecordView[],
): AsyncGenerator<OwnContent, void, void> {
  const keys = keysOf(wallet, enrolment);
  const signer = patientSigner(wallet, enrolment);
  for (let from = 0; from < records.length; from += RECORDS_PER_BATCH_MAX) {
    const portion = records.slice(from, from + RECORDS_PER_BATCH_MAX);
    const own = await fetchOwn(client, signer, portion);
    const blobs = await fetchSmall(client, [...own.values()]);
    for (const record of portion) yield await openOne(client, keys, record, own.get(record.id), blobs);
  }
}

/** The current key first, then those before it: a record stays sealed to the key of its time. */
function keysOf(wallet: PatientWallet, enrolment: Enrolment): () => Generator<EncryptionKey, void, void> {
  const made: EncryptionKey[] = [];
  return function* () {
    for (let back = 0; back <= enrolment.rotation; back += 1) {
      made[back] ??= patientEncryptionKey(wallet, enrolment, enrolment.rotation - back);
      yield made[back] as EncryptionKey;
    }
  };
}

/** Nodes are asked in order for what those before did not have. What is not of its record is not taken. */
async function fetchOwn(
  client: Client,
  signer: Signer,
  records: readonly RecordView[],
): Promise<ReadonlyMap<Hex32, OwnRecord>> {
  const found = new Map<Hex32, OwnRecord>();
  const open = records.filter(
    ({ retractedHeight, erasedHeight }) => retractedHeight === null && erasedHeight === null,
  );
  for (const node of client.session.nodes) {
    const missing = open.filter(({ id }) => !found.has(id));
    if (missing.length === 0) break;
    for (const own of await askNode(client, signer, node, missing)) {
      const row = missing.find(({ id }) => id === own.record);
      if (row !== undefined && isWhole(row, own)) found.set(own.record, own);
    }
  }
  return found;
}

/** A node refuses all when it lacks one: then each half is asked for alone. */
async function askNode(
  client: Client,
  signer: Signer,
  node: string,
  records: readonly RecordView[],
): Promise<readonly OwnRecord[]> {
  try {
    return await requestOwn(client.session, node, ownRequest(client, signer, records));
  } catch (error) {
    if (isAboutNode(error)) return [];
    if (!isConsiliumError(error, 'CUSTODY_PACKAGE_MISSING')) throw error;
    if (records.length === 1) return [];
    const half = Math.ceil(records.length / 2);
    return [
      ...(await askNode(client, signer, node, records.slice(0, half))),
      ...(await askNode(client, signer, node, records.slice(half))),
    ];
  }
}

function ownRequest(
  { session, genesisHash }: Client,
  { key, account: patient }: Signer,
  records: readonly RecordView[],
): Signed<OwnRequest> {
  const ids = records.map(({ id }) => id);
  const nonce = toHex(session.random(NONCE_BYTES));
  return signRequest(key, genesisHash, { type: 'own', patient, records: ids, nonce });
}

/** Salt and pieces are of the record, and the wrap is there unless the law keeps it back. */
function isWhole({ id, effects }: RecordView, { salt, chunks, wrap }: OwnRecord): boolean {
  const ids = chunks.map((chunk) => chunk.id);
  return recordIdOf(salt, ids) === id && (wrap !== null || effects.includes('closed-to-patient'));
}

/** The ciphertext of small records, many in one request. What is missing here is asked for again, and told, later. */
async function fetchSmall({ session }: Client, own: readonly OwnRecord[]): Promise<KnownBlobs> {
  const small = own.filter(
    ({ wrap, chunks }) =>
      wrap !== null && chunks.reduce((sum, { bytes }) => sum + bytes, 0) <= DESCRIBED_BYTES_MAX,
  );
  const blobs = new Map<Hex32, Uint8Array>();
  for (const portion of portionsOf(small.flatMap(({ chunks }) => chunks))) {
    try {
      for (const [id, blob] of await fetchChunks(session, portion)) blobs.set(id, blob);
    } catch (error) {
      if (!isConsiliumError(error, 'CUSTODY_PACKAGE_MISSING')) throw error;
    }
  }
  return blobs;
}

async function openOne(
  { session, genesisHash }: Client,
  keys: () => Generator<EncryptionKey, void, void>,
  record: RecordView,
  own: OwnRecord | undefined,
  blobs: KnownBlobs,
): Promise<OwnContent> {
  if (record.effects.includes('closed-to-patient')) return closed(record, 'ACCESS_DENIED');
  if (record.erasedHeight !== null) return closed(record, 'RECORD_ERASED');
  if (record.retractedHeight !== null) return closed(record, 'RECORD_RETRACTED');
  if (own === undefined || own.wrap === null) return closed(record, 'CUSTODY_PACKAGE_MISSING');
  for (const key of keys()) {
    try {
      const secret = await unwrapSecret(key, genesisHash, record.id, own.wrap);
      return {
        record,
        content: contentOf(session, secret, own.chunks),
        atHand: contentOf(session, secret, own.chunks, blobs),
        fault: null,
      };
    } catch (error) {
      if (!isConsiliumError(error, 'SEAL_INVALID')) throw error;
    }
  }
  return closed(record, 'SEAL_INVALID');
}

function closed(record: RecordView, fault: ErrorCode): OwnContent {
  return { record, content: null, atHand: null, fault };
}
