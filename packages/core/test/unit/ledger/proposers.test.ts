import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  faultyMax,
  type Hex32,
  nextValidators,
  PROPOSER_SCHEDULE,
  proposerOrder,
  readRow,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital } from '../../kit/chain.ts';
import { decide } from '../../kit/people.ts';

function orderNow(chain: Chain): readonly Hex32[] {
  const { state, tip } = chain.view();
  return proposerOrder(state, tip.height + 1);
}

function demotedNow(chain: Chain): readonly Hex32[] {
  const { state, tip } = chain.view();
  const demoted = readRow(state, PROPOSER_SCHEDULE)?.demoted ?? [];
  return demoted.filter(({ lastHeight }) => lastHeight > tip.height).map(({ validator }) => validator);
}

/** Commits a block that is decided in the round in which the first present member of the order proposes. */
function commitWithout(chain: Chain, absent: readonly Hex32[]): number {
  const order = orderNow(chain);
  const round = order.findIndex((id) => !absent.includes(id));
  chain.commit([], { round, author: order[round] as Hex32 });
  return round;
}

/** Commits blocks until so many are demoted, and gives how many proposals were missed. */
function commitUntilDemoted(chain: Chain, absent: readonly Hex32[], count: number): number {
  let misses = 0;
  for (let block = 0; block < 40 && demotedNow(chain).length < count; block += 1) {
    misses += commitWithout(chain, absent);
  }
  expect(demotedNow(chain)).toHaveLength(count);
  return misses;
}

describe('the order of proposers', () => {
  it('is the members by id, rotated by the height', () => {
    const chain = createChain();
    const ids = nextValidators(chain.view().state).map((validator) => validator.id);
    for (let height = 1; height <= 9; height += 1) {
      const shift = height % 4;
      expect(orderNow(chain)).toEqual([...ids.slice(shift), ...ids.slice(0, shift)]);
      chain.commit([]);
    }
  });

  it('changes with the set that decides the height', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d, e] = chain.hospitals as unknown as Hospital[] & { length: 5 };
    const removal = { type: 'remove', institution: (e as Hospital).id, confirmName: null } as const;
    decide(chain, removal, [a, b, c, d] as Hospital[]);
    expect(orderNow(chain)).toHaveLength(5);
    chain.commit([]);
    expect(orderNow(chain)).toHaveLength(4);
    expect(orderNow(chain)).not.toContain((e as Hospital).id);
  });
});

describe('a proposer that misses', () => {
  const params = { demotionMisses: 3, demotionHeights: 10 };

  it('is demoted after its misses in a row, seen in the certificates that blocks carry, and comes back', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), params);
    const absent = nextValidators(chain.view().state)[1]?.id as Hex32;
    // The certificate of its third miss is carried by the next block.
    expect(commitUntilDemoted(chain, [absent], 1)).toBe(3);
    const demotedAt = chain.view().tip.height;
    expect(demotedNow(chain)).toEqual([absent]);
    for (let height = demotedAt + 1; height <= demotedAt + params.demotionHeights; height += 1) {
      expect(orderNow(chain)[3]).toBe(absent);
      expect(commitWithout(chain, [absent])).toBe(0);
    }
    expect(readRow(chain.view().state, PROPOSER_SCHEDULE)?.demoted).toEqual([]);
    const shift = (chain.view().tip.height + 1) % 4;
    const ids = nextValidators(chain.view().state).map((validator) => validator.id);
    expect(orderNow(chain)).toEqual([...ids.slice(shift), ...ids.slice(0, shift)]);
  });

  it('and is still away after its term is demoted at its first miss', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), params);
    const absent = nextValidators(chain.view().state)[1]?.id as Hex32;
    for (let block = 0; block < 20; block += 1) commitWithout(chain, [absent]);
    let rounds = 0;
    for (let block = 0; block < 70; block += 1) rounds += commitWithout(chain, [absent]);
    // One timeout a term of 10 heights and the few heights until its turn comes again.
    expect(rounds).toBeLessThanOrEqual(7);
    expect(rounds).toBeGreaterThanOrEqual(5);
  });

  it('begins anew when one of its proposals is decided', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), params);
    const slow = nextValidators(chain.view().state)[2]?.id as Hex32;
    let turns = 0;
    for (let block = 0; block < 60; block += 1) {
      const isTurn = orderNow(chain)[0] === slow;
      if (isTurn) turns += 1;
      commitWithout(chain, isTurn && turns % 3 !== 0 ? [slow] : []);
    }
    expect(turns).toBeGreaterThan(9);
    expect(demotedNow(chain)).toEqual([]);
  });

  it('several times in one height, when the order starts again, is counted for each', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), params);
    const order = orderNow(chain);
    // Round 13 is the fourth turn of the second: the first missed four times, the others three.
    chain.commit([], { round: 13 });
    chain.commit([]);
    const misses = new Map(
      readRow(chain.view().state, PROPOSER_SCHEDULE)?.misses.map((entry) => [entry.validator, entry.misses]),
    );
    expect(order.map((id) => misses.get(id))).toEqual([3, undefined, 3, 3]);
    expect(demotedNow(chain)).toEqual([order[0]]);
  });

  it('is not demoted where a set bears no fault', () => {
    const chain = createChain(FOUNDERS.slice(0, 3), params);
    const absent = nextValidators(chain.view().state)[0]?.id as Hex32;
    for (let block = 0; block < 15; block += 1) commitWithout(chain, [absent]);
    expect(demotedNow(chain)).toEqual([]);
  });

  it('leaves the bench with its place in the set, and a smaller set has a shorter bench', () => {
    const chain = createChain(FOUNDERS, { demotionMisses: 1, demotionHeights: 1_000 });
    const ids = nextValidators(chain.view().state).map((validator) => validator.id);
    const absent = ids.slice(0, 2);
    commitUntilDemoted(chain, absent, 2);
    const present = chain.hospitals.filter((each) => !absent.includes(each.id));
    const removal = { type: 'remove', institution: absent[0] as Hex32, confirmName: null } as const;
    decide(chain, removal, present);
    chain.commit([]);
    expect(demotedNow(chain)).toEqual([absent[1]]);
    expect(orderNow(chain)).toHaveLength(6);
    expect(orderNow(chain).at(-1)).toBe(absent[1]);
  });
});

describe('a smaller set', () => {
  it('bears fewer faults, so that those whose terms end first come back', () => {
    const chain = createChain(FOUNDERS, { demotionMisses: 1, demotionHeights: 1_000 });
    const ids = nextValidators(chain.view().state).map((validator) => validator.id);
    const absent = ids.slice(0, 2);
    commitUntilDemoted(chain, absent, 2);
    const terms = readRow(chain.view().state, PROPOSER_SCHEDULE)?.demoted ?? [];
    const last = [...terms].sort((a, b) => b.lastHeight - a.lastHeight)[0]?.validator;
    const present = chain.hospitals.filter((each) => !absent.includes(each.id));
    const [gone] = present as [Hospital];
    decide(chain, { type: 'remove', institution: gone.id, confirmName: null }, present);
    expect(demotedNow(chain)).toHaveLength(2);
    chain.commit([]);
    expect(demotedNow(chain)).toEqual([last]);
    expect(orderNow(chain)).toHaveLength(6);
  });
});

describe('under any pattern of misses', () => {
  it('everybody stands in the order once, at most f at its end, and others are not counted', () => {
    const rounds = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(rounds, fc.integer({ min: 3, max: 7 }), (pattern, count) => {
        const chain = createChain(FOUNDERS.slice(0, count), { demotionMisses: 2, demotionHeights: 5 });
        for (const round of pattern) {
          const order = orderNow(chain);
          const members = nextValidators(chain.view().state).map((validator) => validator.id);
          expect([...order].sort()).toEqual(members);
          const demoted = demotedNow(chain);
          expect(demoted.length).toBeLessThanOrEqual(faultyMax(count));
          expect(order.slice(count - demoted.length)).toEqual(demoted);
          chain.commit([], { round });
        }
      }),
      { numRuns: 15 },
    );
  });
});
