// What disturbs a network: loss, reordering, early timers, and validators that sign anything; then peace.
import { NO_ROUND, type Vote } from '@consilium/core';
import type { Input, KnownValue } from '../../src/index.ts';
import { BUILT_AT_MS, idOf, type Name } from './height.ts';
import {
  deliver,
  everyoneDecided,
  exchange,
  fire,
  fireNext,
  lose,
  type Network,
  newValue,
  type Peer,
} from './network.ts';

/** Numbers from a seed: the same seed, the same run. */
export type Draw = (below: number) => number;

export function drawFrom(seed: number): Draw {
  let word = seed >>> 0;
  return (below) => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What the faulty validators sign: anything well-formed, each message to some of the honest. */
export function misbehave(network: Network, faulty: readonly Name[], draw: Draw): void {
  const name = faulty[draw(faulty.length)] as Name;
  const top = Math.max(...network.peers.map(({ state }) => state.round));
  const round = draw(top + 2);
  const input = draw(3) === 0 ? anyProposal(network, name, round, draw) : anyVote(network, name, round, draw);
  if (input === undefined) return;
  for (const peer of network.peers) if (draw(2) === 0) peer.inbox.push(input);
}

function anyValue(network: Network, draw: Draw): KnownValue | undefined {
  return [...network.values.values()].reverse()[draw(Math.max(1, Math.min(4, network.values.size)))];
}

function anyVote(network: Network, name: Name, round: number, draw: Draw): Input {
  const value = draw(4) === 0 ? undefined : anyValue(network, draw);
  const type = draw(2) === 0 ? 'prevote' : 'precommit';
  const validRound =
    type === 'prevote' && value !== undefined && draw(3) === 0 ? draw(round + 1) - 1 : NO_ROUND;
  const by = { validator: idOf(name), signature: idOf(name).repeat(2) };
  const { height } = (network.peers[0] as Peer).state.config;
  return { type: 'vote', vote: { type, height, round, blockId: value?.id ?? null, validRound, ...by } };
}

function anyProposal(network: Network, name: Name, round: number, draw: Draw): Input | undefined {
  const { config } = (network.peers[0] as Peer).state;
  if (config.proposers[round % config.proposers.length] !== idOf(name)) return undefined;
  const fresh = draw(2) === 0;
  const value = fresh ? newValue(network, name) : anyValue(network, draw);
  if (value === undefined) return undefined;
  const validRound = fresh ? NO_ROUND : draw(round + 1) - 1;
  const by = { validator: idOf(name), signature: idOf(name).repeat(2) };
  const proposal = { height: config.height, round, blockId: value.id, validRound, ...by };
  return { type: 'proposal', received: { proposal, value, arrivalMs: BUILT_AT_MS + 10 } };
}

/** Each of the faulty repeats what an honest validator said last, to that one alone: what splits a network. */
export function echo(network: Network, faulty: readonly Name[], draw: Draw): void {
  const peer = network.peers[draw(network.peers.length)] as Peer;
  const last = peer.signed.at(-1);
  if (last === undefined) return;
  for (const name of faulty) peer.inbox.push({ type: 'vote', vote: signedBy(name, last) });
}

function signedBy(name: Name, vote: Vote): Vote {
  return { ...vote, validator: idOf(name), signature: idOf(name).repeat(2) };
}

/** How often each thing happens, drawn anew for every run so that runs differ in kind. */
interface Weather {
  readonly deliveries: number;
  readonly losses: number;
  readonly timers: number;
  readonly faults: number;
}

function drawWeather(draw: Draw, faulty: readonly Name[]): Weather {
  return {
    deliveries: 4 + draw(16),
    losses: draw(8),
    timers: 1 + draw(6),
    faults: faulty.length === 0 ? 0 : draw(12),
  };
}

export type Fault = (network: Network, faulty: readonly Name[], draw: Draw) => void;

/** Messages arrive in any order, late, or never; timers fire at any time; the faulty do what they like. */
export function disturb(
  network: Network,
  faulty: readonly Name[],
  turns: number,
  draw: Draw,
  fault: Fault = misbehave,
): void {
  const weather = drawWeather(draw, faulty);
  const { deliveries, losses, timers, faults } = weather;
  for (let turn = 0; turn < turns; turn += 1) {
    const peer = network.peers[draw(network.peers.length)] as Peer;
    const what = draw(deliveries + losses + timers + faults);
    if (what < deliveries) deliver(network, peer, draw(Math.max(1, peer.inbox.length)));
    else if (what < deliveries + losses) lose(peer, draw(Math.max(1, peer.inbox.length)));
    else if (what < deliveries + losses + timers) fire(network, peer, draw(Math.max(1, peer.timers.length)));
    else fault(network, faulty, draw);
  }
}

/** Timers of a healed network until everybody has decided: many turns of every proposer. */
const HEALED_TIMERS_MAX = 600;

/** From now on everything arrives and timers fire when they are due; the faulty go on, or fall silent. */
export function heal(network: Network, faulty: readonly Name[] = [], draw: Draw = () => 0): void {
  const goesOn = faulty.length > 0 && draw(2) === 0;
  for (let fired = 0; fired < HEALED_TIMERS_MAX && !everyoneDecided(network); fired += 1) {
    exchange(network);
    for (let count = draw(4); goesOn && count > 0; count -= 1) misbehave(network, faulty, draw);
    if (!fireNext(network)) exchange(network);
  }
}
