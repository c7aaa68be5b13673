import { describe, expect, test } from 'vitest';
import { eventOf } from '../../src/devnet-world/log-tail.ts';
import { type NodeFault, wallAt } from '../../src/devnet-world/node-faults.ts';

const NOW = 1_000_000;

describe('The wall clock of a daemon', () => {
  test.each<[string, readonly NodeFault[], number]>([
    ['is true without faults', [], NOW],
    ['jumps', [{ kind: 'clock-jump', offsetMs: -3_000 }], NOW - 3_000],
    [
      'drifts since the fault began',
      [{ kind: 'clock-drift', drift: { sinceMs: NOW - 1_000, percent: 20 } }],
      NOW + 200,
    ],
    ['stands still', [{ kind: 'clock-freeze', atMs: NOW - 700 }], NOW - 700],
    [
      'stands still where a jump had put it',
      [
        { kind: 'clock-freeze', atMs: NOW - 700 },
        { kind: 'clock-jump', offsetMs: 50 },
      ],
      NOW - 650,
    ],
    ['is not touched by a slow disk', [{ kind: 'disk-slow', factor: 9 }], NOW],
  ])('%s', (_title, faults, shown) => {
    expect(wallAt(faults, NOW)).toBe(shown);
  });
});

describe('A line of a log', () => {
  test('is an event without the time at which it was written', () => {
    const line = '{"level":"warn","time":7,"code":"evidence.found","accused":"ab","eventTime":5}';
    expect(eventOf(line)).toEqual({ level: 'warn', code: 'evidence.found', accused: 'ab', time: 5 });
  });

  test.each(['', '{"level":"warn","ti', '7', '{"level":"warn"}', 'null'])('%j is none', (line) => {
    expect(eventOf(line)).toBeUndefined();
  });
});
