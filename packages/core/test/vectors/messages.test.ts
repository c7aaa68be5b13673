import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  accountIdOf,
  blockShape,
  type Certificate,
  certificateHash,
  certificateShape,
  decode,
  decodeTx,
  type Evidence,
  encode,
  evidenceRoot,
  evidenceShape,
  fromHex,
  type Genesis,
  genesisHash,
  genesisShape,
  type Header,
  headerId,
  headerShape,
  isConsiliumError,
  isValidCertificate,
  OBJECT_BYTES_MAX,
  type Shape,
  type SignedProposal,
  signedProposalShape,
  type TxResult,
  toHex,
  tryReadCbor,
  txResultShape,
  txSignedBytes,
  type ValidatorSet,
  type Vote,
  validatorSetHash,
  validatorSetShape,
  verifyEd25519,
  verifyProposal,
  verifyVote,
  voteShape,
} from '../../src/index.ts';

interface Encoded<T> {
  readonly value: T;
  readonly bytes: string;
}

interface Signed {
  readonly genesis: string;
  readonly key: string;
  readonly payload: string;
  readonly signed: string;
}

interface TxVector {
  readonly value: Readonly<Record<string, unknown>>;
  readonly payload: string;
  readonly key: string;
  readonly signed: string;
  readonly signature: string;
  readonly bytes: string;
  readonly id: string;
  readonly payloadHash: string;
}

interface CertificateVector extends Encoded<Certificate> {
  readonly name: string;
  readonly genesis: string;
  readonly validators: ValidatorSet;
  readonly hash: string;
  readonly valid: boolean;
}

interface Vectors {
  readonly domains: readonly { readonly name: string; readonly tag: string }[];
  readonly genesis: readonly (Encoded<Genesis> & { readonly hash: string })[];
  readonly accounts: readonly { readonly key: string; readonly id: string }[];
  readonly validatorSets: readonly (Encoded<ValidatorSet> & { readonly hash: string })[];
  readonly transactions: readonly TxVector[];
  readonly results: readonly Encoded<TxResult>[];
  readonly headers: readonly (Encoded<Header> & { readonly id: string })[];
  readonly votes: readonly (Encoded<Vote> & Signed)[];
  readonly proposals: readonly (Encoded<SignedProposal> & Signed)[];
  readonly certificates: readonly CertificateVector[];
  readonly evidence: readonly (Encoded<Evidence> & { readonly rootAlone: string })[];
  readonly refused: readonly { readonly object: string; readonly reason: string; readonly bytes: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('messages.json', import.meta.url), 'utf8')) as Vectors;
const READERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  transaction: decodeTx,
  header: reader(headerShape),
  vote: reader(voteShape),
  certificate: reader(certificateShape),
  genesis: reader(genesisShape),
  evidence: reader(evidenceShape),
  block: reader(blockShape),
  validatorSet: reader(validatorSetShape),
};

function reader<T>(shape: Shape<T>): (bytes: Uint8Array) => T {
  return (bytes) => decode(shape, bytes, OBJECT_BYTES_MAX);
}

function roundTrips<T>(shape: Shape<T>, { value, bytes }: Encoded<T>): void {
  expect(toHex(encode(shape, value))).toBe(bytes);
  expect(decode(shape, fromHex(bytes), OBJECT_BYTES_MAX)).toEqual(value);
}

function sha256(hex: string): string {
  return createHash('sha256').update(hex, 'hex').digest('hex');
}

/** SHA-256 over the padded tag and the bytes, by another engine. */
function tagged(name: string, hex: string): string {
  return sha256(tagOf(`consilium/${name}/v1`) + hex);
}

function tagOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0');
}

describe('the published vectors of objects', () => {
  it('hold each domain tag as its name, padded with zeros to 32 bytes', () => {
    for (const { name, tag } of vectors.domains) expect(tag).toBe(tagOf(name));
    expect(new Set(vectors.domains.map(({ tag }) => tag)).size).toBe(vectors.domains.length);
  });

  it('hold a genesis and its hash', () => {
    for (const vector of vectors.genesis) {
      roundTrips(genesisShape, vector);
      expect(genesisHash(vector.value)).toBe(vector.hash);
      expect(tagged('genesis', vector.bytes)).toBe(vector.hash);
    }
  });

  it('hold the id of an account for its first key', () => {
    for (const { key, id } of vectors.accounts) {
      expect(accountIdOf(key)).toBe(id);
      expect(tagged('account', key)).toBe(id);
    }
  });

  it('hold validator sets and their hashes', () => {
    for (const vector of vectors.validatorSets) {
      roundTrips(validatorSetShape, vector);
      expect(validatorSetHash(vector.value)).toBe(vector.hash);
      expect(tagged('validators', vector.bytes)).toBe(vector.hash);
    }
  });

  it('hold transactions with what is signed and what names them', () => {
    for (const vector of vectors.transactions) {
      const tx = decodeTx(fromHex(vector.bytes));
      expect(readable(tryReadCbor(fromHex(vector.payload)))).toEqual(wireForm(vector.value));
      expect(vector.bytes).toBe(vector.payload + vector.signature);
      expect(vector.signed).toBe(tagOf('consilium/tx/v1') + tx.genesis + vector.payload);
      expect(toHex(txSignedBytes(tx))).toBe(vector.signed);
      expect(verifyEd25519(vector.key, vector.signature, fromHex(vector.signed))).toBe(true);
      expect([tx.id, tx.payloadHash]).toEqual([vector.id, vector.payloadHash]);
      expect([sha256(vector.bytes), sha256(vector.payload)]).toEqual([vector.id, vector.payloadHash]);
    }
  });

  it('hold results of transactions', () => {
    for (const vector of vectors.results) roundTrips(txResultShape, vector);
    expect(vectors.results.map(({ value }) => value.txId)).toEqual(vectors.transactions.map(({ id }) => id));
  });

  it('hold headers and the ids of their blocks', () => {
    for (const vector of vectors.headers) {
      roundTrips(headerShape, vector);
      expect(headerId(vector.value)).toBe(vector.id);
      expect(tagged('block', vector.bytes)).toBe(vector.id);
    }
  });

  it('hold votes and proposals with what is signed', () => {
    for (const vector of vectors.votes) {
      roundTrips(voteShape, vector);
      expect(verifyVote(verifyEd25519, vector.genesis, vector.key, vector.value)).toBe(true);
      expect(vector.signed).toBe(tagOf('consilium/vote/v1') + vector.genesis + vector.payload);
      expect(verifyEd25519(vector.key, vector.value.signature, fromHex(vector.signed))).toBe(true);
    }
    for (const vector of vectors.proposals) {
      roundTrips(signedProposalShape, vector);
      expect(verifyProposal(verifyEd25519, vector.genesis, vector.key, vector.value)).toBe(true);
      expect(vector.signed).toBe(tagOf('consilium/proposal/v1') + vector.genesis + vector.payload);
      expect(verifyEd25519(vector.key, vector.value.signature, fromHex(vector.signed))).toBe(true);
    }
  });

  it.each(vectors.certificates)('hold a certificate: $name, $valid ($reason)', (vector) => {
    const { genesis, validators, value, hash, valid } = vector;
    roundTrips(certificateShape, vector);
    expect(isValidCertificate(verifyEd25519, genesis, validators, value)).toBe(valid);
    expect(certificateHash(value)).toBe(hash);
    expect(tagged('certificate', vector.bytes)).toBe(hash);
  });

  it('hold evidence and its root', () => {
    for (const vector of vectors.evidence) {
      roundTrips(evidenceShape, vector);
      expect(evidenceRoot([vector.value])).toBe(vector.rootAlone);
      expect(tagged('evidence', `81${vector.bytes}`)).toBe(vector.rootAlone);
    }
  });

  it.each(vectors.refused)('refuse a $object: $reason', ({ object, bytes }) => {
    let error: unknown;
    try {
      READERS[object]?.(fromHex(bytes));
    } catch (thrown) {
      error = thrown;
    }
    expect(isConsiliumError(error, 'ENCODING_INVALID')).toBe(true);
  });
});

/** What stands on the wire, byte strings as `{$hex}`. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: toHex(value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, readable(entry)]));
}

/** The three fields that are hex in the object and byte strings on the wire. */
function wireForm(payload: Readonly<Record<string, unknown>>): unknown {
  const { genesis, sender, nonce } = payload;
  return { ...payload, genesis: { $hex: genesis }, sender: { $hex: sender }, nonce: { $hex: nonce } };
}
