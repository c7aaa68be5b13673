// Owns: sealing: each record encrypted under a secret of its own, the secrets of a batch dealt to the custodians of an
// epoch, and the package of it. Does not own: sending anything (upload.ts, deposit.ts).
import {
  batchRootOf,
  type Chunk,
  ConsiliumError,
  type CustodyPackage,
  type DealtRecord,
  deal,
  encodePackage,
  fromHex,
  type Group,
  type Hex32,
  type NewRecord,
  type PackageContent,
  pointsHashOf,
  randomScalar,
  recordIdOf,
  type SealedMessage,
  type SealedRecord,
  shareInfo,
  signDealing,
  toHex,
} from '@consilium/core';
import { sealRecord, sealShares, wrapSecret } from '@consilium/sealing';
import type { CustodyEpochView } from '../client/record-queries.ts';
import type { Signer } from '../keys/derive.ts';
import { SALT_BYTES } from '../limits.ts';
import type { RandomBytes } from '../random.ts';
import { blobIdOf } from './digest.ts';
import type { PreparedRecord } from './prepare.ts';

/** A record while it is on its way. The secret is wiped when the record is registered: the author keeps no key. */
export interface SecretRecord {
  readonly prepared: PreparedRecord;
  readonly secret: Uint8Array;
  /** Of the commitment. */
  readonly salt: Hex32;
  /** Of what was encrypted so far: all of it once it was sent to any node. */
  readonly chunks: Chunk[];
  /** To the patient, made once. */
  wrap: SealedMessage | null;
}

export function createSecretRecord(prepared: PreparedRecord, random: RandomBytes): SecretRecord {
  const salt = toHex(random(SALT_BYTES));
  return { prepared, secret: randomScalar(random(64)), salt, chunks: [], wrap: null };
}

export function wipe(records: readonly SecretRecord[]): void {
  for (const { secret } of records) secret.fill(0);
}

export interface SealedChunk extends Chunk {
  readonly sealed: Uint8Array;
}

/**
 * The record's ciphertext, the same on every run: only one piece is in memory. Throws `VALUE_INVALID` when the source
 * reads otherwise than before: two contents under one key would give both away.
 */
export async function* sealedChunks(record: SecretRecord): AsyncGenerator<SealedChunk, void, void> {
  const { prepared, secret, chunks } = record;
  let index = 0;
  for await (const sealed of sealRecord(secret, prepared.header, prepared.open())) {
    const chunk: Chunk = { id: await blobIdOf(sealed), bytes: sealed.length };
    const known = chunks[index];
    if (known === undefined) chunks.push(chunk);
    else if (known.id !== chunk.id)
      throw new ConsiliumError('VALUE_INVALID', {
        field: 'source',
        rule: 'changed',
        source: prepared.source,
      });
    yield { ...chunk, sealed };
    index += 1;
  }
}

export interface BatchOwners {
  readonly genesis: Hex32;
  readonly patient: Hex32;
  /** X25519, from the ledger. */
  readonly patientKey: Hex32;
  /** The institution whose records these are. */
  readonly author: Hex32;
  readonly signer: Signer;
}

/** A batch dealt to the custodians of one epoch. */
export interface DealtBatch {
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly batch: Hex32;
  readonly custodians: CustodyEpochView;
  /** As they will be registered. */
  readonly records: readonly NewRecord[];
  /** Encoded and signed. */
  readonly package: Uint8Array;
}

/** Deals the secrets of encrypted records. Called again for another epoch it gives another batch of the same records. */
export async function dealBatch(
  records: readonly SecretRecord[],
  owners: BatchOwners,
  custodians: CustodyEpochView,
  random: RandomBytes,
  group: Group,
): Promise<DealtBatch> {
  const dealt = records.map(({ secret }) => dealSecret(secret, custodians, random, group));
  const sealed = await Promise.all(
    records.map(async (record): Promise<SealedRecord> => {
      const commitment = commitmentOf(record);
      const { salt, chunks } = record;
      record.wrap ??= await wrapOf(record, commitment, owners);
      return {
        commitment,
        salt,
        chunks: [...chunks],
        pointsSalt: toHex(random(SALT_BYTES)),
        wrap: record.wrap,
      };
    }),
  );
  const registered = sealed.map(({ commitment, pointsSalt }, position): NewRecord => {
    const { marks, amends } = (records[position] as SecretRecord).prepared;
    const points = dealt[position]?.points ?? [];
    return { ...marks, commitment, pointsHash: pointsHashOf(pointsSalt, points), amends };
  });
  const batch = batchRootOf(registered);
  const { epoch } = custodians;
  const { genesis, patient, author, signer } = owners;
  const content: PackageContent = {
    version: 1,
    batch,
    epoch,
    patient,
    author,
    sender: signer.account,
    records: sealed,
  };
  const envelopes = await sealToCustodians({ patient, author, batch }, custodians, sealed, dealt);
  const unsigned = {
    dealer: 0,
    from: null,
    dealers: [],
    encs: envelopes.map(({ enc }) => enc),
    records: dealt.map(
      ({ points }, position): DealtRecord => ({
        points,
        shares: envelopes.map((envelope) => envelope.sealed[position] as Uint8Array),
      }),
    ),
  };
  const custodyPackage: CustodyPackage = {
    ...content,
    dealings: [signDealing(signer.key, genesis, content, unsigned)],
  };
  return { patient, author, batch, custodians, records: registered, package: encodePackage(custodyPackage) };
}

interface DealtSecret {
  readonly points: readonly Hex32[];
  /** One for each custodian. */
  readonly shares: readonly Uint8Array[];
}

function dealSecret(
  secret: Uint8Array,
  { threshold, custodians }: CustodyEpochView,
  random: RandomBytes,
  group: Group,
): DealtSecret {
  const coefficients = Array.from({ length: threshold - 1 }, () => randomScalar(random(64)));
  const { points, shares } = deal(group, secret, coefficients, custodians.length);
  for (const coefficient of coefficients) coefficient.fill(0);
  return { points: points.map(toHex), shares };
}

export function commitmentOf({ salt, chunks }: SecretRecord): Hex32 {
  return recordIdOf(
    salt,
    chunks.map(({ id }) => id),
  );
}

async function wrapOf(
  { prepared, secret }: SecretRecord,
  commitment: Hex32,
  { genesis, patientKey }: BatchOwners,
): Promise<SealedMessage | null> {
  if (prepared.marks.effects.includes('closed-to-patient')) return null;
  return wrapSecret(patientKey, genesis, commitment, secret);
}

async function sealToCustodians(
  scope: Pick<CustodyPackage, 'patient' | 'author' | 'batch'>,
  { epoch, custodians }: CustodyEpochView,
  sealed: readonly SealedRecord[],
  dealt: readonly DealtSecret[],
): Promise<readonly { readonly enc: Hex32; readonly sealed: readonly Uint8Array[] }[]> {
  return Promise.all(
    custodians.map(({ id, custodyKey }, place) => {
      const items = sealed.map(({ commitment }, position) => ({
        aad: fromHex(commitment),
        share: dealt[position]?.shares[place] as Uint8Array,
      }));
      return sealShares(custodyKey, shareInfo({ ...scope, epoch, dealer: 0, custodian: id }), items);
    }),
  );
}
