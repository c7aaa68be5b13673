import { accusedOf } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../src/index.ts';
import { heal } from '../support/adversary.ts';
import {
  BUILT_AT_MS,
  FOUR,
  idOf,
  known,
  type Name,
  nameOf,
  precommit,
  prevote,
  proposal,
  seen,
  type ValueName,
  valueId,
} from '../support/height.ts';
import {
  createNetwork,
  decisions,
  drain,
  drainWhere,
  everyoneDecided,
  fireAll,
  type Network,
  type Peer,
} from '../support/network.ts';

/** The honest, awake, with the values that the script names to be fetched. */
function networkOf(honest: readonly Name[], values: readonly ValueName[], author: Name): Network {
  const network = createNetwork(honest);
  for (const name of values) network.values.set(valueId(name), known(name, author));
  return network;
}

function peerOf(network: Network, name: Name): Peer {
  return network.peers.find((peer) => peer.name === name) as Peer;
}

function tell(network: Network, names: string, ...inputs: Input[]): void {
  for (const name of names) peerOf(network, name as Name).inbox.push(...inputs);
}

/** Of the honest, only those of one group hear each other; what the script tells them always arrives. */
function within(groups: readonly string[], faulty: Name): (to: Name, input: Input) => boolean {
  return (to, input) => {
    if (input.type === 'certificate') return false;
    if (input.type === 'proposal')
      return groups.some((group) => group.includes(to) && group.includes(nameOf(input.received.value.id)));
    if (input.type !== 'vote' || input.vote.validator === idOf(faulty)) return true;
    return groups.some((group) => group.includes(to) && group.includes(nameOf(input.vote.validator)));
  };
}

function decided(network: Network): string[] {
  return network.peers.map(({ decision }) => (decision === undefined ? '-' : nameOf(decision.id)));
}

function accusedBy(network: Network): string[] {
  return network.peers.map(({ evidence }) => evidence.map((each) => nameOf(accusedOf(each))).join());
}

describe('an equivocating proposer in a 2-2 partition', () => {
  /** a proposes v to b and w to c and d, and votes for each on its side; b hears only a. */
  function split(help: 'prevotes' | 'prevotes and precommits'): Network {
    const network = networkOf(['b', 'c', 'd'], ['v', 'w'], 'a');
    tell(network, 'b', proposal(0, 'v'), prevote('a', 0, 'v'));
    tell(network, 'cd', proposal(0, 'w'), prevote('a', 0, 'w'));
    if (help === 'prevotes and precommits') {
      tell(network, 'b', precommit('a', 0, 'v'));
      tell(network, 'cd', precommit('a', 0, 'w'));
    }
    drainWhere(network, within(['bv', 'cdw'], 'a'));
    return network;
  }

  test('decides one value where it helps a quorum, and the other side follows', () => {
    const network = split('prevotes and precommits');
    expect(decided(network)).toEqual(['-', 'w', 'w']);
    heal(network);
    expect(decided(network)).toEqual(['w', 'w', 'w']);
  });

  test('locks the side that saw a polka, and that value is decided once the partition heals', () => {
    const network = split('prevotes');
    expect(network.peers.map(({ state }) => seen(state).locked)).toEqual(['none', 'w @0', 'w @0']);
    heal(network);
    expect(decided(network)).toEqual(['w', 'w', 'w']);
  });

  test('is accused by who hears both sides, and nobody else is', () => {
    const network = split('prevotes');
    heal(network);
    expect(accusedBy(network)).toEqual(['a', 'a', 'a']);
  });
});

/** a proposes v; to c it comes too late, so that only with the vote of d there is a polka, and only a sees it. */
function polkaSeenByOne(toTheOthers: readonly (ValueName | null)[]): Network {
  const network = networkOf(['a', 'b', 'c'], ['u', 'v', 'x'], 'a');
  const late = proposal(0, 'v', { arrivalMs: BUILT_AT_MS + 60_000 });
  const inTime = proposal(0, 'v');
  drainWhere(network, (to, input) => to === 'a' || input.type === 'work');
  const own = peerOf(network, 'a');
  tell(network, 'b', proposalOf(own, inTime));
  tell(network, 'c', proposalOf(own, late));
  tell(network, 'a', prevoteFor(own, 'd'));
  for (const each of toTheOthers) tell(network, 'bc', prevote('d', 0, each));
  const hidden = (to: Name, input: Input): boolean =>
    input.type !== 'certificate' &&
    input.type !== 'proposal' &&
    !(
      to !== 'a' &&
      input.type === 'vote' &&
      input.vote.validator === idOf('a') &&
      input.vote.type === 'precommit'
    );
  drainWhere(network, (to, input) => (input.type === 'proposal' ? firstOf(network, to) : hidden(to, input)));
  return network;
}

function firstOf(network: Network, to: Name): boolean {
  return peerOf(network, to).state.proposals.size === 0;
}

function proposalOf(peer: Peer, like: Input): Input {
  const [mine] = peer.state.proposals.get(0) ?? [];
  if (mine === undefined || like.type !== 'proposal') throw new Error('invariant: the proposer has proposed');
  return { type: 'proposal', received: { ...mine, arrivalMs: like.received.arrivalMs } };
}

function prevoteFor(peer: Peer, name: Name): Input {
  const [mine] = peer.signed;
  if (mine === undefined) throw new Error('invariant: the proposer has prevoted');
  return { type: 'vote', vote: { ...mine, validator: idOf(name), signature: idOf(name).repeat(2) } };
}

describe('a lock that one node has and the rest has not', () => {
  test('is hidden when the vote that made it reached nobody else, and the height still ends', () => {
    const network = polkaSeenByOne([null]);
    expect(network.peers.map(({ state }) => state.locked !== null)).toEqual([true, false, false]);
    fireAll(network, 'prevote', 0);
    heal(network);
    expect(decisions(network).size).toBe(1);
    expect(everyoneDecided(network)).toBe(true);
  });

  test('is hidden by an equivocating prevote, and the height is decided by the certificate of the polka', () => {
    const network = polkaSeenByOne(['u', 'x']);
    const locked = peerOf(network, 'a').state.locked?.id;
    expect(locked).toBeDefined();
    expect(network.peers.map(({ state }) => state.locked !== null)).toEqual([true, false, false]);
    fireAll(network, 'prevote', 0);
    heal(network);
    expect(everyoneDecided(network)).toBe(true);
    expect([...decisions(network)]).toEqual([locked]);
    expect(accusedBy(network).every((names) => names === 'd')).toBe(true);
  });
});

describe('one of four that is away', () => {
  test.each(FOUR)('keeps the others from nothing: %s', (away) => {
    const network = createNetwork(FOUR.filter((name) => name !== away));
    drain(network);
    heal(network);
    expect(everyoneDecided(network)).toBe(true);
    expect(decisions(network).size).toBe(1);
  });
});
