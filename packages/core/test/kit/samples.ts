// Owns: one or more valid encodings of every object that core decodes, for tests that change them.
import {
  type Block,
  blockShape,
  type Certificate,
  certificateHash,
  certificateShape,
  concat,
  decode,
  decodeTx,
  type Evidence,
  encode,
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
  type Shape,
  type SignedProposal,
  signedProposalShape,
  signPayload,
  signTx,
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
  sampleTx([{ type: 'consent.revoke', version: 1, body: { consent: fromHex(ZERO_HASH) } }]),
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
  kind('plain value', plainValue, [[{ a: 1, bb: null, '': 'ü' }, -5, true, Uint8Array.of(1, 2)]]),
];

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
