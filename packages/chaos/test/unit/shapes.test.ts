import { describe, expect, test } from 'vitest';
import {
  around,
  besideRing,
  betweenHalves,
  betweenHalvesButBridge,
  outOf,
  type Pair,
} from '../../src/faults/shapes.ts';

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const told = (pairs: readonly Pair[]): string[] => pairs.map(([from, to]) => `${from}>${to}`).sort();

describe('The pairs that a partition cuts', () => {
  test('around the targets: each stands alone, both ways', () => {
    expect(told(around(['n1', 'n2', 'n3'], ['n2']))).toEqual(['n1>n2', 'n2>n1', 'n2>n3', 'n3>n2']);
    expect(told(around(['n1', 'n2', 'n3'], ['n1', 'n2']))).toEqual([
      'n1>n2',
      'n1>n3',
      'n2>n1',
      'n2>n3',
      'n3>n1',
      'n3>n2',
    ]);
  });

  test('out of a target: what it sends', () => {
    expect(told(outOf(['n1', 'n2', 'n3'], ['n2']))).toEqual(['n2>n1', 'n2>n3']);
  });

  test('halves: no pair inside a half', () => {
    const pairs = told(betweenHalves(NAMES));
    expect(pairs).toHaveLength(12);
    expect(pairs).not.toContain('n1>n2');
    expect(pairs).not.toContain('n4>n5');
  });

  test('ring: each keeps two neighbours', () => {
    const cut = told(besideRing(NAMES));
    for (const name of NAMES) expect(cut.filter((pair) => pair.startsWith(`${name}>`))).toHaveLength(2);
    expect(cut).not.toContain('n5>n1');
  });

  test('bridge: the target keeps everybody, the halves lose each other', () => {
    const cut = told(betweenHalvesButBridge(NAMES, ['n3']));
    expect(cut.filter((pair) => pair.includes('n3'))).toEqual([]);
    expect(cut).toHaveLength(8);
  });
});
