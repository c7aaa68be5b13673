// Owns: the published vectors of transactions, headers, votes, certificates, sets, accounts and genesis: canonical bytes,
// signed bytes and ids; and bytes of each that are refused.
import {
  blockShape,
  certificateHash,
  certificateShape,
  DOMAINS,
  type Domain,
  domainTag,
  encode,
  encodeTxResult,
  evidenceRoot,
  evidenceShape,
  fromHex,
  genesisShape,
  type Header,
  headerId,
  headerShape,
  NO_ROUND,
  type PlainValue,
  proposalPayload,
  type Shape,
  signedBytes,
  signedProposalShape,
  type Tx,
  type TxResult,
  toHex,
  tryReadCbor,
  txPayloadShape,
  txSignedBytes,
  type ValidatorSet,
  validatorSetHash,
  validatorSetShape,
  votePayload,
  voteShape,
  writeCbor,
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
    refused: refused(),
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

type Fields = Readonly<Record<string, PlainValue>>;

/** A valid encoding with fields replaced, left out (undefined) or added. */
function changed(bytes: Uint8Array, change: Readonly<Record<string, PlainValue | undefined>>): string {
  const fields = { ...(tryReadCbor(bytes) as Fields), ...change };
  return toHex(
    writeCbor(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))),
  );
}

function refused(): unknown[] {
  return [...refusedHeaders(), ...refusedVotes(), ...refusedTxs(), ...refusedOthers()];
}

function refusedHeaders(): unknown[] {
  const header = encode(headerShape, sampleHeader(SAMPLE_HASH, {}));
  const item = (reason: string, change: Parameters<typeof changed>[1]): unknown => ({
    object: 'header',
    reason,
    bytes: changed(header, change),
  });
  return [
    item('a field is missing', { txRoot: undefined }),
    item('a field is unknown', { round: 0 }),
    item('another version', { version: 2 }),
    item('height 0', { height: 0 }),
    item('a negative time', { time: -1 }),
    item('a hash of 31 bytes', { parent: new Uint8Array(31) }),
    item('a hash of 33 bytes', { parent: new Uint8Array(33) }),
    item('a hash as hex text', { parent: '00'.repeat(32) }),
    item('null for a hash', { parent: null }),
    { object: 'header', reason: 'a byte follows', bytes: `${toHex(header)}00` },
    { object: 'header', reason: 'the last byte is missing', bytes: toHex(header.subarray(0, -1)) },
    { object: 'header', reason: 'a list of its fields', bytes: '80' },
    { object: 'header', reason: 'time as a float', bytes: withFloatTime(header) },
  ];
}

/** The nine bytes of the time replaced by the double of the same number. */
function withFloatTime(header: Uint8Array): string {
  const text = toHex(header);
  const name = '6474696d65';
  const at = text.indexOf(name) + name.length;
  return `${text.slice(0, at)}fb42799c82cc3e8000${text.slice(at + 18)}`;
}

function refusedVotes(): unknown[] {
  const vote = encode(voteShape, sampleVote({}));
  const certificate = encode(certificateShape, certify(sampleHeader(SAMPLE_HASH, {}), HOSPITALS));
  const signature = { index: 0, signature: new Uint8Array(64) };
  const item = (object: string, reason: string, bytes: string): unknown => ({ object, reason, bytes });
  return [
    item('vote', 'an unknown type', changed(vote, { type: 'commit' })),
    item('vote', 'a negative round', changed(vote, { round: -1 })),
    item('vote', 'a round over its bound', changed(vote, { round: 1_000_001 })),
    item('vote', 'validRound -2', changed(vote, { validRound: -2 })),
    item('vote', 'a signature of 63 bytes', changed(vote, { signature: new Uint8Array(63) })),
    item('vote', 'no blockId', changed(vote, { blockId: undefined })),
    item('certificate', 'no signatures', changed(certificate, { signatures: [] })),
    item('certificate', '65 signatures', changed(certificate, { signatures: new Array(65).fill(signature) })),
    item('certificate', 'position 64', changed(certificate, { signatures: [{ ...signature, index: 64 }] })),
    item(
      'certificate',
      'a signature without position',
      changed(certificate, { signatures: [{ signature: signature.signature }] }),
    ),
  ];
}

function refusedTxs(): unknown[] {
  const tx = SAMPLE_TXS[0] as Tx;
  const payload = tx.bytes.subarray(0, -64);
  const action = (tryReadCbor(payload) as { readonly actions: readonly [Fields] }).actions[0];
  const item = (reason: string, change: Parameters<typeof changed>[1]): unknown => ({
    object: 'transaction',
    reason,
    bytes: changed(payload, change) + tx.signature,
  });
  const withAction = (reason: string, change: Fields): unknown =>
    item(reason, { actions: [{ ...action, ...change }] });
  return [
    item('no actions', { actions: [] }),
    item('65 actions', { actions: new Array(65).fill(action) }),
    item('a nonce of 15 bytes', { nonce: new Uint8Array(15) }),
    item('a field is unknown', { fee: 1 }),
    item('no sender', { sender: undefined }),
    withAction('an action without a type', { type: '' }),
    withAction('an action of version 0', { version: 0 }),
    withAction('a type of 65 characters', { type: 'a'.repeat(65) }),
    withAction('a body nested too deep', { body: [[[[[[[[[[]]]]]]]]]] }),
    withAction('a list of 1025 entries in a body', { body: new Array(1025).fill(0) }),
    { object: 'transaction', reason: 'a signature alone', bytes: tx.signature },
    { object: 'transaction', reason: 'no signature', bytes: toHex(payload) },
    {
      object: 'transaction',
      reason: 'a byte between payload and signature',
      bytes: `${toHex(payload)}00${tx.signature}`,
    },
  ];
}

function refusedOthers(): unknown[] {
  const genesis = encode(genesisShape, SAMPLE_GENESIS);
  const evidence = encode(evidenceShape, SAMPLE_EVIDENCE[0] as (typeof SAMPLE_EVIDENCE)[0]);
  const header = sampleHeader(SAMPLE_HASH, {});
  const block = encode(blockShape, { header, lastCertificate: null, evidence: [], txs: [] });
  const [member] = setOf(HOSPITALS) as [ValidatorSet[0]];
  const entry = { id: fromHex(member.id), key: fromHex(member.key), power: 1 };
  return [
    { object: 'genesis', reason: 'no validators', bytes: changed(genesis, { validators: [] }) },
    { object: 'genesis', reason: 'another version', bytes: changed(genesis, { version: 2 }) },
    { object: 'genesis', reason: 'an empty chain id', bytes: changed(genesis, { chainId: '' }) },
    { object: 'evidence', reason: 'an unknown type', bytes: changed(evidence, { type: 'rumour' }) },
    { object: 'evidence', reason: 'the type of another', bytes: changed(evidence, { type: 'double-vote' }) },
    {
      object: 'block',
      reason: '4097 transactions',
      bytes: changed(block, { txs: new Array(4097).fill(new Uint8Array(0)) }),
    },
    { object: 'block', reason: 'a transaction as a list', bytes: changed(block, { txs: [[1]] }) },
    { object: 'validatorSet', reason: 'no members', bytes: '80' },
    { object: 'validatorSet', reason: 'power 0', bytes: toHex(writeCbor([{ ...entry, power: 0 }])) },
    { object: 'validatorSet', reason: 'power 2', bytes: toHex(writeCbor([{ ...entry, power: 2 }])) },
    { object: 'validatorSet', reason: '65 members', bytes: toHex(writeCbor(new Array(65).fill(entry))) },
  ];
}
