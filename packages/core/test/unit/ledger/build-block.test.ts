import { describe, expect, it } from 'vitest';
import {
  ANCHORS,
  actionOf,
  BLOCK_TXS_PER_PERSON_MAX,
  checkBlock,
  createVerifySender,
  decodeTxResult,
  encodeTxResult,
  type Hex32,
  merkleRoot,
  readRow,
  type Tx,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, keyOf } from '../../kit/chain.ts';
import {
  accountOf,
  codeOfSubmit,
  decide,
  enrol,
  enrolment,
  grantTo,
  type Person,
  personOf,
  rotation,
} from '../../kit/people.ts';

const noop = actionOf('chain.noop', {});

function setting(names: readonly string[] = FOUNDERS.slice(0, 4), params = {}) {
  const chain = createChain(names, params);
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  return { chain, a, b };
}

function noops(chain: Chain, { id, key }: Person, count: number): Tx[] {
  return Array.from({ length: count }, () => chain.tx(id, key, [noop]));
}

const idsIn = (txs: readonly Tx[]): readonly Hex32[] => txs.map((tx) => tx.id);

describe('a built block', () => {
  it('passes the check, which gives the same execution', () => {
    const { chain, a } = setting();
    const patient = personOf('patient 1');
    const txs = [chain.tx(a.id, a.account, [enrolment(chain, a, 'patient 1')]), ...noops(chain, patient, 2)];
    const { block, execution } = chain.build(txs);
    expect(block.txs).toHaveLength(3);
    expect(checkBlock(chain.deps, chain.view(), block)).toEqual(execution);
  });

  it('with nothing to commit is empty and valid', () => {
    const { chain } = setting();
    const { block, execution } = chain.commit([]);
    expect(block.txs).toEqual([]);
    expect(execution.resultRoot).toBe(merkleRoot([]));
    expect(chain.commit([]).block.header.parent).not.toBe(block.header.parent);
  });

  it('keeps the order of its candidates, so that one may rest on the one before', () => {
    const { chain, a } = setting();
    const patient = personOf('patient 1');
    const enrolling = chain.tx(a.id, a.account, [enrolment(chain, a, 'patient 1')]);
    const granting = chain.tx(patient.id, patient.key, [grantTo(chain, patient.id, a.id)]);
    const { execution } = chain.build([enrolling, granting]);
    expect(execution.results.map(({ txId, code }) => [txId, code])).toEqual([
      [enrolling.id, 'OK'],
      [granting.id, 'OK'],
    ]);
    const reversed = chain.build([granting, enrolling]);
    expect([...reversed.refused]).toEqual([[granting.id, 'TX_ACCOUNT_UNKNOWN']]);
  });

  it('holds a transaction whose actions fail, with its code, and none of its writes', () => {
    const { chain, a } = setting();
    const anchor = (digit: string) =>
      actionOf('anchor.commit', { root: digit.repeat(64), count: 1, schema: 'fhir-r4' });
    const failing = chain.tx(a.id, a.account, [anchor('1'), anchor('2'), anchor('1'), anchor('3')]);
    const { execution, refused } = chain.commit([failing]);
    expect(refused.size).toBe(0);
    expect(execution.results).toEqual([
      { txId: failing.id, code: 'ANCHOR_EXISTS', failedAction: 2, outcomes: [] },
    ]);
    expect(readRow(chain.view().state, ANCHORS, a.id, 0)).toBeUndefined();
    expect(execution.changes).toEqual([]);
  });

  it('proves each result under its header, in a form that decodes to itself', () => {
    const { chain, a } = setting();
    const { execution, block } = chain.build(noops(chain, { id: a.id, key: a.account }, 3));
    expect(merkleRoot(execution.resultBytes)).toBe(block.header.resultRoot);
    execution.resultBytes.forEach((bytes, index) => {
      const result = decodeTxResult(bytes);
      expect(result).toEqual(execution.results[index]);
      expect(encodeTxResult(result)).toEqual(bytes);
    });
  });

  it('says what stood in each changed row before, for undoing it', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const { state } = chain.view();
    const second = keyOf('patient 1, second key');
    const { execution } = chain.build([
      chain.tx(patient.id, patient.key, [rotation(chain, patient.id, second)]),
    ]);
    expect(execution.changes.length).toBeGreaterThan(1);
    for (const { table, key, before } of execution.changes) {
      expect(before).toEqual(state.get(table, key) ?? null);
    }
  });
});

describe('the room in a block', () => {
  it('is bounded by count and bytes, and what finds none is left for later without a refusal', () => {
    const { chain, a } = setting();
    const txs = noops(chain, { id: a.id, key: a.account }, 10);
    const size = (txs[0] as Tx).bytes.length;
    const few = chain.build(txs, { txsMax: 4 });
    expect(idsIn(few.execution.txs)).toEqual(idsIn(txs.slice(0, 4)));
    expect(few.refused.size).toBe(0);
    const small = chain.build(txs, { txBytesMax: size * 3 + 1 });
    expect(idsIn(small.execution.txs)).toEqual(idsIn(txs.slice(0, 3)));
    expect(small.refused.size).toBe(0);
  });

  it('that a large transaction does not fit goes to the next that does', () => {
    const { chain, a } = setting();
    const large = chain.tx(a.id, a.account, [noop, noop, noop, noop]);
    const small = chain.tx(a.id, a.account, [noop]);
    const { execution } = chain.build([large, small], { txBytesMax: large.bytes.length - 1 });
    expect(idsIn(execution.txs)).toEqual([small.id]);
  });

  it('never exceeds what genesis allows, whatever is asked for', () => {
    const { chain, a } = setting(FOUNDERS.slice(0, 4), { blockTxsMax: 3 });
    const txs = noops(chain, { id: a.id, key: a.account }, 5);
    const { execution, block } = chain.build(txs, { txsMax: 100 });
    expect(execution.txs).toHaveLength(3);
    expect(checkBlock(chain.deps, chain.view(), block)).toEqual(execution);
  });

  it('is shared: a person has a small part of it, an institution may fill it', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const hasty = noops(chain, patient, BLOCK_TXS_PER_PERSON_MAX + 3);
    const busy = noops(chain, { id: a.id, key: a.account }, BLOCK_TXS_PER_PERSON_MAX + 3);
    const { execution, refused } = chain.commit([...hasty, ...busy]);
    expect(idsIn(execution.txs)).toEqual([
      ...idsIn(hasty.slice(0, BLOCK_TXS_PER_PERSON_MAX)),
      ...idsIn(busy),
    ]);
    expect(refused.size).toBe(0);
    expect(chain.commit(hasty.slice(BLOCK_TXS_PER_PERSON_MAX)).execution.txs).toHaveLength(3);
  });

  it('of an institution that was removed is that of a person', () => {
    const { chain, a, b } = setting(FOUNDERS.slice(0, 5));
    const others = chain.hospitals.slice(1);
    decide(chain, { type: 'remove', institution: a.id, confirmName: null }, others);
    const count = BLOCK_TXS_PER_PERSON_MAX + 1;
    const { execution } = chain.build(noops(chain, { id: a.id, key: a.account }, count));
    expect(execution.txs).toHaveLength(BLOCK_TXS_PER_PERSON_MAX);
    expect(chain.build(noops(chain, { id: b.id, key: b.account }, count)).execution.txs).toHaveLength(count);
  });
});

describe('a key that is rotated', () => {
  it('in the block before, refuses what the old one signed, with its own code', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const second = keyOf('patient 1, second key');
    const late = chain.tx(patient.id, patient.key, [noop]);
    chain.commit([chain.tx(patient.id, patient.key, [rotation(chain, patient.id, second)])]);
    const current = chain.tx(patient.id, second, [noop]);
    const { refused, execution } = chain.build([late, current]);
    expect([...refused]).toEqual([[late.id, 'TX_KEY_ROTATED']]);
    expect(idsIn(execution.txs)).toEqual([current.id]);
  });

  it('inside the block, decides by the position: the old key before, the new one after', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const second = keyOf('patient 1, second key');
    const before = chain.tx(patient.id, patient.key, [noop]);
    const rotating = chain.tx(patient.id, patient.key, [rotation(chain, patient.id, second)]);
    const late = chain.tx(patient.id, patient.key, [noop]);
    const after = chain.tx(patient.id, second, [noop]);
    const { refused, execution } = chain.commit([before, rotating, late, after]);
    expect(idsIn(execution.txs)).toEqual([before.id, rotating.id, after.id]);
    expect([...refused]).toEqual([[late.id, 'TX_KEY_ROTATED']]);
    expect(accountOf(chain, patient.id).key).toBe(second.publicKey);
  });

  it('is asked for by name: what a node remembers of another key does not count', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const second = keyOf('patient 1, second key');
    const late = chain.tx(patient.id, patient.key, [noop]);
    chain.commit([chain.tx(patient.id, patient.key, [rotation(chain, patient.id, second)])]);
    const asked: Hex32[] = [];
    const verifySender: typeof chain.deps.verifySender = (tx, key) => {
      asked.push(key);
      return createVerifySender(chain.deps.verify)(tx, key);
    };
    chain.build([late], { deps: { ...chain.deps, verifySender } });
    expect(asked).toEqual([second.publicKey, patient.key.publicKey]);
  });

  it('twice leaves the first key a forgery', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const second = keyOf('patient 1, second key');
    const third = keyOf('patient 1, third key');
    chain.commit([chain.tx(patient.id, patient.key, [rotation(chain, patient.id, second)])]);
    expect(codeOfSubmit(chain, { ...patient, key: second }, rotation(chain, patient.id, third))).toBe('OK');
    const codes = [patient.key, second, third].map((key) => {
      const tx = chain.tx(patient.id, key, [noop]);
      return chain.build([tx]).refused.get(tx.id);
    });
    expect(codes).toEqual(['TX_SIGNATURE_INVALID', 'TX_KEY_ROTATED', undefined]);
  });
});

describe('a transaction', () => {
  it('stands in a block once, though it comes twice', () => {
    const { chain, a } = setting();
    const tx = chain.tx(a.id, a.account, [noop]);
    const { block, refused } = chain.build([tx, tx]);
    expect(block.txs).toHaveLength(1);
    expect([...refused]).toEqual([[tx.id, 'TX_DUPLICATE']]);
  });
});
