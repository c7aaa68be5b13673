// An author of sealed records: real secrets, shares, envelopes and signatures, honest unless told otherwise.
import {
  type Action,
  actionOf,
  BLOB_BYTES_MAX,
  batchRootOf,
  type Chunk,
  type CustodyEpoch,
  type CustodyPackage,
  concat,
  custodyThreshold,
  type Dealing,
  deal,
  encodePackage,
  fromHex,
  type Hex32,
  hashHex,
  leavesOf,
  type NewRecord,
  pointsHashOf,
  type Receipt,
  randomScalar,
  recordIdOf,
  type SecretKey,
  type StatutoryEffect,
  sha256,
  shareInfo,
  signDealing,
  toHex,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import { type EncryptionKey, sealContent, sealShares, unsealShares } from '@consilium/sealing';
import { sodiumGroup } from '../../src/crypto/group-sodium.ts';

export interface AuthorOptions {
  readonly genesis: Hex32;
  readonly epoch: number;
  readonly custodians: CustodyEpoch['custodians'];
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly sender: Hex32;
  readonly key: SecretKey;
  /** One record each. */
  readonly texts: readonly string[];
  /** Indexes of custodians who get a share of another secret. */
  readonly falseFor?: readonly number[];
  readonly effects?: readonly StatutoryEffect[];
  /** Other points than those of the shares, under the root that comes of them. */
  readonly points?: readonly Hex32[];
  /** Adds so many pieces of full size to each record, which nobody has. */
  readonly missingChunks?: number;
  /** Seals the same ciphertext anew, as an author does after a change of custodians. */
  readonly anew?: Authored;
  /** Changes the package before it is signed. */
  readonly change?: (content: CustodyPackage) => CustodyPackage;
}

export interface Authored {
  readonly batch: Hex32;
  readonly epoch: number;
  readonly content: CustodyPackage;
  readonly bytes: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  readonly secrets: readonly Uint8Array[];
  readonly records: readonly Hex32[];
  /** The action by which it is registered. */
  readonly registration: (receipts: readonly Receipt[]) => Action;
}

let draws = 0;

/** Bytes that never come again; tests need no secrecy. */
export function drawn(length: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let bytes = 0; bytes < length; bytes += 32) {
    draws += 1;
    parts.push(sha256(concat(utf8('drawn'), uint64Bytes(draws))));
  }
  return concat(...parts).slice(0, length);
}

interface Prepared {
  readonly secret: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  readonly chunks: readonly Chunk[];
  readonly salt: Hex32;
  readonly pointsSalt: Hex32;
  readonly commitment: Hex32;
  readonly points: readonly Hex32[];
  readonly shares: readonly Uint8Array[];
}

async function prepare(text: string, place: number, options: AuthorOptions): Promise<Prepared> {
  const count = options.custodians.length;
  const secret = options.anew?.secrets[place] ?? randomScalar(drawn(64));
  const blobs: Uint8Array[] = [];
  for await (const chunk of sealContent(secret, single(utf8(text)))) blobs.push(chunk);
  const real = blobs.map((blob) => ({ id: hashHex(blob), bytes: blob.length }));
  const missing = Array.from({ length: options.missingChunks ?? 0 }, () => ({
    id: toHex(drawn(32)),
    bytes: BLOB_BYTES_MAX,
  }));
  const chunks = [...real, ...missing];
  const salt = options.anew?.content.records[place]?.salt ?? toHex(drawn(32));
  const coefficients = Array.from({ length: custodyThreshold(count) - 1 }, () => randomScalar(drawn(64)));
  const { points, shares } = deal(sodiumGroup, secret, coefficients, count);
  return {
    secret,
    blobs,
    chunks,
    salt,
    pointsSalt: toHex(drawn(32)),
    commitment: recordIdOf(
      salt,
      chunks.map(({ id }) => id),
    ),
    points: options.points ?? points.map(toHex),
    shares: shares.map((share, place) =>
      options.falseFor?.includes(place + 1) === true ? randomScalar(drawn(64)) : share,
    ),
  };
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function authorPackage(options: AuthorOptions): Promise<Authored> {
  const { custodians, epoch, patient, author, sender } = options;
  const prepared = await Promise.all(options.texts.map((text, place) => prepare(text, place, options)));
  const records = prepared.map(({ commitment, salt, chunks, pointsSalt }) => ({
    commitment,
    salt,
    chunks,
    pointsSalt,
    wrap: { enc: toHex(drawn(32)), sealed: drawn(48) },
  }));
  const points = prepared.map((each) => each.points);
  const batch = batchRootOf(leavesOf(records, points));
  const envelopes = await Promise.all(
    custodians.map(({ id, custodyKey }, place) =>
      sealShares(
        custodyKey,
        shareInfo({ patient, author, batch, epoch, dealer: 0, custodian: id }),
        prepared.map(({ commitment, shares }) => ({
          aad: fromHex(commitment),
          share: shares[place] as Uint8Array,
        })),
      ),
    ),
  );
  const unsigned = {
    dealer: 0,
    from: null,
    dealers: [],
    encs: envelopes.map(({ enc }) => enc),
    records: points.map((each, position) => ({
      points: each,
      shares: envelopes.map(({ sealed }) => sealed[position] as Uint8Array),
    })),
  };
  const draft: CustodyPackage = {
    version: 1,
    batch,
    epoch,
    patient,
    author,
    sender,
    records,
    dealings: [{ ...unsigned, signature: '00'.repeat(64) }],
  };
  const changed = options.change?.(draft) ?? draft;
  const [dealing] = changed.dealings;
  const { dealings: _, ...content } = changed;
  const { signature: __, ...plain } = dealing as CustodyPackage['dealings'][number];
  const signed = signDealing(options.key, options.genesis, content, plain);
  const whole: CustodyPackage = { ...content, dealings: [signed] };
  return {
    batch,
    epoch,
    content: whole,
    bytes: encodePackage(whole),
    blobs: prepared.flatMap((each) => each.blobs),
    secrets: prepared.map(({ secret }) => secret),
    records: prepared.map(({ commitment }) => commitment),
    registration: (receipts) =>
      actionOf('record.register', {
        patient,
        epoch,
        records: prepared.map((each) => newRecord(each, options.effects ?? [])),
        receipts,
      }),
  };
}

function newRecord(
  { commitment, pointsSalt, points }: Prepared,
  effects: readonly StatutoryEffect[],
): NewRecord {
  return {
    commitment,
    pointsHash: pointsHashOf(pointsSalt, points),
    amends: null,
    confidentiality: 'N',
    emergency: false,
    month: null,
    effects,
    tags: Array.from({ length: 16 }, (_, index) => toHex(new Uint8Array(16).fill(index))),
    tagGeneration: 1,
  };
}

export interface Redealing {
  /** Package of the epoch whose shares are dealt. */
  readonly content: CustodyPackage;
  readonly custodyKey: EncryptionKey;
  readonly self: Hex32;
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly dealers: readonly number[];
  readonly recipients: CustodyEpoch['custodians'];
  /** Deals other secrets than its shares. */
  readonly falsely?: boolean;
}

/** A custodian's own shares dealt again with a polynomial of the test's; not signed. */
export async function dealAnew(options: Redealing): Promise<Dealing> {
  const { content, custodyKey, self, index, from, to, dealers, recipients } = options;
  const { patient, author, batch, records } = content;
  const [authored] = content.dealings as readonly [Dealing];
  const shares = await unsealShares(
    custodyKey,
    authored.encs[index - 1] as Hex32,
    shareInfo({ patient, author, batch, epoch: from, dealer: 0, custodian: self }),
    records.map(({ commitment }, position) => ({
      position,
      aad: fromHex(commitment),
      sealed: authored.records[position]?.shares[index - 1] as Uint8Array,
    })),
  );
  const dealt = shares.map((share) => {
    const coefficients = Array.from({ length: custodyThreshold(recipients.length) - 1 }, () =>
      randomScalar(drawn(64)),
    );
    const secret = options.falsely === true ? randomScalar(drawn(64)) : (share as Uint8Array);
    return deal(sodiumGroup, secret, coefficients, recipients.length);
  });
  const envelopes = await Promise.all(
    recipients.map(({ id, custodyKey: key }, place) =>
      sealShares(
        key,
        shareInfo({ patient, author, batch, epoch: to, dealer: index, custodian: id }),
        records.map(({ commitment }, position) => ({
          aad: fromHex(commitment),
          share: dealt[position]?.shares[place] as Uint8Array,
        })),
      ),
    ),
  );
  return {
    dealer: index,
    from,
    dealers,
    encs: envelopes.map(({ enc }) => enc),
    records: dealt.map(({ points }, position) => ({
      points: points.map(toHex),
      shares: envelopes.map(({ sealed }) => sealed[position] as Uint8Array),
    })),
    signature: '00'.repeat(64),
  };
}
