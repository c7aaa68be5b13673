import type { Hex32, Tx } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { SubmitOutcome } from '../../src/mempool/outcomes.ts';
import { createTestPool, idOf, type TestPool } from '../support/pool.ts';

const OTHERS = ['Birs', 'Limmat', 'Reuss'] as const;
const FLOODER = 'Aare';
const ALL = [FLOODER, ...OTHERS];

function sendersOf(txs: readonly Tx[]): Hex32[] {
  return txs.map((tx) => tx.sender);
}

function submitted(test: TestPool, sender: string, count: number): Tx[] {
  return Array.from({ length: count }, () => {
    const tx = test.tx(sender);
    test.submit(tx.bytes);
    return tx;
  });
}

describe('turns', () => {
  test('institutions are served in turn, each in the order of arrival', () => {
    const t = createTestPool(ALL);
    const flood = submitted(t, 'Aare', 6);
    const few = submitted(t, 'Birs', 2);
    const one = submitted(t, 'Reuss', 1);
    expect(t.pool.select(100, 1e6).map((tx) => tx.id)).toEqual(
      [flood[0], few[0], one[0], flood[1], few[1], flood[2], flood[3], flood[4], flood[5]].map(
        (tx) => tx?.id,
      ),
    );
  });

  test('with one place in a block the institutions take it by turns', () => {
    const t = createTestPool(ALL);
    for (const name of OTHERS) submitted(t, name, 2);
    const served = Array.from({ length: 6 }, () => sendersOf(t.commit(1))[0]);
    expect(served).toEqual([...OTHERS, ...OTHERS].map(idOf));
  });

  test('a lane of large transactions gets no more bytes than the others while they wait', () => {
    const t = createTestPool(ALL);
    for (let count = 0; count < 10; count += 1) t.submit(t.tx('Aare', { padding: 50_000 }).bytes);
    submitted(t, 'Birs', 150);
    const selected = t.pool.select(60, 1e6);
    expect(sendersOf(selected).filter((sender) => sender === idOf('Aare')).length).toBeLessThanOrEqual(2);
  });

  test('a block takes no more bytes than its bound, and nothing overtakes within a lane', () => {
    const t = createTestPool(ALL);
    const small = t.tx('Aare');
    const large = t.tx('Aare', { padding: 20_000 });
    const behind = t.tx('Aare');
    for (const tx of [small, large, behind]) t.submit(tx.bytes);
    const bound = small.bytes.length + large.bytes.length - 1;
    expect(t.pool.select(10, bound).map((tx) => tx.id)).toEqual([small.id]);
  });

  test('one block takes sixteen of a person, however many wait; the institution goes on after them', () => {
    const t = createTestPool(ALL);
    t.accounts.set(idOf('a patient'), { key: idOf('k'), institution: idOf('Aare'), isPerson: true });
    submitted(t, 'a patient', 20);
    submitted(t, 'Aare', 5);
    const senders = sendersOf(t.pool.select(100, 1e6));
    expect(senders.filter((sender) => sender === idOf('a patient'))).toHaveLength(16);
    expect(senders.filter((sender) => sender === idOf('Aare'))).toHaveLength(5);
  });
});

describe('the part of a block', () => {
  const selectedOf = (t: TestPool, name: string): number =>
    sendersOf(t.pool.select(2_000, 1e7)).filter((sender) => sender === idOf(name)).length;

  test('of an institution alone is the whole', () => {
    const t = createTestPool(ALL);
    submitted(t, FLOODER, 300);
    expect(selectedOf(t, FLOODER)).toBe(300);
  });

  test('of one that floods is bounded as soon as another sends too, and for a while after', () => {
    const t = createTestPool(ALL);
    submitted(t, FLOODER, 300);
    const [few] = submitted(t, 'Birs', 1);
    expect(selectedOf(t, FLOODER)).toBe(64);
    expect(t.commit(100).map((tx) => tx.id)).toContain(few?.id);
    expect(selectedOf(t, FLOODER)).toBe(0);
    t.clock.advance(500);
    expect(selectedOf(t, FLOODER)).toBe(64);
    t.clock.advance(4_501);
    expect(selectedOf(t, FLOODER)).toBe(236);
  });

  test('of one that floods comes into a block once in a while, and not at all beyond some blocks of it waiting', () => {
    const t = createTestPool(ALL);
    submitted(t, 'Birs', 1);
    const outcomes = Array.from({ length: 385 }, () => t.submit(t.tx(FLOODER).bytes).state);
    expect(outcomes).toEqual([...Array(384).fill('received'), 'refused']);
  });

  test('grows with what the busiest other has waiting: a network that is busy all over fills its blocks', () => {
    const t = createTestPool(ALL);
    submitted(t, FLOODER, 300);
    submitted(t, 'Birs', 40);
    expect(selectedOf(t, FLOODER)).toBe(160);
    expect(selectedOf(t, 'Birs')).toBe(40);
  });
});

describe('shares', () => {
  test('alone, an institution may fill the pool; then it is told to retry later', () => {
    const t = createTestPool(ALL, { txsMax: 40, retryMs: 700 });
    submitted(t, 'Aare', 40);
    const refused = t.tx('Aare');
    expect(t.submit(refused.bytes)).toMatchObject({
      state: 'refused',
      code: 'MEMPOOL_FULL',
      retryAfterMs: 700,
    });
    expect(t.pool.statusOf(refused.id)).toEqual({ state: 'refused', code: 'MEMPOOL_FULL' });
    expect(t.verified()).toBe(40);
    t.commit(10);
    expect(t.submit(refused.bytes)).toEqual({ state: 'received' });
  });

  test('a newcomer takes its share from the newest of the largest, and no more', () => {
    const t = createTestPool(ALL, { txsMax: 40 });
    const flood = submitted(t, 'Aare', 40);
    const outcomes = Array.from({ length: 21 }, () => t.submit(t.tx('Birs').bytes).state);
    expect(outcomes).toEqual([...Array(20).fill('received'), 'refused']);
    expect(t.pool.count).toBe(40);
    const left = new Set(t.pool.select(40, 1e6).map((tx) => tx.id));
    expect(flood.filter((tx) => left.has(tx.id))).toEqual(flood.slice(0, 20));
    const displaced = flood[39] as Tx;
    expect(t.pool.statusOf(displaced.id)).toEqual({ state: 'refused', code: 'MEMPOOL_FULL' });
  });

  test('patients and clinicians use the share of the institution that enrolled them', () => {
    const t = createTestPool(ALL, { txsMax: 40 });
    for (const name of ['p1', 'p2'])
      t.accounts.set(idOf(name), { key: idOf('k'), institution: idOf('Aare'), isPerson: true });
    submitted(t, 'p1', 20);
    submitted(t, 'p2', 20);
    expect(t.submit(t.tx('Aare').bytes)).toMatchObject({ code: 'MEMPOOL_FULL' });
    expect(t.submit(t.tx('Birs').bytes)).toEqual({ state: 'received' });
  });

  test('bytes are shared like places', () => {
    const t = createTestPool(ALL, { bytesMax: 200_000 });
    for (let count = 0; count < 4; count += 1) t.submit(t.tx('Aare', { padding: 49_000 }).bytes);
    expect(t.submit(t.tx('Aare', { padding: 49_000 }).bytes)).toMatchObject({ code: 'MEMPOOL_FULL' });
    expect(t.submit(t.tx('Birs', { padding: 49_000 }).bytes)).toEqual({ state: 'received' });
    expect(t.submit(t.tx('Birs', { padding: 60_000 }).bytes)).toMatchObject({ code: 'MEMPOOL_FULL' });
    expect(t.pool.bytes).toBeLessThanOrEqual(200_000);
  });

  test('a person has a quota of waiting transactions, whatever room there is', () => {
    const t = createTestPool(ALL, { pendingPerPersonMax: 3 });
    t.accounts.set(idOf('a patient'), { key: idOf('k'), institution: idOf('Aare'), isPerson: true });
    submitted(t, 'a patient', 3);
    const fourth = t.tx('a patient');
    expect(t.submit(fourth.bytes)).toMatchObject({ code: 'TX_QUOTA_EXCEEDED', retryAfterMs: 1_000 });
    t.commit(1);
    expect(t.submit(fourth.bytes)).toEqual({ state: 'received' });
  });
});

interface Flood {
  readonly submit: (share: number) => void;
  /** Id -> answer of every one that was ever refused. */
  readonly refused: ReadonlyMap<Hex32, SubmitOutcome>;
}

/** Twenty times the share in each height; as many as the share are handed in again after a refusal. */
function createFlood(t: TestPool): Flood {
  const refused = new Map<Hex32, SubmitOutcome>();
  let retries: Tx[] = [];
  const submit = (share: number): void => {
    const again = retries;
    retries = [];
    const fresh = Array.from({ length: 20 * share - again.length }, () => t.tx(FLOODER));
    for (const tx of [...again, ...fresh]) {
      const outcome = t.submit(tx.bytes);
      if (outcome.state === 'received') continue;
      refused.set(tx.id, outcome);
      if (retries.length < share) retries.push(tx);
    }
  };
  return { submit, refused };
}

test('one institution submits 20 times its share for 200 heights: the others are all served within 3, the flooder is told to retry, and can', () => {
  const blockTxs = 12;
  const share = blockTxs / ALL.length;
  const t = createTestPool(ALL, { txsMax: 4 * blockTxs });
  const flood = createFlood(t);
  const bornAt = new Map<Hex32, number>();
  const served: Tx[] = [];
  let waitedMax = 0;
  for (let height = 0; height < 200; height += 1) {
    flood.submit(share);
    for (const tx of OTHERS.flatMap((name) => submitted(t, name, share))) bornAt.set(tx.id, height);
    const block = t.commit(blockTxs);
    for (const tx of block) bornAt.delete(tx.id);
    for (const born of bornAt.values()) waitedMax = Math.max(waitedMax, height + 1 - born);
    served.push(...block);
    t.clock.advance(1_000);
  }
  expect(waitedMax).toBeLessThan(3);
  expect(served.filter((tx) => tx.sender === idOf(FLOODER))).toHaveLength(200 * share);
  expect(served.filter((tx) => flood.refused.has(tx.id)).length).toBeGreaterThan(100);
  const answers = new Set([...flood.refused.values()].map((outcome) => JSON.stringify(outcome)));
  expect([...answers]).toEqual([
    JSON.stringify({ state: 'refused', code: 'MEMPOOL_FULL', data: {}, retryAfterMs: 1_000 }),
  ]);
});
