import type { Action, Hex32 } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import { createChain, type Hospital, hospital } from '../../../core/test/kit/chain.ts';
import { decide, join } from '../../../core/test/kit/people.ts';
import { JOIN_AGAIN_MS, JOIN_CHECK_MS } from '../../src/limits.ts';
import { Promoter } from '../../src/membership/promoter.ts';
import { TABLES } from '../../src/tables.ts';
import { createEventLog, createManualClock } from '../support/fakes.ts';

const NEWCOMER = hospital('Sihl');

/** A learner's node over the state of a real chain; the test says how far its peers are and who of them is connected. */
function learner() {
  const chain = createChain();
  const [a, b, c, d] = chain.hospitals as [Hospital, Hospital, Hospital, Hospital];
  const clock = createManualClock();
  const log = createEventLog();
  const sent: Action[] = [];
  const facts = {
    claimedTip: 0,
    diverged: false,
    permission: 'yes' as 'yes' | 'observing' | 'stopped',
    connected: [a, b, c, d].map(({ id }) => id) as readonly Hex32[],
    held: NEWCOMER.card.validatorKey,
  };
  const promoter = new Promoter({
    self: NEWCOMER.id,
    kv: {
      get: (table, key) =>
        table === TABLES.state ? chain.view().state.get(key[0] as number, key.slice(1)) : undefined,
    },
    clock,
    report: log.report,
    status: () => {
      const { height, id, time } = chain.view().tip;
      const { claimedTip, diverged, permission } = facts;
      return { tip: { height, blockId: id, time, stateRoot: id }, claimedTip, diverged, permission };
    },
    connected: () => facts.connected,
    holdsKey: (key) => key === facts.held,
    submit: (action) => sent.push(action),
  });
  return {
    ...{ chain, clock, log, sent, facts, promoter },
    admit: () => decide(chain, { type: 'admit', card: NEWCOMER.card }, [a, b, c]),
    looks: (count: number) => clock.advance(count * JOIN_CHECK_MS),
  };
}

describe('A learner', () => {
  it('asks for its place in the set once it has caught up', () => {
    const { admit, promoter, looks, sent, facts, log } = learner();
    admit();
    facts.claimedTip = 100;
    promoter.start();
    looks(5);
    expect(sent).toEqual([]);
    facts.claimedTip = 3;
    looks(1);
    expect(sent).toEqual([]);
    looks(1);
    expect(sent.map(({ type }) => type)).toEqual(['institutions.join']);
    expect(log.codes()).toEqual(['membership.learner', 'membership.joining']);
  });

  it('asks again while the ledger does not have it, and no more once it has', () => {
    const { admit, promoter, looks, clock, sent, chain } = learner();
    admit();
    promoter.start();
    looks(2);
    clock.advance(JOIN_AGAIN_MS);
    expect(sent).toHaveLength(2);
    expect(join(chain, NEWCOMER).code).toBe('OK');
    clock.advance(10 * JOIN_AGAIN_MS);
    expect(sent).toHaveLength(2);
    expect(clock.timers()).toBe(0);
  });

  it.each([
    ['reaches no quorum', { connected: [] }],
    ['has diverged', { diverged: true }],
    ['only watches because its signing record is in doubt', { permission: 'observing' as const }],
    ['stopped signing because its key signed elsewhere', { permission: 'stopped' as const }],
    ['does not hold the validator key of its card', { held: '' }],
  ])('does not ask while its node %s', (_what, fact) => {
    const { admit, promoter, looks, sent, facts } = learner();
    admit();
    const before = { ...facts };
    Object.assign(facts, fact);
    promoter.start();
    looks(10);
    expect(sent).toEqual([]);
    Object.assign(facts, before);
    looks(2);
    expect(sent).toHaveLength(1);
  });
});

describe('A node that is no learner', () => {
  it('has no timer; it gets one with the block that lets its institution in', () => {
    const { admit, promoter, looks, clock, sent } = learner();
    promoter.start();
    promoter.committed();
    expect(clock.timers()).toBe(0);
    admit();
    promoter.committed();
    promoter.committed();
    expect(clock.timers()).toBe(1);
    looks(2);
    expect(sent).toHaveLength(1);
    promoter.stop();
    expect(clock.timers()).toBe(0);
  });
});
