import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Name } from '../support/height.ts';
import {
  createNetwork,
  type Draw,
  decisions,
  deliver,
  drawFrom,
  everyoneDecided,
  exchange,
  fire,
  fireNext,
  lose,
  misbehave,
  type Network,
  type Peer,
} from '../support/network.ts';

/** Timers of a healed network until everybody has decided: ten turns of every proposer. */
const HEALED_TIMERS_MAX = 600;

/** Messages arrive in any order, late, or never; timers fire at any time; the faulty sign what they like. */
function disturb(network: Network, faulty: readonly Name[], turns: number, draw: Draw): void {
  for (let turn = 0; turn < turns; turn += 1) {
    const peer = network.peers[draw(network.peers.length)] as Peer;
    const what = draw(20);
    if (what < 14) deliver(network, peer, draw(Math.max(1, peer.inbox.length)));
    else if (what < 15) lose(peer, draw(Math.max(1, peer.inbox.length)));
    else if (what < 16) fire(network, peer, draw(Math.max(1, peer.timers.length)));
    else if (faulty.length > 0) misbehave(network, faulty, draw);
  }
}

/** From now on everything arrives and timers fire when they are due; the faulty go on, or fall silent. */
function heal(network: Network, faulty: readonly Name[], draw: Draw): void {
  const goesOn = faulty.length > 0 && draw(2) === 0;
  for (let fired = 0; fired < HEALED_TIMERS_MAX && !everyoneDecided(network); fired += 1) {
    exchange(network);
    for (let count = draw(4); goesOn && count > 0; count -= 1) misbehave(network, faulty, draw);
    if (!fireNext(network)) exchange(network);
  }
}

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
      }),
      { numRuns: 300 },
    );
  });
});
