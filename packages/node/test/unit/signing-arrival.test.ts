import type { Hex32, ValidatorSet } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { CLAIM_PROOF_MS, OBSERVE_MS_MIN } from '../../src/limits.ts';
import { Arrival, type Signs } from '../../src/signing/arrival.ts';
import { createEventLog, createManualClock } from '../support/fakes.ts';

const idOf = (index: number): Hex32 => index.toString(16).padStart(64, '0');
const SELF = idOf(0);
const SIGNATURE = 'ab'.repeat(64);

function arriving(count: number, from = 10) {
  const clock = createManualClock();
  const log = createEventLog();
  const votes = new Map<Hex32, number>();
  let height = from;
  let ids = Array.from({ length: count }, (_, index) => idOf(index));
  let overs = 0;
  const validators = (): ValidatorSet => ids.map((id) => ({ id, key: id, power: 1 }));
  const arrival = new Arrival({
    ...{ self: SELF, clock, report: log.report },
    running: () => ({ height, validators: validators() }),
    votedAt: (id) => votes.get(id),
    onOver: () => {
      overs += 1;
    },
  });
  arrival.look();
  return {
    ...{ arrival, clock, log, votes },
    overs: () => overs,
    /** One that says what it has committed. */
    hear: (index: number, committed: number) => arrival.heard(idOf(index), committed),
    /** Blocks came up to this running height. */
    sync: (to: number) => {
      while (height < to) {
        height += 1;
        arrival.look();
      }
    },
    setValidators: (next: readonly number[]) => {
      ids = next.map(idOf);
      arrival.look();
    },
  };
}

describe('The arrival after a start (4.8)', () => {
  test('refuses to sign before a quorum was heard, and signs from then on', () => {
    const { arrival, hear, overs } = arriving(4);
    const signer: Signs<string> = { sign: (_request, _held, done) => done({ signature: SIGNATURE }) };
    const answers: unknown[] = [];
    const sign = (): void => arrival.gate(signer).sign('vote', false, (answer) => answers.push(answer));
    sign();
    hear(1, 9);
    sign();
    hear(1, 9);
    sign();
    hear(2, 9);
    sign();
    const refused = { refused: 'QUORUM_UNHEARD' };
    expect(answers).toEqual([refused, refused, refused, { signature: SIGNATURE }]);
    expect(overs()).toBe(1);
  });

  test('a network of one hospital has its quorum at once', () => {
    expect(arriving(1).arrival.isOver).toBe(true);
    expect(arriving(2).arrival.isOver).toBe(false);
  });

  test('learners and observers are not counted', () => {
    const { arrival, hear } = arriving(4);
    hear(1, 9);
    for (const outsider of [7, 8, 9]) hear(outsider, 50);
    expect(arrival.isOver).toBe(false);
    hear(3, 9);
    expect(arrival.isOver).toBe(true);
  });

  test('one third of the power that is ahead holds it back until the blocks are here, however long that takes', () => {
    const { arrival, clock, hear, sync, log } = arriving(4);
    hear(1, 14);
    hear(2, 12);
    clock.advance(10 * CLAIM_PROOF_MS);
    expect(arrival.isOver).toBe(false);
    sync(12);
    clock.advance(10 * CLAIM_PROOF_MS);
    expect(arrival.isOver).toBe(false);
    sync(15);
    expect(arrival.isOver).toBe(true);
    expect(log.events).toEqual([
      expect.objectContaining({ code: 'signing.quorum-heard', height: 15, unproven: 0 }),
    ]);
  });

  test('one liar of four that claims a huge height costs the time to prove it, and no more', () => {
    const { arrival, clock, hear, log } = arriving(4);
    hear(1, 1_000_000);
    hear(2, 9);
    clock.advance(CLAIM_PROOF_MS - 1);
    expect(arrival.isOver).toBe(false);
    hear(1, 2_000_000);
    clock.advance(1);
    expect(arrival.isOver).toBe(true);
    expect(log.events).toEqual([expect.objectContaining({ code: 'signing.quorum-heard', unproven: 1 })]);
  });

  test('an honest one that alone is ahead beside a liar is believed by each block that it brings', () => {
    const { arrival, clock, hear, sync } = arriving(4);
    hear(1, 9);
    hear(2, 12);
    for (const height of [11, 12]) {
      clock.advance(CLAIM_PROOF_MS - 1);
      sync(height);
      expect(arrival.isOver).toBe(false);
    }
    sync(13);
    expect(arrival.isOver).toBe(true);
  });

  test('what was said before a link was lost counts, and the last word of each', () => {
    const { arrival, hear } = arriving(4);
    hear(1, 30);
    hear(1, 9);
    hear(2, 9);
    expect(arrival.isOver).toBe(true);
  });

  test('the set of the running height counts: whoever joins it has been heard already', () => {
    const { arrival, hear, setValidators } = arriving(4);
    hear(1, 9);
    hear(5, 9);
    hear(6, 9);
    setValidators([0, 1, 5, 6, 7]);
    expect(arrival.isOver).toBe(true);
  });

  test('one out of reach is heard by votes that others pass on, but old votes told again do not count at once', () => {
    const { arrival, clock, hear, votes } = arriving(4);
    hear(1, 9);
    votes.set(idOf(2), 10);
    arrival.look();
    expect(arrival.isOver).toBe(false);
    clock.advance(OBSERVE_MS_MIN);
    votes.set(idOf(2), 9);
    arrival.look();
    expect(arrival.isOver).toBe(false);
    votes.set(idOf(2), 10);
    arrival.look();
    expect(arrival.isOver).toBe(true);
  });

  test('once per start: who is ahead later holds nothing back any more', () => {
    const { arrival, hear, overs } = arriving(4);
    for (const index of [1, 2]) hear(index, 9);
    for (const index of [1, 2, 3]) hear(index, 99);
    expect(arrival.isOver).toBe(true);
    expect(overs()).toBe(1);
  });
});
