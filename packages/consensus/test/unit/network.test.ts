import { accusedOf } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { disturb, drawFrom, heal } from '../support/adversary.ts';
import { idOf, type Name } from '../support/height.ts';
import { createNetwork, decisions, everyoneDecided } from '../support/network.ts';

describe('four validators over a network that loses and reorders', () => {
  test.each<[string, readonly Name[], readonly Name[]]>([
    ['all honest', ['a', 'b', 'c', 'd'], []],
    ['one that signs everything, the first proposer', ['b', 'c', 'd'], ['a']],
    ['one that signs everything, the last proposer', ['a', 'b', 'c'], ['d']],
  ])('%s: never two values, and a decision once messages arrive', (_who, honest, faulty) => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(800), (seed, turns) => {
        const draw = drawFrom(seed);
        const network = createNetwork(honest);
        disturb(network, faulty, turns, draw);
        expect(decisions(network).size).toBeLessThanOrEqual(1);
        heal(network, faulty, draw);
        expect(decisions(network).size).toBe(1);
        expect(everyoneDecided(network)).toBe(true);
        for (const { evidence } of network.peers) {
          for (const each of evidence) expect(faulty.map(idOf)).toContain(accusedOf(each));
        }
      }),
      { numRuns: 200 },
    );
  });
});
