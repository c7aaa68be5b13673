import { hashHex, utf8 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { createGuard, type Guard, type GuardOptions, type HeardMessage } from '../../src/signing/guard.ts';
import { EMPTY_RECORD, type SignedKind, type SigningRecord } from '../../src/signing/record.ts';
import { createEventLog, createManualClock, type EventLog, type ManualClock } from '../support/fakes.ts';

const WATCH_MS = 10_000;

function recordAt(height: number, round: number, kind: SignedKind, text = 'mine'): SigningRecord {
  return { ...EMPTY_RECORD, height, round, kind, hash: hashHex(utf8(text)) };
}

function heard(height: number, round: number, kind: SignedKind, text = 'mine'): HeardMessage {
  return { height, round, kind, hash: hashHex(utf8(text)) };
}

function guardWith(options: Partial<GuardOptions>): { guard: Guard; clock: ManualClock; events: EventLog } {
  const clock = createManualClock();
  const events = createEventLog();
  const guard = createGuard(
    { clock, report: events.report },
    {
      status: 'whole',
      record: EMPTY_RECORD,
      runningHeight: 10,
      logHoldsRecord: true,
      rebroadcastMs: 1_000,
      ...options,
    },
  );
  return { guard, clock, events };
}

const whole = { status: 'whole', record: recordAt(10, 1, 'prevote'), runningHeight: 10 } as const;

describe('a node whose records are whole', () => {
  test('signs at once after a restart', () => {
    const { guard, events } = guardWith(whole);
    expect(guard.maySign(10)).toBe('yes');
    expect(events.events).toEqual([]);
  });

  test('takes back its own messages as normal', () => {
    const { guard } = guardWith(whole);
    const context = { record: whole.record, runningHeight: 10, heldByLog: true };
    expect(guard.heardOwn(heard(10, 1, 'prevote'), context)).toBe('normal');
    expect(guard.heardOwn(heard(10, 0, 'precommit', 'earlier'), context)).toBe('normal');
    expect(guard.heardOwn(heard(9, 7, 'precommit', 'old'), { ...context, heldByLog: false })).toBe('normal');
    expect(guard.maySign(10)).toBe('yes');
  });

  test.each([
    ['above the record', heard(10, 1, 'precommit'), true],
    ['of a height above the record', heard(11, 0, 'prevote'), true],
    ['at the place of the record with other bytes', heard(10, 1, 'prevote', 'not mine'), true],
    ['of the running height that its log does not hold', heard(10, 0, 'prevote', 'not mine'), false],
  ])('stops signing for good on an own signature %s', (_case, message, heldByLog) => {
    const { guard, events } = guardWith(whole);
    const context = { record: whole.record, runningHeight: 10, heldByLog };
    expect(guard.heardOwn(message, context)).toBe('foreign');
    expect(guard.maySign(10)).toBe('stopped');
    guard.heightBegan(11, 'decision');
    guard.endObservation(11);
    expect(guard.maySign(11)).toBe('stopped');
    guard.heardOwn(message, context);
    expect(events.codes()).toEqual(['signing.foreign']);
  });

  test('whose log lacks what the record names is silent until past that height', () => {
    const { guard, events } = guardWith({ ...whole, logHoldsRecord: false });
    const context = { record: whole.record, runningHeight: 10, heldByLog: false };
    expect(guard.maySign(10)).toBe('observing');
    expect(guard.maySign(11)).toBe('yes');
    expect(guard.heardOwn(heard(10, 0, 'prevote', 'lost from the log'), context)).toBe('normal');
    expect(guard.heardOwn(heard(10, 2, 'prevote'), context)).toBe('foreign');
    expect(events.codes()).toEqual(['signing.observing', 'signing.foreign']);
  });

  test('whose record is of a past height misses nothing in its log', () => {
    const { guard } = guardWith({ ...whole, runningHeight: 11, logHoldsRecord: false });
    expect(guard.maySign(11)).toBe('yes');
  });
});

describe('a node whose chain, log and record were all brought back from an old copy', () => {
  test('looks whole, and watches as soon as a block that it fetches holds a vote above its record', () => {
    const { guard, clock, events } = guardWith(whole);
    expect(guard.maySign(10)).toBe('yes');
    const committed = { height: 11, round: 0, kind: 'precommit' } as const;
    expect(guard.foundCommitted(committed, whole.record)).toBe('behind');
    guard.heightBegan(12, 'sync');
    expect(guard.maySign(12)).toBe('observing');
    clock.advance(WATCH_MS);
    guard.heightBegan(13, 'decision');
    expect(guard.maySign(13)).toBe('yes');
    expect(events.codes()).toEqual(['signing.observing', 'signing.observed']);
  });

  test('a vote at or below the record shows nothing, and one that was stopped stays so', () => {
    const { guard } = guardWith(whole);
    expect(guard.foundCommitted({ height: 10, round: 0, kind: 'precommit' }, whole.record)).toBe('normal');
    expect(guard.maySign(11)).toBe('yes');
    guard.heardOwn(heard(11, 0, 'prevote'), { record: whole.record, runningHeight: 10, heldByLog: false });
    expect(guard.foundCommitted({ height: 12, round: 0, kind: 'precommit' }, whole.record)).toBe('normal');
    expect(guard.maySign(13)).toBe('stopped');
  });
});

describe.each(['missing', 'damaged', 'imported'] as const)('a node whose record is %s', (status) => {
  test('signs from the first height that it sees begin after the watch', () => {
    const { guard, clock, events } = guardWith({ status });
    expect(guard.maySign(10)).toBe('observing');
    clock.advance(WATCH_MS - 1);
    guard.heightBegan(11, 'decision');
    expect(guard.maySign(11)).toBe('observing');
    clock.advance(1);
    expect(guard.maySign(11)).toBe('observing');
    guard.heightBegan(12, 'decision');
    expect(guard.maySign(12)).toBe('yes');
    expect(guard.maySign(10)).toBe('observing');
    expect(events.codes()).toEqual(['signing.observing', 'signing.observed']);
  });

  test('watches three rebroadcast periods when they are longer', () => {
    const { guard, clock } = guardWith({ status, rebroadcastMs: 5_000 });
    clock.advance(14_999);
    guard.heightBegan(11, 'decision');
    expect(guard.maySign(11)).toBe('observing');
    clock.advance(1);
    guard.heightBegan(12, 'decision');
    expect(guard.maySign(12)).toBe('yes');
  });

  test('signs nothing at or below an own signature that it heard of', () => {
    const { guard, clock } = guardWith({ status });
    const context = { record: EMPTY_RECORD, runningHeight: 10, heldByLog: false };
    expect(guard.heardOwn(heard(14, 0, 'prevote'), context)).toBe('normal');
    clock.advance(WATCH_MS);
    guard.heightBegan(14, 'decision');
    expect(guard.maySign(14)).toBe('observing');
    guard.heightBegan(15, 'decision');
    expect(guard.maySign(15)).toBe('yes');
    expect(guard.heardOwn(heard(14, 3, 'prevote'), { ...context, runningHeight: 15 })).toBe('normal');
    expect(guard.heardOwn(heard(15, 0, 'prevote'), { ...context, runningHeight: 15 })).toBe('foreign');
  });

  test('does not take heights that it only synced for heights that it saw begin', () => {
    const { guard, clock } = guardWith({ status });
    clock.advance(WATCH_MS);
    guard.heightBegan(500, 'sync');
    expect(guard.maySign(500)).toBe('observing');
    guard.heightBegan(501, 'decision');
    expect(guard.maySign(501)).toBe('yes');
  });

  test("the operator's word ends the watch, but not against what was heard", () => {
    const { guard, events } = guardWith({ status });
    guard.heardOwn(heard(11, 0, 'prevote'), { record: EMPTY_RECORD, runningHeight: 10, heldByLog: false });
    guard.endObservation(11);
    expect(guard.maySign(11)).toBe('observing');
    expect(guard.maySign(12)).toBe('yes');
    expect(events.codes()).toContain('signing.observation.ended');
  });
});

describe('a node that has arrived at height 10', () => {
  const context = { record: whole.record, runningHeight: 14, heldByLog: false };

  test('takes a committed vote of its own for that of somebody else when it can only have been made since', () => {
    const { guard, events } = guardWith(whole);
    guard.arrived(10);
    expect(guard.foundCommitted(heard(12, 0, 'precommit'), whole.record)).toBe('foreign');
    expect(guard.maySign(13)).toBe('stopped');
    expect(events.events).toEqual([expect.objectContaining({ code: 'signing.foreign', height: 12 })]);
  });

  test('watches when the one before it may have made that vote', () => {
    const { guard } = guardWith(whole);
    guard.arrived(10);
    expect(guard.foundCommitted(heard(11, 0, 'precommit'), whole.record)).toBe('behind');
    expect(guard.maySign(12)).toBe('observing');
  });

  test('stops in the middle of its watch when its key signs', () => {
    const { guard, events } = guardWith({ ...whole, status: 'imported' });
    guard.arrived(10);
    expect(guard.heardOwn(heard(11, 0, 'prevote'), context)).toBe('normal');
    expect(guard.heardOwn(heard(12, 0, 'prevote'), context)).toBe('foreign');
    expect(guard.maySign(99)).toBe('stopped');
    expect(events.events.at(-1)).toMatchObject({ code: 'signing.foreign', height: 12, kind: 'prevote' });
  });

  test('takes what its record knows for its own, at whatever height', () => {
    const { guard } = guardWith(whole);
    guard.arrived(10);
    expect(guard.foundCommitted(heard(13, 0, 'precommit'), recordAt(13, 0, 'precommit'))).toBe('normal');
    expect(guard.maySign(14)).toBe('yes');
  });

  test('that has not arrived only watches: how far the chain was at its start is not known', () => {
    const { guard } = guardWith(whole);
    expect(guard.foundCommitted(heard(50, 0, 'precommit'), whole.record)).toBe('behind');
    expect(guard.heardOwn(heard(60, 0, 'prevote'), context)).toBe('normal');
    expect(guard.maySign(61)).toBe('observing');
  });
});
