// Owns: one or more valid encodings of every object that core decodes, for tests that change them.
import {
  type AccessRow,
  accessRowShape,
  accusersShape,
  type Block,
  batchRowShape,
  blockShape,
  type Certificate,
  certificateHash,
  certificateShape,
  concat,
  custodyEpochShape,
  dealingShape,
  decode,
  decodeOwnRecords,
  decodeOwnRequest,
  decodePackage,
  decodeRelease,
  decodeReleased,
  decodeReleaseRequest,
  decodeTx,
  type Evidence,
  encode,
  encodeOwnRecords,
  encodeOwnRequest,
  encodePackage,
  encodeRelease,
  encodeReleased,
  encodeReleaseRequest,
  erasedRecordShape,
  erasureRequestShape,
  erasureRowShape,
  evidenceShape,
  fromHex,
  genesisHash,
  genesisShape,
  hashHex,
  headerId,
  headerShape,
  lightStepsShape,
  merkleProof,
  merkleProofShape,
  NO_ROUND,
  OBJECT_BYTES_MAX,
  plainValue,
  proposalPayload,
  type Receipt,
  receiptsShape,
  recordEntryShape,
  recordRowShape,
  type Shape,
  type SignedProposal,
  signedProposalShape,
  signPayload,
  signReceipt,
  signTx,
  standingIndexesShape,
  stateProofShape,
  type Tx,
  type TxPayload,
  txPayloadShape,
  utf8,
  type Vote,
  validatorCardShape,
  validatorSetShape,
  votePayload,
  voteShape,
  ZERO_HASH,
} from '../../src/index.ts';
import {
  authoredPackage,
  CUSTODIANS,
  OWN_REQUEST,
  ownRecords,
  RELEASE_REQUEST,
  redealtPackage,
  refusedRelease,
  releasedRecords,
  sampleRelease,
} from './packages.ts';
import { newRecord } from './records.ts';
import {
  certify,
  HOSPITALS,
  type Hospital,
  sampleGenesis,
  sampleHeader,
  sampleSteps,
  setOf,
} from './sample-chain.ts';

/** Reads bytes and gives back the bytes of what it read. */
export interface Kind {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  readonly reencode: (bytes: Uint8Array) => Uint8Array;
}

const FIRST = HOSPITALS[0] as Hospital;
export const SAMPLE_GENESIS = sampleGenesis();
export const SAMPLE_HASH = genesisHash(SAMPLE_GENESIS);

export const SAMPLE_TXS: readonly Tx[] = [
  sampleTx([{ type: 'consent.revoke', version: 2, body: { consent: fromHex(ZERO_HASH) } }]),
  sampleTx([
    { type: 'anchor.add', version: 2, body: { count: 3, labels: ['ä', ''], root: null, open: true } },
    { type: 'x.y', version: 65_535, body: [-1, [new Uint8Array(0)], { '': {} }] },
  ]),
];

function sampleTx(actions: TxPayload['actions']): Tx {
  return signTx(FIRST.account, {
    genesis: SAMPLE_HASH,
    sender: FIRST.id,
    validUntil: SAMPLE_GENESIS.time + 120_000,
    nonce: '000102030405060708090a0b0c0d0e0f',
    actions,
  });
}

export function sampleVote(changes: Partial<Vote>): Vote {
  const content = {
    type: 'precommit',
    height: 7,
    round: 0,
    blockId: hashHex(utf8('block')),
    validRound: NO_ROUND,
    validator: FIRST.id,
    ...changes,
  } as const;
  const signature = signPayload(FIRST.validator, 'vote', SAMPLE_HASH, votePayload(content));
  return { ...content, signature };
}

export function sampleProposal(blockName: string): SignedProposal {
  const content = { height: 7, round: 2, blockId: hashHex(utf8(blockName)), validRound: 1 };
  const signature = signPayload(FIRST.validator, 'proposal', SAMPLE_HASH, proposalPayload(content));
  return { ...content, validator: FIRST.id, signature };
}

const header = sampleHeader(SAMPLE_HASH, {});
const certificate: Certificate = certify(header, HOSPITALS);
const votes: readonly Vote[] = [
  sampleVote({}),
  sampleVote({ type: 'prevote', round: 3, validRound: 2 }),
  sampleVote({ blockId: null }),
];
const [precommit, prevote] = votes as readonly [Vote, Vote];
export const SAMPLE_EVIDENCE: readonly Evidence[] = [
  { type: 'double-proposal', first: sampleProposal('a'), second: sampleProposal('b') },
  { type: 'double-vote', first: precommit, second: votes[2] as Vote },
  { type: 'lock-violation', precommit, prevote },
];
const blocks: readonly Block[] = [
  { header, lastCertificate: null, evidence: [], txs: [] },
  {
    header: {
      ...header,
      height: 2,
      parent: headerId(header),
      lastCertificateHash: certificateHash(certificate),
    },
    lastCertificate: certificate,
    evidence: SAMPLE_EVIDENCE,
    txs: SAMPLE_TXS.map((tx) => tx.bytes),
  },
];
const fiveLeaves = ['a', 'b', 'c', 'd', 'e'].map(utf8);

/** By custodians 1, 2 and 4 over the sample batch. */
export const SAMPLE_RECEIPTS: readonly Receipt[] = [1, 2, 4].map((index) => {
  const { patient, author, batch, epoch, records } = authoredPackage();
  const { validator } = CUSTODIANS[index - 1] as Hospital;
  const statement = { patient, author, batch, epoch, root: batch, count: records.length };
  return { index, signature: signReceipt(validator, SAMPLE_HASH, statement) };
});

export const KINDS: readonly Kind[] = [
  { name: 'transaction', samples: SAMPLE_TXS.map((tx) => tx.bytes), reencode: reencodeTx },
  kind('block', blockShape, blocks),
  kind('header', headerShape, [header]),
  kind('vote', voteShape, votes),
  kind('signed proposal', signedProposalShape, [sampleProposal('a')]),
  kind('certificate', certificateShape, [
    certificate,
    certify(header, HOSPITALS, [FIRST], { blockId: null }),
  ]),
  kind('evidence', evidenceShape, SAMPLE_EVIDENCE),
  kind('genesis', genesisShape, [SAMPLE_GENESIS]),
  kind('validator card', validatorCardShape, SAMPLE_GENESIS.validators),
  kind('validator set', validatorSetShape, [setOf(HOSPITALS), setOf([FIRST])]),
  kind('light-client steps', lightStepsShape, [
    [],
    sampleSteps(SAMPLE_GENESIS, [HOSPITALS, HOSPITALS, [FIRST]]),
  ]),
  kind('Merkle proof', merkleProofShape, [merkleProof(fiveLeaves, 3), merkleProof(fiveLeaves, 4)]),
  kind('state proof', stateProofShape, [
    { siblings: [], leaf: null },
    { siblings: [ZERO_HASH, SAMPLE_HASH], leaf: { keyHash: SAMPLE_HASH, valueHash: ZERO_HASH } },
  ]),
  coded('custody package', [authoredPackage(), redealtPackage()], encodePackage, decodePackage),
  coded('release request', [RELEASE_REQUEST], encodeReleaseRequest, decodeReleaseRequest),
  coded('request for own records', [OWN_REQUEST], encodeOwnRequest, decodeOwnRequest),
  coded('release', [sampleRelease(), refusedRelease()], encodeRelease, decodeRelease),
  coded('content of a release', [releasedRecords(), []], encodeReleased, decodeReleased),
  coded('own records', [ownRecords(), []], encodeOwnRecords, decodeOwnRecords),
  kind('dealing', dealingShape, redealtPackage().dealings),
  kind('receipts', receiptsShape, [[], SAMPLE_RECEIPTS]),
  ...rowKinds(),
  kind('plain value', plainValue, [[{ a: 1, bb: null, '': 'ü' }, -5, true, Uint8Array.of(1, 2)]]),
];

/** What stands in the tables of records, custody and access. */
function rowKinds(): readonly Kind[] {
  const salt = '0f'.repeat(16);
  const place = { height: 9, time: SAMPLE_GENESIS.time, salt };
  const { batch, patient, author, records } = authoredPackage();
  const record = records[0]?.commitment ?? ZERO_HASH;
  const { commitment: _, pointsHash: __, ...marks } = newRecord('row', { effects: ['closed-to-patient'] });
  const own = {
    ...{ patient, author, writer: author, batch, position: 1, index: 3, version: 2 },
    ...{ first: record, amends: record, erasedHeight: null },
  };
  const custodians = HOSPITALS.map(({ id, validator }) => ({
    ...{ id, signingKey: validator.publicKey, custodyKey: hashHex(utf8(id)) },
  }));
  const items = [
    { record, decision: 'permit', rule: 'consent', consent: 4, provision: 0, tag: salt },
    { record: batch, decision: 'deny', rule: 'no-consent', consent: null, provision: null, tag: null },
  ] as const;
  const erasure = { reason: 'unlawful', records: [record] } as const;
  const receipts = [
    { custodian: author, height: 12, time: place.time },
    { custodian: patient, height: null, time: null },
  ];
  const access = {
    ...{ kind: 'open', reader: author, institution: author, onBehalfOf: null },
    ...{ purpose: 'TREAT', project: null, emergency: null, readerKey: patient },
  } as const satisfies Partial<AccessRow>;
  return [
    kind('record row', recordRowShape, [
      { ...marks, ...own, amendedBy: null, retractedHeight: 12, ...place },
      {
        ...marks,
        ...own,
        month: null,
        amends: null,
        amendedBy: batch,
        retractedHeight: null,
        erasedHeight: 14,
        ...place,
      },
    ]),
    kind('record entry', recordEntryShape, [{ record, salt }]),
    kind('batch row', batchRowShape, [{ patient, author, count: 3, epoch: 1, root: batch, height: 9, salt }]),
    kind('custody epoch', custodyEpochShape, [{ fromHeight: 1, custodians }]),
    kind('accusers', accusersShape, [[author, patient]]),
    kind('erasure row', erasureRowShape, [{ ...erasure, by: author, patient, author, receipts, ...place }]),
    kind('erased record', erasedRecordShape, [{ erasure: 3, salt }]),
    kind('erasure request', erasureRequestShape, [
      { ...erasure, by: patient, refused: null, ...place },
      {
        ...erasure,
        by: patient,
        refused: { ground: 'legal-claims', by: author, height: 9, time: 1 },
        ...place,
      },
    ]),
    kind('access row', accessRowShape, [
      { ...access, items, expires: place.time + 1, ...place },
      { ...access, items: [], expires: place.time + 1, ...place },
    ]),
    kind('standing indexes', standingIndexesShape, [{ indexes: [0, 5], salt }]),
  ];
}

function coded<T>(
  name: string,
  values: readonly T[],
  write: (value: T) => Uint8Array,
  read: (bytes: Uint8Array) => T,
): Kind {
  return { name, samples: values.map(write), reencode: (bytes) => write(read(bytes)) };
}

function kind<T>(name: string, shape: Shape<T>, values: readonly T[]): Kind {
  return {
    name,
    samples: values.map((value) => encode(shape, value)),
    reencode: (bytes) => encode(shape, decode(shape, bytes, OBJECT_BYTES_MAX)),
  };
}

/** From the fields alone, not from the bytes that the transaction keeps. */
function reencodeTx(bytes: Uint8Array): Uint8Array {
  const { genesis, sender, validUntil, nonce, actions, signature } = decodeTx(bytes);
  const payload = encode(txPayloadShape, { genesis, sender, validUntil, nonce, actions });
  return concat(payload, fromHex(signature));
}
