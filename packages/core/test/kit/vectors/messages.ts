// Owns: the published vectors of transactions, headers, votes, certificates, sets, accounts and genesis: canonical bytes,
// signed bytes and ids; and bytes of each that are refused.
import {
  certificateHash,
  certificateShape,
  DOMAINS,
  type Domain,
  domainTag,
  encode,
  encodeTxResult,
  evidenceRoot,
  evidenceShape,
  genesisShape,
  type Header,
  headerId,
  headerShape,
  NO_ROUND,
  proposalPayload,
  type Shape,
  signedBytes,
  signedProposalShape,
  type Tx,
  type TxResult,
  toHex,
  txPayloadShape,
  txSignedBytes,
  type ValidatorSet,
  validatorSetHash,
  validatorSetShape,
  votePayload,
  voteShape,
} from '../../../src/index.ts';
import { certify, HOSPITALS, type Hospital, hospital, sampleHeader, setOf } from '../sample-chain.ts';
import {
  SAMPLE_EVIDENCE,
  SAMPLE_GENESIS,
  SAMPLE_HASH,
  SAMPLE_TXS,
  sampleProposal,
  sampleVote,
} from '../samples.ts';
import { refusedEncodings } from './refusals.ts';

export interface MessageVectors {
  readonly description: string;
  readonly [section: string]: unknown;
}

const FIRST = HOSPITALS[0] as Hospital;

export function messageVectors(): MessageVectors {
  return {
    description:
      'Objects of the ledger (docs/proofs.md, section Objects). value is the object: keys, ids and signatures as hex, ' +
      'though they are byte strings in bytes; {"$hex": h} is a byte string that has no other form. Everything else is hex. ' +
      'refused: bytes that are no canonical encoding of the named object.',
    domains: domains(),
    genesis: [{ value: SAMPLE_GENESIS, bytes: bytesOf(genesisShape, SAMPLE_GENESIS), hash: SAMPLE_HASH }],
    accounts: HOSPITALS.map((member) => ({ key: member.account.publicKey, id: member.id })),
    validatorSets: [HOSPITALS, [FIRST], [...HOSPITALS, hospital('Harbour')]].map(setVector),
    transactions: SAMPLE_TXS.map(txVector),
    results: SAMPLE_TXS.map(resultVector),
    headers: headers().map((value) => ({ value, bytes: bytesOf(headerShape, value), id: headerId(value) })),
    votes: votes(),
    proposals: proposals(),
    certificates: certificates(),
    evidence: SAMPLE_EVIDENCE.map((value) => ({
      value,
      bytes: bytesOf(evidenceShape, value),
      rootAlone: evidenceRoot([value]),
    })),
    refused: refusedEncodings(),
  };
}

function bytesOf<T>(shape: Shape<T>, value: T): string {
  return toHex(encode(shape, value));
}

function domains(): unknown[] {
  const hashed = ['account', 'block', 'certificate', 'evidence', 'genesis', 'validators'].map(
    (name) => `consilium/${name}/v1`,
  );
  return [...Object.values(DOMAINS), ...hashed].map((name) => ({ name, tag: toHex(domainTag(name)) }));
}

function setVector(members: readonly Hospital[]): unknown {
  const value: ValidatorSet = setOf(members);
  return { value, bytes: bytesOf(validatorSetShape, value), hash: validatorSetHash(value) };
}

function txVector(tx: Tx): unknown {
  const { genesis, sender, validUntil, nonce, actions } = tx;
  const payload = { genesis, sender, validUntil, nonce, actions };
  return {
    value: readable(payload),
    payload: bytesOf(txPayloadShape, payload),
    key: FIRST.account.publicKey,
    signed: toHex(txSignedBytes(tx)),
    signature: tx.signature,
    bytes: toHex(tx.bytes),
    id: tx.id,
    payloadHash: tx.payloadHash,
  };
}

function resultVector(tx: Tx, index: number): unknown {
  const value: TxResult =
    index === 0
      ? { txId: tx.id, code: 'CONSENT_NOT_FOUND', failedAction: 0, outcomes: [] }
      : { txId: tx.id, code: 'OK', failedAction: null, outcomes: [] };
  return { value, bytes: toHex(encodeTxResult(value)) };
}

/** JSON has no byte strings. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: toHex(value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, readable(entry)]));
}

function headers(): Header[] {
  const first = sampleHeader(SAMPLE_HASH, {});
  return [
    first,
    sampleHeader(SAMPLE_HASH, {
      height: 2,
      parent: headerId(first),
      lastCertificateHash: certificateHash(certify(first, HOSPITALS)),
    }),
    sampleHeader(SAMPLE_HASH, { height: Number.MAX_SAFE_INTEGER, time: Number.MAX_SAFE_INTEGER }),
  ];
}

function signedVector(
  domain: Domain,
  payload: Uint8Array,
  rest: { readonly value: unknown; readonly bytes: string },
): unknown {
  return {
    ...rest,
    genesis: SAMPLE_HASH,
    key: FIRST.validator.publicKey,
    payload: toHex(payload),
    signed: toHex(signedBytes(domain, SAMPLE_HASH, payload)),
  };
}

function votes(): unknown[] {
  return [
    sampleVote({}),
    sampleVote({ blockId: null }),
    sampleVote({ type: 'prevote', round: 4, validRound: 0 }),
    sampleVote({ type: 'prevote', round: 0, validRound: NO_ROUND }),
    sampleVote({ type: 'prevote', blockId: null, height: Number.MAX_SAFE_INTEGER, round: 1_000_000 }),
  ].map((value) => signedVector('vote', votePayload(value), { value, bytes: bytesOf(voteShape, value) }));
}

function proposals(): unknown[] {
  return [sampleProposal('a'), sampleProposal('b')].map((value) =>
    signedVector('proposal', proposalPayload(value), { value, bytes: bytesOf(signedProposalShape, value) }),
  );
}

/** Of four members of power 1 at least three must have signed; for each what a verifier has to say. */
function certificates(): unknown[] {
  const header = sampleHeader(SAMPLE_HASH, {});
  const [, second, third] = HOSPITALS as [Hospital, Hospital, Hospital];
  const whole = certify(header, HOSPITALS);
  const [one, two, three] = whole.signatures as [
    (typeof whole.signatures)[0],
    (typeof whole.signatures)[0],
    (typeof whole.signatures)[0],
  ];
  const nil = certify(header, HOSPITALS, HOSPITALS, { blockId: null });
  const cases = [
    ['all four', whole, true, 'a quorum'],
    ['three of four', { ...whole, signatures: [one, two, three] }, true, 'a quorum'],
    ['of nil: no block is decided by it', nil, true, 'a quorum'],
    [
      'of prevotes',
      certify(header, HOSPITALS, HOSPITALS, { type: 'prevote', round: 2, validRound: 1 }),
      true,
      'a quorum',
    ],
    ['of a later round', certify(header, HOSPITALS, HOSPITALS, { round: 9 }), true, 'a quorum'],
    ['two of four', certify(header, HOSPITALS, [second, third]), false, 'no quorum'],
    ['a signer twice', { ...whole, signatures: [one, two, two] }, false, 'positions do not ascend'],
    ['positions out of order', { ...whole, signatures: [one, three, two] }, false, 'positions do not ascend'],
    [
      'a position outside the set',
      { ...whole, signatures: [one, two, { ...three, index: 4 }] },
      false,
      'no such position',
    ],
    [
      'a wrong signature beside a quorum',
      { ...whole, signatures: [one, two, three, { ...three, index: 3 }] },
      false,
      'a signature is invalid',
    ],
    ['signatures of another round', { ...whole, round: 1 }, false, 'a signature is invalid'],
    ['signatures as prevotes', { ...whole, type: 'prevote' }, false, 'a signature is invalid'],
    [
      'a precommit with a valid round',
      certify(header, HOSPITALS, HOSPITALS, { validRound: 0 }),
      false,
      'validRound must be -1',
    ],
    [
      'a prevote of a round not before its own',
      certify(header, HOSPITALS, HOSPITALS, { type: 'prevote', validRound: 0 }),
      false,
      'validRound must be below round',
    ],
  ] as const;
  return cases.map(([name, value, valid, reason]) => ({
    name,
    genesis: SAMPLE_HASH,
    validators: setOf(HOSPITALS),
    value,
    bytes: bytesOf(certificateShape, value),
    hash: certificateHash(value),
    valid,
    reason,
  }));
}
