// Owns: small-scope mutations: one field of one message changed by one, or swapped for a neighbour, and signed again where
// the key is its own. Generic over the messages' forms: it walks the decoded object and lets encoding refuse.
import { equalBytes, type Hex32, headerId } from '@consilium/core';
import {
  encodeMessage,
  type ProposalMessage,
  type VotesMessage,
  type WireMessage,
} from '@consilium/node/replica';
import type { Prng } from '@consilium/sim';
import { unlessRefused } from '../history/messages.ts';
import type { Forge } from './forge.ts';
import type { Strategy } from './strategy.ts';

export interface MutationDeps {
  readonly self: Hex32;
  readonly forge: Forge;
  readonly prng: Prng;
  /** Ids that may stand where a null stands. */
  readonly ids: readonly Hex32[];
}

/** A drawn field may have no neighbour that can be encoded. */
const ATTEMPTS_MAX = 16;

export const mutate: Strategy = {
  tell: ({ grip, message, bytes }) => {
    if (message === undefined) return [bytes];
    const ids = [...grip.memory.values.keys()];
    return [mutated({ ...grip, ids }, message) ?? bytes];
  },
};

/** undefined when no field could be changed. */
export function mutated(deps: MutationDeps, message: WireMessage): Uint8Array | undefined {
  const before = encodeMessage(message);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const path: string[] = [];
    const changed = mutateAt(deps, message, path) as WireMessage;
    const bytes = unlessRefused(() => encodeMessage(signedAnew(deps, message, changed, path)));
    if (bytes !== undefined && !equalBytes(bytes, before)) return bytes;
  }
  return undefined;
}

/** Of a list its length, as often as one of its items. */
const LENGTH_CHANCE = 0.2;

function mutateAt(deps: MutationDeps, value: unknown, path: string[]): unknown {
  const { prng, ids } = deps;
  if (Array.isArray(value)) {
    if (value.length === 0 || prng.chance(LENGTH_CHANCE)) return withOtherLength(prng, value);
    const index = prng.below(value.length);
    path.push(String(index));
    return value.map((item, place) => (place === index ? mutateAt(deps, item, path) : item));
  }
  if (value instanceof Uint8Array) return withOtherByte(prng, value);
  if (typeof value === 'object' && value !== null) {
    const key = prng.pick(Object.keys(value));
    path.push(key);
    const fields = value as Readonly<Record<string, unknown>>;
    return { ...fields, [key]: mutateAt(deps, fields[key], path) };
  }
  if (typeof value === 'number') return value + prng.pick([-1, 1]);
  if (typeof value === 'boolean') return !value;
  if (value === null) return ids.length === 0 ? null : prng.pick(ids);
  if (value === 'prevote') return 'precommit';
  if (value === 'precommit') return 'prevote';
  return typeof value === 'string' ? otherText(deps, value) : value;
}

function withOtherLength(prng: Prng, items: readonly unknown[]): readonly unknown[] {
  const last = items.at(-1);
  return last === undefined || prng.chance(0.5) ? items.slice(0, -1) : [...items, last];
}

function withOtherByte(prng: Prng, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const place = prng.below(bytes.length);
  if (bytes.length > 0) changed[place] = (bytes[place] as number) + prng.pick([-1, 1]);
  return changed;
}

const HEX = /^[0-9a-f]+$/;

/** Ids become nil, another's, or differ in their last bit. Words that are no hex stay: they name the form. */
function otherText({ prng, ids, self }: MutationDeps, text: string): string | null {
  if (!HEX.test(text)) return text;
  const drawn = prng.below(4);
  if (drawn === 0) return null;
  if (drawn === 1 && text.length === self.length && ids.length > 0) return prng.pick(ids);
  return text.slice(0, -1) + (Number.parseInt(text.slice(-1), 16) ^ 1).toString(16);
}

/** Own statements are signed as they now read, unless it is the signature that was changed. */
function signedAnew(
  deps: MutationDeps,
  before: WireMessage,
  after: WireMessage,
  path: readonly string[],
): WireMessage {
  if (path.at(-1) === 'signature') return after;
  if (after.type === 'votes' && before.type === 'votes') return votesSignedAnew(deps, before, after);
  return after.type === 'proposal' ? proposalSignedAnew(deps, after, path) : after;
}

function votesSignedAnew(
  { self, forge }: MutationDeps,
  before: VotesMessage,
  after: VotesMessage,
): VotesMessage {
  const votes = after.votes.map((vote, index) =>
    vote !== before.votes[index] && vote.validator === self ? forge.vote(vote) : vote,
  );
  return { ...after, votes };
}

/** A changed header is proposed under its own id half of the time. */
function proposalSignedAnew(
  { self, forge, prng }: MutationDeps,
  message: ProposalMessage,
  path: readonly string[],
): ProposalMessage {
  const { proposal, value } = message;
  if (proposal.validator !== self) return message;
  const relinked = path[0] === 'value' && path[1] === 'header' && prng.chance(0.5);
  if (path[0] !== 'proposal' && !relinked) return message;
  const blockId = relinked ? headerId(value.header) : proposal.blockId;
  return { ...message, proposal: forge.proposal({ ...proposal, blockId }) };
}
