// Owns: what a strategy of a hostile validator is, and the helpers that most of them share. One file for each family,
// one table of all of them (strategies.ts).
import { type Hex32, hashHex, utf8, type Vote } from '@consilium/core';
import { type Channel, encodeMessage, type ProposalMessage, type WireMessage } from '@consilium/node/replica';
import type { Prng } from '@consilium/sim';
import type { ParamValue } from '../scenario/scenario.ts';
import type { Forge } from './forge.ts';
import type { Memory } from './memory.ts';

/** What a hostile validator knows and can do. */
export interface Grip {
  readonly self: Hex32;
  readonly forge: Forge;
  readonly prng: Prng;
  readonly memory: Memory;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** The height that its replica runs. */
  height(): number;
  peers(): readonly Hex32[];
  /** Past its own strategy. */
  send(to: Hex32, channel: Channel, bytes: Uint8Array): void;
  /** Unless it is honest again by then. */
  after(delayMs: number, fire: () => void): void;
}

/** A message of its own replica on its way out. `message` is undefined on the channel of custodians. */
export interface Telling {
  readonly grip: Grip;
  readonly to: Hex32;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
  readonly message: WireMessage | undefined;
}

/** A message on its way to its own replica. */
export interface Hearing {
  readonly grip: Grip;
  readonly from: Hex32;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
  readonly message: WireMessage | undefined;
}

export interface Strategy {
  /** What leaves in place of a message. */
  readonly tell?: (telling: Telling) => readonly Uint8Array[];
  /** What its own replica hears in place of a message. */
  readonly hear?: (hearing: Hearing) => readonly Uint8Array[];
  /** Called every so often. */
  readonly slip?: (grip: Grip) => void;
}

/** Own votes changed, others as they are. */
export function mapOwnVotes({ grip, message, bytes }: Telling, change: (vote: Vote) => Vote): Uint8Array[] {
  if (message?.type !== 'votes' || !message.votes.some(({ validator }) => validator === grip.self))
    return [bytes];
  const votes = message.votes.map((vote) => (vote.validator === grip.self ? change(vote) : vote));
  return [encodeMessage({ type: 'votes', votes })];
}

export function ownVotesIn({ grip, message }: Telling): readonly Vote[] {
  if (message?.type !== 'votes') return [];
  return message.votes.filter(({ validator }) => validator === grip.self);
}

export function mapOwnProposal(
  { grip, message, bytes }: Telling,
  change: (message: ProposalMessage) => ProposalMessage,
): Uint8Array[] {
  const own = message?.type === 'proposal' && message.proposal.validator === grip.self;
  return own ? [encodeMessage(change(message))] : [bytes];
}

/** One half of the peers hears one thing, the other half another. */
export function isOtherHalf({ grip, to }: Telling): boolean {
  return grip.peers().indexOf(to) % 2 === 0;
}

/** The same to everybody who is told it: another value of the height if one was proposed, else one that nobody has. */
export function otherThan({ memory }: Grip, height: number, id: Hex32 | null): Hex32 {
  const known = memory.valuesAt(height).find((each) => each !== id);
  return known ?? hashHex(utf8(`other than ${id} at ${height}`));
}

export function sendVotes(grip: Grip, to: readonly Hex32[], votes: readonly Vote[]): void {
  if (votes.length === 0) return;
  const bytes = encodeMessage({ type: 'votes', votes });
  for (const peer of to) grip.send(peer, 'agreement', bytes);
}
