// Owns: what the log of a height says after a restart: the state that its inputs lead to, and what was asked for there and
// not done. Does not own: doing it (agreement.ts).
import { type Effect, type Input, type OwnMessage, type State, step } from '@consilium/consensus';
import { equalBytes, type Hex32, proposalPayload, votePayload } from '@consilium/core';
import type { ProposalMessage, Value } from '../messages/wire.ts';
import { decodeLogEntry, inputOf, type LogEntry, type LoggedEntry, valueIn } from './log-entry.ts';

type EvidenceEffect = Extract<Effect, { type: 'evidence' }>;

/** Own messages in their order, which of them the log holds, which came back signed. */
export interface Replayed {
  state: State;
  readonly wanted: OwnMessage[];
  readonly signed: Uint8Array[];
  readonly logged: Uint8Array[];
  readonly evidence: EvidenceEffect[];
  decided: Extract<Effect, { type: 'decide' }> | undefined;
}

/** Takes what the log holds beside inputs. */
export interface ReplayHost {
  addValue(value: Value): void;
  addBlockBytes(bytes: Uint8Array): void;
  proposed(message: ProposalMessage): void;
}

/** `start`: of the height, idle. */
export function replayHeight(
  start: State,
  entries: readonly LoggedEntry[],
  self: Hex32,
  host: ReplayHost,
): Replayed {
  const replayed: Replayed = {
    state: start,
    wanted: [],
    signed: [],
    logged: [],
    evidence: [],
    decided: undefined,
  };
  for (const { kind, bytes } of entries) {
    if (kind === 'message') replayed.logged.push(bytes);
    else if (kind === 'value') host.addBlockBytes(bytes);
    else replayInput(replayed, decodeLogEntry(bytes), self, host);
  }
  return replayed;
}

function replayInput(replayed: Replayed, entry: LogEntry, self: Hex32, host: ReplayHost): void {
  const value = valueIn(entry);
  if (value !== undefined) host.addValue(value);
  if (entry.type === 'proposal') host.proposed(entry.message);
  replayed.signed.push(...ownPayloads(entry, self));
  for (const effect of replayStep(replayed, inputOf(entry))) {
    if (effect.type === 'sign') replayed.wanted.push(effect.message);
    if (effect.type === 'decide') replayed.decided = effect;
    // What was found before the crash may be in no block yet; a pool that knows better refuses it.
    if (effect.type === 'evidence') replayed.evidence.push(effect);
  }
}

function replayStep(replayed: Replayed, input: Input | undefined): readonly Effect[] {
  if (input === undefined) return [];
  const outcome = step(replayed.state, input);
  replayed.state = outcome.state;
  return outcome.effects;
}

/** The payloads of own messages that an input shows to be signed already. */
function ownPayloads(entry: LogEntry, self: Hex32): Uint8Array[] {
  if (entry.type === 'vote' && entry.vote.validator === self) return [votePayload(entry.vote)];
  if (entry.type === 'proposal' && entry.message.proposal.validator === self) {
    return [proposalPayload(entry.message.proposal)];
  }
  return [];
}

/** Whether the log holds the messages that its inputs lead to: otherwise it was made by other rules. */
export function isSameReplay({ state, wanted, logged }: Replayed): boolean {
  // Who only watches this height wants nothing, whatever it logged when it still signed.
  if (state.config.self === null) return true;
  return logged.every((bytes, index) => {
    const message = wanted[index];
    return message !== undefined && equalBytes(payloadOf(message), bytes);
  });
}

export function unsignedOf({ wanted, signed }: Replayed): OwnMessage[] {
  return wanted.filter((message) => !signed.some((bytes) => equalBytes(bytes, payloadOf(message))));
}

export function payloadOf(message: OwnMessage): Uint8Array {
  return message.kind === 'vote' ? votePayload(message.content) : proposalPayload(message.content);
}
