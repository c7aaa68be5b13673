import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  actionOf,
  faultyMax,
  type Hex32,
  hashHex,
  nextValidators,
  PROPOSER_SCHEDULE,
  proposerOrder,
  readRow,
  SKIP_HEIGHTS_KEPT,
  SKIP_REPORTS,
  SKIP_WINDOW_HEIGHTS,
  skipReportRefusal,
  utf8,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital } from '../../kit/chain.ts';
import { asPerson, decide, submit } from '../../kit/people.ts';

const PARAMS = { demotionMisses: 3, demotionHeights: 10 };
const TRANSACTION = hashHex(utf8('a transaction that waits'));

function member(chain: Chain, index: number): Hospital {
  return chain.hospitals[index] as Hospital;
}

function report(chain: Chain, by: Hospital, about: Hospital, height = chain.view().tip.height) {
  const body = { proposer: about.id, height, transaction: TRANSACTION };
  return submit(chain, asPerson(by), actionOf('institutions.reportSkip', body));
}

function demotedNow(chain: Chain): readonly Hex32[] {
  const { state, tip } = chain.view();
  return (readRow(state, PROPOSER_SCHEDULE)?.demoted ?? [])
    .filter(({ lastHeight }) => lastHeight > tip.height)
    .map(({ validator }) => validator);
}

function chainOf(count: number): Chain {
  const chain = createChain(FOUNDERS.slice(0, count), PARAMS);
  chain.commit([]);
  return chain;
}

describe('A proposer that keeps skipping is demoted from committed data', () => {
  it('when members with more than a third of the power have each reported it as often as misses demote', () => {
    const chain = chainOf(4);
    const [a, b, c] = [0, 1, 2].map((index) => member(chain, index)) as [Hospital, Hospital, Hospital];
    for (let round = 0; round < 3; round += 1) expect(report(chain, a, c).code).toBe('OK');
    for (let round = 0; round < 2; round += 1) expect(report(chain, b, c).code).toBe('OK');
    expect(demotedNow(chain)).toEqual([]);
    expect(report(chain, b, c).code).toBe('OK');
    expect(demotedNow(chain)).toEqual([c.id]);
    expect(proposerOrder(chain.view().state, chain.view().tip.height + 1).at(-1)).toBe(c.id);
  });

  it('for a number of heights, after which it proposes again and what was said of it is forgotten', () => {
    const chain = chainOf(4);
    const [a, b, c] = [0, 1, 2].map((index) => member(chain, index)) as [Hospital, Hospital, Hospital];
    for (let round = 0; round < 3; round += 1) for (const by of [a, b]) report(chain, by, c);
    const demotedAt = chain.view().tip.height;
    expect(readRow(chain.view().state, SKIP_REPORTS, c.id)).toBeUndefined();
    expect(report(chain, a, c).code).toBe('REPORT_INVALID');
    while (chain.view().tip.height < demotedAt + PARAMS.demotionHeights) chain.commit([]);
    expect(demotedNow(chain)).toEqual([]);
    expect(proposerOrder(chain.view().state, chain.view().tip.height + 1)).toHaveLength(4);
    expect(report(chain, a, c).code).toBe('OK');
    expect(demotedNow(chain)).toEqual([]);
  });

  it('never by f members alone, whatever they report, nor more than f at a time by all', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 7),
        fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.nat(3)), { maxLength: 30 }),
        fc.boolean(),
        (count, reports, onlyLiars) => {
          const chain = chainOf(count);
          const f = faultyMax(count);
          for (const [by, about, back] of reports) {
            const reporter = member(chain, by % (onlyLiars ? f : count));
            report(
              chain,
              reporter,
              member(chain, about % count),
              Math.max(0, chain.view().tip.height - back),
            );
            expect(demotedNow(chain).length).toBeLessThanOrEqual(onlyLiars ? 0 : f);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('not beside f others: the next report of it counts once there is room', () => {
    const chain = chainOf(4);
    const [a, b, c, d] = [0, 1, 2, 3].map((index) => member(chain, index)) as Hospital[] & { length: 4 };
    for (let round = 0; round < 3; round += 1)
      for (const by of [a, b] as Hospital[]) report(chain, by, c as Hospital);
    for (let round = 0; round < 3; round += 1)
      for (const by of [a, b] as Hospital[]) report(chain, by, d as Hospital);
    expect(demotedNow(chain)).toEqual([(c as Hospital).id]);
    while (demotedNow(chain).length > 0) chain.commit([]);
    report(chain, a as Hospital, d as Hospital);
    expect(demotedNow(chain)).toEqual([(d as Hospital).id]);
  });
});

describe('A report of a skip', () => {
  const chain = chainOf(5);
  const [a, b] = [0, 1].map((index) => member(chain, index)) as [Hospital, Hospital];
  const refusal = (sender: Hex32, proposer: Hex32, height: number): string | undefined => {
    const { state, tip } = chain.view();
    return skipReportRefusal(state, sender, tip.height + 1, { proposer, height });
  };

  it('is taken of each block once, the later after the earlier, and none that is not there or long past', () => {
    for (let block = 0; block < 6; block += 1) chain.commit([]);
    const top = chain.view().tip.height;
    expect(report(chain, a, b, top - 1).code).toBe('OK');
    expect(refusal(a.id, b.id, top - 1)).toBe('reported before');
    expect(refusal(a.id, b.id, top - 2)).toBe('reported before');
    expect(refusal(a.id, b.id, top)).toBeUndefined();
    expect(refusal(a.id, b.id, top + 2)).toBe('height');
    const { state } = chain.view();
    const old = { proposer: b.id, height: 1 };
    expect(skipReportRefusal(state, a.id, SKIP_WINDOW_HEIGHTS + 1, old)).toBe('reported before');
    expect(skipReportRefusal(state, b.id, SKIP_WINDOW_HEIGHTS + 2, { ...old, proposer: a.id })).toBe(
      'height',
    );
  });

  it('is of a member by another, as long as both are', () => {
    const stranger = hospital('Sihl').id;
    const top = chain.view().tip.height;
    expect(refusal(a.id, a.id, top)).toBe('of itself');
    expect(refusal(stranger, a.id, top)).toBe('the reporter is not in the set');
    expect(refusal(a.id, stranger, top)).toBe('the proposer is not in the set');
    const leaving = member(chain, 4);
    expect(report(chain, leaving, b).code).toBe('OK');
    const removal = { type: 'remove', institution: leaving.id, confirmName: null } as const;
    decide(chain, removal, chain.hospitals.slice(0, 4));
    for (let block = 0; block < 2; block += 1) chain.commit([]);
    expect(nextValidators(chain.view().state)).toHaveLength(4);
    expect(report(chain, leaving, b).code).toBe('TX_NOT_PERMITTED');
    expect(refusal(a.id, leaving.id, chain.view().tip.height)).toBe('the proposer is not in the set');
    // What it said counts no more, and is not kept.
    expect(report(chain, a, b).code).toBe('OK');
    const reporters = readRow(chain.view().state, SKIP_REPORTS, b.id)?.map(({ reporter }) => reporter);
    expect(reporters).toEqual([a.id]);
  });

  it('is one of a bounded number that are kept of its reporter', () => {
    const lone = chainOf(4);
    const [by, about] = [0, 1].map((index) => member(lone, index)) as [Hospital, Hospital];
    for (let count = 0; count < SKIP_HEIGHTS_KEPT + 3; count += 1) report(lone, by, about);
    const [row] = readRow(lone.view().state, SKIP_REPORTS, about.id) ?? [];
    expect(row?.heights).toHaveLength(SKIP_HEIGHTS_KEPT);
    expect(demotedNow(lone)).toEqual([]);
  });
});
