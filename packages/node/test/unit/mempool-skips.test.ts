import type { Hex32 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { type BlockRoom, SkipCounts, skipsOf } from '../../src/mempool/skips.ts';
import { createTestPool, idOf, NO_ROOM } from '../support/pool.ts';

const AUTHOR: Hex32 = idOf('author');

/** A pool with one waiting transaction, and an empty block made so long after its receipt. */
function poolWithOne(afterMs: number, room: Partial<BlockRoom> = {}) {
  const test = createTestPool(['North', 'South']);
  const receivedMs = test.clock.wallMs();
  const tx = test.tx('North', { validForMs: 60_000 });
  test.submit(tx.bytes);
  const block: BlockRoom = {
    ...NO_ROOM,
    author: AUTHOR,
    time: receivedMs + afterMs,
    txsLeft: 100,
    bytesLeft: 100_000,
    workLeft: 100_000,
    skipAfterMs: 1_000,
    ...room,
  };
  const commit = (block: BlockRoom) => test.pool.committed({ txIds: [], changedAccounts: [], room: block });
  return { ...test, waiting: tx, block, commit };
}

describe('A skip', () => {
  test('is a waiting transaction that the author of a block must have had and left out although there was room', () => {
    const { pool, waiting, block, commit } = poolWithOne(1_000);
    expect(commit(block)).toEqual([{ txId: waiting.id, ageMs: 1_000 }]);
    expect(pool.skips.of(AUTHOR)).toEqual({ blocks: 1, txs: 1 });
    commit(block);
    expect([...pool.skips.all]).toEqual([[AUTHOR, { blocks: 2, txs: 2 }]]);
  });

  test.each<[string, number, Partial<BlockRoom>]>([
    ['its author may not have had it yet', 999, {}],
    ['the block was full by count', 5_000, { txsLeft: 0 }],
    ['the block was full by bytes', 5_000, { bytesLeft: 10 }],
    ['the block was full by work', 5_000, { workLeft: 0 }],
    ['it had expired by the time of the block', 120_000, {}],
  ])('is none when %s', (_why, afterMs, room) => {
    const { pool, block, commit } = poolWithOne(afterMs, room);
    expect(commit(block)).toEqual([]);
    expect(pool.skips.of(AUTHOR)).toEqual({ blocks: 0, txs: 0 });
  });

  test('is none when the block has all that a person may have in one', () => {
    const { waiting, block } = poolWithOne(5_000);
    const person = {
      tx: waiting,
      institution: idOf('North'),
      isPerson: true,
      key: AUTHOR,
      receivedMs: block.time - 5_000,
    };
    expect(skipsOf(block, [person], new Map())).toHaveLength(1);
    expect(skipsOf({ ...block, bySender: new Map([[waiting.sender, 16]]) }, [person], new Map())).toEqual([]);
  });

  test('is none when the block has as many of its institution as it owes one that is not alone', () => {
    const { waiting, block } = poolWithOne(5_000);
    const receivedMs = block.time - 5_000;
    const one = { tx: waiting, institution: idOf('North'), isPerson: false, key: AUTHOR, receivedMs };
    expect(skipsOf(block, [one], new Map([[idOf('North'), { txs: 63, bytes: 1 }]]))).toHaveLength(1);
    expect(skipsOf(block, [one], new Map([[idOf('North'), { txs: 64, bytes: 1 }]]))).toEqual([]);
    expect(skipsOf(block, [one], new Map([[idOf('South'), { txs: 64, bytes: 1 }]]))).toHaveLength(1);
  });

  test('of one block is counted up to a bound', () => {
    const { waiting, block } = poolWithOne(5_000);
    const one = {
      tx: waiting,
      institution: idOf('North'),
      isPerson: false,
      key: AUTHOR,
      receivedMs: block.time - 5_000,
    };
    expect(skipsOf(block, Array(1_000).fill(one), new Map())).toHaveLength(64);
    expect(new SkipCounts().of(AUTHOR)).toEqual({ blocks: 0, txs: 0 });
  });
});

describe('The age of a transaction', () => {
  test('counts from its first receipt: the oldest that waits, and each one at its commit', () => {
    const ages: number[] = [];
    const { pool, clock, tx, submit, commitThese } = createTestPool(['North'], {}, (ageMs) =>
      ages.push(ageMs),
    );
    expect(pool.oldestMs()).toBeUndefined();
    const [first, second] = [tx('North'), tx('North')];
    submit(first.bytes);
    clock.advance(400);
    submit(second.bytes);
    submit(first.bytes);
    clock.advance(100);
    expect(pool.oldestMs()).toBe(500);
    commitThese([first]);
    expect([ages, pool.oldestMs()]).toEqual([[500], 100]);
  });
});
