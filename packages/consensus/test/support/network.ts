// Four validators as pure states and a post that loses, reorders and delays: no disk, no clock but the timers' own. What
// a shell does is done at once: signing, validating, fetching, building.
import type { Certificate, Evidence, Hex32, Vote } from '@consilium/core';
import {
  answerToStatus,
  type Effect,
  type Input,
  type KnownValue,
  rebroadcast,
  type Shared,
  type State,
  step,
  type TimeoutKind,
} from '../../src/index.ts';
import { asleep, BUILT_AT_MS, idOf, type Name, signed, work } from './height.ts';

export interface Timer {
  readonly kind: TimeoutKind;
  readonly round: number;
  readonly dueMs: number;
}

export interface Decision {
  readonly id: Hex32;
  readonly certificate: Certificate;
}

export interface Peer {
  readonly name: Name;
  state: State;
  inbox: Input[];
  timers: Timer[];
  decision: Decision | undefined;
  readonly evidence: Evidence[];
  readonly signed: Vote[];
}

export interface Network {
  readonly peers: readonly Peer[];
  /** Every value that anybody built, the faulty ones included: what a fetch finds. */
  readonly values: Map<Hex32, KnownValue>;
  nowMs: number;
}

export function createNetwork(honest: readonly Name[]): Network {
  const peers = honest.map(
    (name): Peer => ({
      name,
      state: asleep(name),
      inbox: [work],
      timers: [],
      decision: undefined,
      evidence: [],
      signed: [],
    }),
  );
  return { peers, values: new Map(), nowMs: 0 };
}

/** A value of its own id, in hand of whoever asks for it. */
export function newValue(network: Network, author: Name): KnownValue {
  const id = (network.values.size + 1).toString(16).padStart(64, '0');
  const value = { id, author: idOf(author), time: BUILT_AT_MS };
  network.values.set(id, value);
  return value;
}

/** One input, and the own messages that it leads to. What it tells others waits in their inboxes. */
export function take(network: Network, peer: Peer, input: Input): void {
  const waiting = [input];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const outcome = step(peer.state, next);
    peer.state = outcome.state;
    for (const effect of outcome.effects) waiting.push(...perform(network, peer, effect));
  }
}

function perform(network: Network, peer: Peer, effect: Effect): Input[] {
  switch (effect.type) {
    case 'sign': {
      const inputs = signed(peer.state, effect);
      for (const input of inputs) if (input.type === 'vote') peer.signed.push(input.vote);
      return inputs;
    }
    case 'schedule':
      peer.timers.push({ ...effect, dueMs: network.nowMs + effect.delayMs });
      return [];
    case 'build':
      peer.inbox.push({ type: 'built', round: effect.round, value: newValue(network, peer.name) });
      return [];
    case 'validate':
      peer.inbox.push({ type: 'verdict', id: effect.id, verdict: 'valid' });
      return [];
    case 'fetch':
      peer.inbox.push({ type: 'value', value: network.values.get(effect.id) as KnownValue });
      return [];
    case 'evidence':
      peer.evidence.push(effect.evidence);
      return [];
    case 'decide':
      peer.decision = { id: effect.id, certificate: effect.certificate };
      return [];
    case 'diverged':
      throw new Error('invariant: every value here is valid');
    default:
      broadcast(network, peer, relayed(network, peer, effect));
      return [];
  }
}

function relayed(network: Network, peer: Peer, effect: Effect): Input[] {
  if (effect.type === 'relay-vote') return [{ type: 'vote', vote: effect.vote }];
  if (effect.type === 'relay-certificate') return [{ type: 'certificate', certificate: effect.certificate }];
  if (effect.type !== 'relay-proposal') return [];
  const shared: Shared = { ...rebroadcast(peer.state), votes: [], proposals: [effect.proposal] };
  return inputsOf(network, shared);
}

/** As on the wire: a proposal with a validRound comes after its polka. */
function inputsOf(network: Network, { votes, proposals, certificates }: Shared): Input[] {
  return [
    ...certificates.map((certificate): Input => ({ type: 'certificate', certificate })),
    ...votes.map((vote): Input => ({ type: 'vote', vote })),
    ...proposals.map((proposal): Input => {
      const value = network.values.get(proposal.blockId) as KnownValue;
      return { type: 'proposal', received: { proposal, value, arrivalMs: BUILT_AT_MS + 10 } };
    }),
  ];
}

export function broadcast(network: Network, from: Peer, inputs: readonly Input[]): void {
  for (const peer of network.peers) if (peer !== from) peer.inbox.push(...inputs);
}

/** Takes one waiting message out of an inbox and gives it to its peer. */
export function deliver(network: Network, peer: Peer, index: number): void {
  const [input] = peer.inbox.splice(index, 1);
  if (input !== undefined) take(network, peer, input);
}

/** Loses one waiting message. What a validator tells itself is not lost. */
export function lose(peer: Peer, index: number): void {
  const type = peer.inbox[index]?.type;
  if (type === 'vote' || type === 'proposal' || type === 'certificate') peer.inbox.splice(index, 1);
}

export function fire(network: Network, peer: Peer, index: number): void {
  const [timer] = peer.timers.splice(index, 1);
  if (timer !== undefined) take(network, peer, { type: 'timeout', kind: timer.kind, round: timer.round });
}

/** Everything that is under way arrives, in its order, and so does what follows from it. */
export function drain(network: Network): void {
  for (let busy = true; busy; ) {
    busy = false;
    for (const peer of network.peers) {
      if (peer.inbox.length === 0) continue;
      busy = true;
      deliver(network, peer, 0);
    }
  }
}

/** Only what passes arrives, and what follows from it; the rest is lost. */
export function drainWhere(network: Network, passes: (to: Name, input: Input) => boolean): void {
  for (let busy = true; busy; ) {
    busy = false;
    for (const peer of network.peers) {
      const [input] = peer.inbox.splice(0, 1);
      if (input === undefined) continue;
      busy = true;
      if (passes(peer.name, input)) take(network, peer, input);
    }
  }
}

/** Every timer of this kind and round fires. */
export function fireAll(network: Network, kind: TimeoutKind, round: number): void {
  for (const peer of network.peers) {
    const index = peer.timers.findIndex((timer) => timer.kind === kind && timer.round === round);
    if (index >= 0) fire(network, peer, index);
  }
}

/** Rule 16: rebroadcasts, answers to the status of each other, and the decided value for who lacks it. */
export function exchange(network: Network): void {
  for (const peer of network.peers) {
    broadcast(network, peer, inputsOf(network, rebroadcast(peer.state)));
    for (const other of network.peers) {
      if (other === peer || other.decision !== undefined) continue;
      if (peer.state.round >= other.state.round)
        other.inbox.push(...inputsOf(network, answerToStatus(peer.state, other.state.round)));
      if (peer.decision !== undefined) {
        const { id, certificate } = peer.decision;
        other.inbox.push({ type: 'value', value: network.values.get(id) as KnownValue });
        other.inbox.push({ type: 'certificate', certificate });
      }
    }
  }
}

/** The earliest timer of all fires, after everything has arrived. False when there is none. */
export function fireNext(network: Network): boolean {
  drain(network);
  const due = network.peers.flatMap((peer) => peer.timers.map((timer) => ({ peer, timer })));
  due.sort((a, b) => a.timer.dueMs - b.timer.dueMs);
  const [next] = due;
  if (next === undefined) return false;
  network.nowMs = Math.max(network.nowMs, next.timer.dueMs);
  fire(network, next.peer, next.peer.timers.indexOf(next.timer));
  drain(network);
  return true;
}

export function decisions(network: Network): Set<Hex32> {
  return new Set(network.peers.flatMap(({ decision }) => (decision === undefined ? [] : [decision.id])));
}

export function everyoneDecided(network: Network): boolean {
  return network.peers.every(({ decision }) => decision !== undefined);
}
