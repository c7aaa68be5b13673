import { describe, expect, it } from 'vitest';
import { Syncer } from '../../../src/sync/syncer.ts';
import { createManualClock } from '../../support/fakes.ts';

function syncer(claims: Record<string, number>): Syncer {
  const made = new Syncer({
    clock: createManualClock(),
    report: () => undefined,
    host: {
      tipHeight: () => 7,
      send: () => undefined,
      penalize: () => undefined,
      apply: () => undefined,
    },
  });
  for (const [peer, runningHeight] of Object.entries(claims))
    made.heard(peer, { base: 1, height: runningHeight });
  return made;
}

describe('the height that the others are at', () => {
  it('is not what one liar says', () => {
    const claims = { liar: Number.MAX_SAFE_INTEGER, b: 8, c: 8 };
    expect(syncer(claims).credibleTip(1)).toBe(7);
  });

  it('is what two say of whom one may lie', () => {
    expect(syncer({ a: 21, b: 30, c: 8 }).credibleTip(1)).toBe(20);
  });

  it('is what the only peer says, and nothing without one', () => {
    expect(syncer({ a: 21 }).credibleTip(1)).toBe(20);
    expect(syncer({}).credibleTip(1)).toBe(0);
  });
});
