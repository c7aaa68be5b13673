import type { Tx } from '@consilium/core';
import { createFounders, SIM_PARAMS, type SubmitAnswer, submit } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { network } from '../support/network.ts';

const BLOCK_TXS = 16;
const SHARE = BLOCK_TXS / 4;
const HEIGHTS = 200;
const FLOODER = 0;
const RETRY_MS = 200;

describe('Fair shares', () => {
  test('One institution submits 20 times its share for 200 simulated heights: every transaction of the others commits within 3 heights; the flooder is told to retry, and can.', () => {
    const founders = createFounders(4, { ...SIM_PARAMS, blockTxsMax: BLOCK_TXS });
    const poolLimits = {
      txsMax: 4 * BLOCK_TXS,
      bytesMax: 1_000_000,
      pendingPerPersonMax: 64,
      retryMs: RETRY_MS,
    };
    const net = network({ founders, poolLimits });
    const { cluster } = net;
    const { chain } = net.history;
    const committedAt = new Map<string, number>();
    const submittedAt = new Map<string, number>();
    const flood = new Set<string>();
    const refused: Tx[] = [];
    const answers = new Set<string>();
    let top = 0;

    const noteAnswer =
      (tx: Tx): SubmitAnswer =>
      (outcome) => {
        if (outcome.state === 'received') return;
        answers.add(`${outcome.code} ${outcome.retryAfterMs}`);
        refused.push(tx);
      };
    const submitAll = (height: number): void => {
      for (let count = 0; count < 20 * SHARE; count += 1) {
        const tx = net.noop(FLOODER);
        flood.add(tx.id);
        submit(cluster, net.node(FLOODER), tx, noteAnswer(tx));
      }
      for (const hospital of [1, 2, 3])
        for (let count = 0; count < SHARE; count += 1) submittedAt.set(net.submitNoop(hospital).id, height);
    };
    cluster.taps.committed.push((_node, { block, execution }) => {
      const { height } = block.header;
      if (height <= top) return;
      top = height;
      for (const { id } of execution.txs) committedAt.set(id, height);
      if (height < HEIGHTS) submitAll(height);
    });
    submitAll(0);
    net.untilHeight(HEIGHTS + 3, 120_000);

    const late = [...submittedAt].filter(([id, at]) => (committedAt.get(id) ?? Number.NaN) > at + 3);
    const never = [...submittedAt.keys()].filter((id) => !committedAt.has(id));
    expect({ late, never }).toEqual({ late: [], never: [] });
    expect(submittedAt.size).toBe(HEIGHTS * 3 * SHARE);

    // The flooder gets what the others leave, is told when to come again, and is taken in when it does.
    expect([...answers]).toEqual([`MEMPOOL_FULL ${RETRY_MS}`]);
    expect(refused.length).toBeGreaterThan(HEIGHTS * 10 * SHARE);
    expect([...flood].filter((id) => committedAt.has(id)).length).toBeGreaterThan((HEIGHTS * SHARE) / 2);
    const again = refused[0] as Tx;
    let outcome: unknown;
    net.pass(RETRY_MS);
    submit(cluster, net.node(FLOODER), again, (answer) => {
      outcome = answer;
    });
    const isCommitted = (): boolean => [...chain.values()].some(({ txIds }) => txIds.includes(again.id));
    net.until(isCommitted, 10_000);
    expect(outcome).toEqual({ state: 'received' });
    net.expectNoViolation();
  });
});
