// Owns: published bytes that are no canonical encoding of an object, each with the reason.
import {
  blockShape,
  certificateShape,
  encode,
  evidenceShape,
  fromHex,
  genesisShape,
  headerShape,
  type PlainValue,
  type Tx,
  toHex,
  tryReadCbor,
  type ValidatorSet,
  voteShape,
  writeCbor,
} from '../../../src/index.ts';
import { certify, HOSPITALS, sampleHeader, setOf } from '../sample-chain.ts';
import { SAMPLE_EVIDENCE, SAMPLE_GENESIS, SAMPLE_HASH, SAMPLE_TXS, sampleVote } from '../samples.ts';

type Fields = Readonly<Record<string, PlainValue>>;

/** A valid encoding with fields replaced, left out (undefined) or added. */
function changed(bytes: Uint8Array, change: Readonly<Record<string, PlainValue | undefined>>): string {
  const fields = { ...(tryReadCbor(bytes) as Fields), ...change };
  return toHex(
    writeCbor(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))),
  );
}

export function refusedEncodings(): unknown[] {
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
    item('version 0', { version: 0 }),
    item('a version over its bound', { version: 65_536 }),
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
