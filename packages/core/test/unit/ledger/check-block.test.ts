import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionOf,
  BLOCK_TXS_PER_PERSON_MAX,
  BLOCK_WORK_MAX,
  type Block,
  type Certificate,
  certificateHash,
  checkBlock,
  checkTx,
  DECISION_WORK,
  decodeBlock,
  ERRORS,
  type Evidence,
  encodeBlock,
  evidenceRoot,
  fromHex,
  type Header,
  type Hex32,
  hashHex,
  isConsiliumError,
  merkleRoot,
  NEW_KEY_WORK,
  NO_ROUND,
  nextValidators,
  RECORDS_PER_ACCESS_MAX,
  TX_ACTIONS_MAX,
  type Tx,
  utf8,
  type ValidatorSet,
  type Vote,
  type VoteContent,
  validatorsAt,
  WORKLIST_WORK,
  workOf,
} from '../../../src/index.ts';
import {
  type Chain,
  certify,
  createChain,
  type Hospital,
  hospital,
  keyOf,
  signVote,
} from '../../kit/chain.ts';
import { asPerson, credentialing, enrol, enrolment, grantTo, letIn, rotation } from '../../kit/people.ts';
import { opening, PLAIN_ASK } from '../../kit/records.ts';

const noop = actionOf('chain.noop', {});
const OTHER: Hex32 = '5a'.repeat(32);

/** What `checkBlock` says of a block: the broken rule, with the code behind it if there is one. */
function ruleOf(chain: Chain, block: Block): string {
  try {
    checkBlock(chain.deps, chain.view(), block);
    return 'valid';
  } catch (error) {
    if (!isConsiliumError(error, 'BLOCK_INVALID')) throw error;
    const { rule, code } = error.data;
    return code === undefined ? `${rule}` : `${rule}: ${code}`;
  }
}

function voteOf(chain: Chain, by: Hospital, blockId: Hex32 | null): Vote {
  const content = { type: 'prevote', height: 1, round: 0, blockId, validRound: NO_ROUND } as const;
  return signVote(chain.genesis, by.validator.publicKey, by.id, content);
}

/** A chain and its next block, in which there is one of everything. */
function setting(): { chain: Chain; a: Hospital; b: Hospital; block: Block } {
  const chain = createChain();
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  const patient = enrol(chain, a, 'patient 1');
  const evidence: Evidence = {
    type: 'double-vote',
    first: voteOf(chain, b, OTHER),
    second: voteOf(chain, b, null),
  };
  const root = '11'.repeat(32);
  const txs = [
    chain.tx(a.id, a.account, [actionOf('anchor.commit', { root, count: 2, schema: 'fhir-r4' })]),
    chain.tx(b.id, b.account, [actionOf('anchor.commit', { root, count: 2, schema: 'fhir-r4' })]),
    chain.tx(patient.id, patient.key, [grantTo(chain, patient.id, b.id)]),
  ];
  const { block } = chain.build(txs, { evidence: [evidence] });
  expect(block.txs).toHaveLength(3);
  expect(block.evidence).toHaveLength(1);
  return { chain, a, b, block };
}

function withHeader(block: Block, header: Partial<Header>): Block {
  return { ...block, header: { ...block.header, ...header } };
}

function withCertificate(block: Block, change: Partial<Certificate>): Block {
  const lastCertificate = { ...(block.lastCertificate as Certificate), ...change };
  return withHeader({ ...block, lastCertificate }, { lastCertificateHash: certificateHash(lastCertificate) });
}

describe('a block is invalid', () => {
  it('with any one field of its header changed, and the answer names the field', () => {
    const { chain, block } = setting();
    const { header } = block;
    const changes: { readonly [K in keyof Header]: readonly [Header[K], string][] } = {
      version: [[2, 'version']],
      genesis: [[OTHER, 'genesis']],
      height: [
        [header.height + 1, 'height'],
        [header.height - 1, 'height'],
      ],
      time: [
        [chain.view().tip.time, 'time'],
        [header.time + 1, 'resultRoot or stateRoot'],
        [header.time + 0.5, 'time'],
        [header.time + 1_000_000, 'tx: TX_EXPIRED'],
      ],
      parent: [[OTHER, 'parent']],
      author: [[OTHER, 'author']],
      txRoot: [[OTHER, 'txRoot']],
      resultRoot: [[OTHER, 'resultRoot']],
      stateRoot: [[OTHER, 'stateRoot']],
      validatorsHash: [[OTHER, 'validatorsHash']],
      nextValidatorsHash: [[OTHER, 'nextValidatorsHash']],
      lastCertificateHash: [[OTHER, 'lastCertificateHash']],
      evidenceRoot: [[OTHER, 'evidenceRoot']],
    };
    expect(ruleOf(chain, block)).toBe('valid');
    for (const [field, cases] of Object.entries(changes)) {
      for (const [value, rule] of cases) {
        const said = ruleOf(chain, withHeader(block, { [field]: value }));
        expect(rule.split(' or ')).toContain(said);
      }
    }
  });

  it('without the valid commit certificate of its parent, though the hash fits', () => {
    const { chain, block } = setting();
    const { signatures } = block.lastCertificate as Certificate;
    const [first, second, third] = signatures as [
      (typeof signatures)[0],
      (typeof signatures)[0],
      (typeof signatures)[0],
    ];
    const flawed: Partial<Certificate>[] = [
      { type: 'prevote' },
      { height: 2 },
      { round: 1 },
      { blockId: OTHER },
      { blockId: null },
      { validRound: 0 },
      { signatures: [first, second] },
      { signatures: [first, second, second] },
      { signatures: [second, first, third] },
      { signatures: [first, second, { ...third, signature: first.signature }] },
      { signatures: [first, second, { ...third, index: 63 }] },
    ];
    for (const change of flawed) {
      expect([change, ruleOf(chain, withCertificate(block, change))]).toEqual([change, 'lastCertificate']);
    }
    const none = withHeader(
      { ...block, lastCertificate: null },
      { lastCertificateHash: certificateHash(null) },
    );
    expect(ruleOf(chain, none)).toBe('lastCertificate');
  });

  it('with a certificate that its signers made of something else than precommits for the parent', () => {
    const { chain, block } = setting();
    const { tip, state } = chain.view();
    const set = validatorsAt(state, tip.height) as ValidatorSet;
    const rule = (instead: Partial<VoteContent>) =>
      ruleOf(chain, withCertificate(block, certify(chain.genesis, set, tip, instead)));
    expect(rule({ round: 5 })).not.toBe('lastCertificate');
    const others = [
      { type: 'prevote' },
      { height: tip.height + 1 },
      { blockId: OTHER },
      { blockId: null },
    ] as const;
    for (const instead of others) expect(rule(instead)).toBe('lastCertificate');
  });

  it('with a certificate where there is no parent', () => {
    const chain = createChain();
    const { block } = chain.build([]);
    const set = nextValidators(chain.view().state);
    const lastCertificate = certify(chain.genesis, set, { height: 1, id: OTHER, time: 1 });
    const changed = withHeader(
      { ...block, lastCertificate },
      { lastCertificateHash: certificateHash(lastCertificate) },
    );
    expect(ruleOf(chain, changed)).toBe('lastCertificate');
  });

  it('with a certificate of another set than that of its parent', () => {
    const chain = createChain();
    const voters = chain.hospitals.slice(0, 3);
    letIn(chain, hospital('Sihl'), voters);
    const old = nextValidators(chain.view().state);
    chain.commit([]);
    chain.commit([]);
    const { tip, state } = chain.view();
    const { block } = chain.build([]);
    expect(ruleOf(chain, block)).toBe('valid');
    const lastCertificate = certify(chain.genesis, old, tip);
    expect(validatorsAt(state, tip.height)).toHaveLength(5);
    const changed = withHeader(
      { ...block, lastCertificate },
      { lastCertificateHash: certificateHash(lastCertificate) },
    );
    expect(ruleOf(chain, changed)).toBe('lastCertificate');
  });

  it('with evidence that is missing, repeated, known or proves nothing', () => {
    const { chain, a, block } = setting();
    const [item] = block.evidence as [Evidence];
    const nothing: Evidence = {
      type: 'double-vote',
      first: voteOf(chain, a, OTHER),
      second: voteOf(chain, a, OTHER),
    };
    const lists: [readonly Evidence[], string][] = [
      [[], 'stateRoot'],
      [[item, item], 'evidence: EVIDENCE_KNOWN'],
      [[nothing], 'evidence: EVIDENCE_INVALID'],
      [Array.from({ length: 17 }, () => item), 'evidence'],
    ];
    for (const [evidence, rule] of lists) {
      const root = evidence.length > 16 ? OTHER : evidenceRoot(evidence);
      expect(ruleOf(chain, withHeader({ ...block, evidence }, { evidenceRoot: root }))).toBe(rule);
      if (evidence.length <= 16) expect(ruleOf(chain, { ...block, evidence })).toBe('evidenceRoot');
    }
  });

  it('with a transaction dropped, added, doubled, moved, cut or garbled', () => {
    const { chain, a, block } = setting();
    const [first, second, third] = block.txs as [Uint8Array, Uint8Array, Uint8Array];
    const garbled = first.slice();
    garbled[garbled.length - 1] = (garbled[garbled.length - 1] as number) ^ 1;
    const extra = chain.tx(a.id, a.account, [noop]).bytes;
    const lists: [readonly Uint8Array[], string][] = [
      [[second, third], 'txRoot'],
      [[first, second, third, extra], 'txRoot'],
      [[first, second, third, third], 'tx: TX_DUPLICATE'],
      [[second, first, third], 'txRoot'],
      [[first.subarray(1), second, third], 'tx: ENCODING_INVALID'],
      [[new Uint8Array(0), second, third], 'tx: ENCODING_INVALID'],
      [[new Uint8Array(70_000), second, third], 'tx: ENCODING_TOO_LARGE'],
      [[garbled, second, third], 'tx: TX_SIGNATURE_INVALID'],
    ];
    for (const [txs, rule] of lists) expect(ruleOf(chain, { ...block, txs })).toBe(rule);
  });

  it('with a result that another root hides: an added transaction with its txRoot', () => {
    const { chain, a, block } = setting();
    const extra = chain.tx(a.id, a.account, [noop]);
    const { execution } = chain.build([]);
    const ids = [...checkBlock(chain.deps, chain.view(), block).txs, extra].map((tx) => fromHex(tx.id));
    const changed = withHeader({ ...block, txs: [...block.txs, extra.bytes] }, { txRoot: merkleRoot(ids) });
    expect(ruleOf(chain, changed)).toBe('resultRoot');
    expect(ruleOf(chain, withHeader(block, { stateRoot: execution.stateRoot }))).toBe('stateRoot');
  });

  it('with a transaction of a block within the replay window', () => {
    const { chain, a } = setting();
    const tx = chain.tx(a.id, a.account, [noop]);
    const { block } = chain.build([tx]);
    const view = { ...chain.view(), isReplayed: (hash: Hex32) => hash === tx.payloadHash };
    expect(() => checkBlock(chain.deps, view, block)).toThrow(
      expect.objectContaining({
        data: {
          rule: 'tx',
          code: 'TX_DUPLICATE',
        },
      }),
    );
  });

  it('with a transaction signed with a key that was rotated before it, in the block or in an earlier one', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 2');
    const rotating = chain.tx(patient.id, patient.key, [rotation(chain, patient.id, keyOf('second'))]);
    const late = chain.tx(patient.id, patient.key, [noop]);
    const { block } = chain.build([late, rotating]);
    expect(ruleOf(chain, { ...block, txs: [rotating.bytes, late.bytes] })).toBe('tx: TX_KEY_ROTATED');
    chain.commit([rotating]);
    const next = chain.build([]).block;
    expect(ruleOf(chain, { ...next, txs: [late.bytes] })).toBe('tx: TX_KEY_ROTATED');
  });

  it('over its bounds: transactions, their bytes, and the share of one person', () => {
    const chain = createChain(['Aare', 'Birs', 'Limmat', 'Reuss'], {
      blockTxsMax: 20,
      blockTxBytesMax: 65_536,
    });
    const [a] = chain.hospitals as unknown as [Hospital];
    const patient = enrol(chain, a, 'patient 1');
    const { block } = chain.build([]);
    const many = Array.from({ length: 21 }, () => chain.tx(a.id, a.account, [noop]).bytes);
    expect(ruleOf(chain, { ...block, txs: many })).toBe('txs');
    const heavy = [new Uint8Array(40_000), new Uint8Array(40_000)];
    expect(ruleOf(chain, { ...block, txs: heavy })).toBe('txBytes');
    const share = BLOCK_TXS_PER_PERSON_MAX + 1;
    const greedy = Array.from({ length: share }, () => chain.tx(patient.id, patient.key, [noop]).bytes);
    expect(ruleOf(chain, { ...block, txs: greedy })).toBe('quota');
  });

  it('on the rows that its transactions may have to look at; the builder leaves for later what is over it', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient who is looked at');
    const fitting = Math.floor(BLOCK_WORK_MAX / workOf([looking(patient.id)]));
    const looks = Array.from({ length: fitting + 1 }, () => chain.tx(a.id, a.account, [looking(patient.id)]));
    const { block, refused } = chain.build(looks);
    expect([block.txs.length, refused.size]).toEqual([fitting, 0]);
    expect(ruleOf(chain, { ...block, txs: looks.map(({ bytes }) => bytes) })).toBe('work');
    const later = chain.build(looks, { txsMax: chain.genesis.params.blockTxsMax / 4 });
    expect(later.block.txs).toHaveLength(Math.floor(fitting / 4));
  });

  it('on the rows of one transaction, refused by the pool as well', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient who is looked at');
    const [one, two] = [1, 2].map((count) =>
      chain.tx(a.id, a.account, Array(count).fill(looking(patient.id))),
    ) as [Tx, Tx];
    const { block, refused } = chain.build([one, two]);
    expect(block.txs).toEqual([one.bytes]);
    expect([...refused]).toEqual([[two.id, 'TX_TOO_COSTLY']]);
    expect(ruleOf(chain, { ...block, txs: [two.bytes] })).toBe('tx: TX_TOO_COSTLY');
    const { state, tip, isReplayed } = chain.view();
    const rules = { ...chain.deps, isReplayed, height: tip.height };
    expect(() => checkTx(state, rules, two, tip.time)).toThrow(ERRORS.TX_TOO_COSTLY);
    expect(() => checkTx(state, rules, one, tip.time)).not.toThrow();
  });

  it('on what stands for a patient, which an access to a single record lays out as well, and on proofs of keys', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient whose consents stand').id;
    const wide = opening(
      patient,
      Array.from({ length: RECORDS_PER_ACCESS_MAX }, (_, at) => hashHex(utf8(`${at}`))),
    );
    expect(workOf([wide]) - workOf([opening(patient, [patient])])).toBe(
      (RECORDS_PER_ACCESS_MAX - 1) * DECISION_WORK,
    );
    const small = Array<Action>(TX_ACTIONS_MAX).fill(opening(patient, [patient]));
    expect(ruleOf(chain, { ...chain.build([]).block, txs: [chain.tx(a.id, a.account, small).bytes] })).toBe(
      'tx: TX_TOO_COSTLY',
    );
    const keys = [
      enrolment(chain, a, 'x'),
      credentialing(chain, a, 'x'),
      rotation(chain, patient, keyOf('x')),
    ];
    expect(keys.map((action) => workOf([action]))).toEqual(Array(keys.length).fill(NEW_KEY_WORK));
    const inEmergency = opening(patient, [patient], 'BTG');
    expect(workOf([inEmergency]) - workOf([opening(patient, [patient])])).toBe(WORKLIST_WORK);
  });
});

/** A query that looks at as many rows as one may. */
function looking(patient: Hex32): Action {
  const selection = { type: 'query', tags: [], months: null, fromIndex: 0 } as const;
  return actionOf('access.open', {
    ...{ patient, selection, ...PLAIN_ASK },
    purpose: 'TREAT',
    readerKey: 'a7'.repeat(32),
  });
}

describe('any one bit of a block', () => {
  it('flipped makes bytes that are no block, or a block that is invalid, and nothing else is ever thrown', () => {
    const { chain, block } = setting();
    const bytes = encodeBlock(block);
    expect(ruleOf(chain, decodeBlock(bytes))).toBe('valid');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << bit);
        const decoded = tryDecode(flipped);
        if (decoded !== undefined) expect(ruleOf(chain, decoded)).not.toBe('valid');
      }),
      { numRuns: 400 },
    );
  });
});

function tryDecode(bytes: Uint8Array): Block | undefined {
  try {
    return decodeBlock(bytes);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return undefined;
  }
}

describe('a block that an institution of the set did not make', () => {
  it('is refused by its author, and taken from any member: who proposes when is not a rule of the ledger', () => {
    const { chain, block } = setting();
    const set: ValidatorSet = nextValidators(chain.view().state);
    for (const { id } of set) expect(ruleOf(chain, withHeader(block, { author: id }))).toBe('valid');
    expect(ruleOf(chain, withHeader(block, { author: asPerson(hospital('Sihl')).id }))).toBe('author');
  });
});
