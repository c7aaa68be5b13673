// Owns: keeping from an honest replica what its own key signed elsewhere: it would notice, and stop signing. Does not
// own: what was signed elsewhere (strategies, twins).
import type { Certificate, Hex32, VoteContent } from '@consilium/core';
import { encodeMessage, type VotesMessage, type WireMessage } from '@consilium/node/replica';
import type { Wire } from '@consilium/sim';
import { tryDecode } from '../history/messages.ts';
import { EAR_SAID_MAX } from '../limits.ts';
import type { Forge } from './forge.ts';

export interface Ear {
  /** The replica inside says this. */
  said(message: WireMessage): void;
  /** What it hears of a message. */
  hear(message: WireMessage, bytes: Uint8Array): readonly Uint8Array[];
}

export function createEar(self: Hex32, forge: Pick<Forge, 'vote'>): Ear {
  const said = new Set<string>();

  /** Ed25519 is deterministic: its own signature of the content is known before it is seen. */
  const isForeign = (certificate: Certificate | null): boolean => {
    if (certificate === null) return false;
    const { signatures, ...content } = certificate;
    if (said.has(placeOf(content))) return false;
    const mine = forge.vote(content).signature;
    return signatures.some(({ signature }) => signature === mine);
  };

  return {
    said: (message) => {
      if (message.type !== 'votes') return;
      for (const vote of message.votes) if (vote.validator === self) said.add(placeOf(vote));
      for (const oldest of said) {
        if (said.size <= EAR_SAID_MAX) break;
        said.delete(oldest);
      }
    },
    hear: (message, bytes) => {
      if (message.type === 'votes') return withoutVotesOf(self, message, bytes);
      const isOwn = message.type === 'proposal' && message.proposal.validator === self;
      return isOwn || isForeign(certificateIn(message)) ? [] : [bytes];
    },
  };
}

function withoutVotesOf(self: Hex32, message: VotesMessage, bytes: Uint8Array): Uint8Array[] {
  const votes = message.votes.filter(({ validator }) => validator !== self);
  if (votes.length === message.votes.length) return [bytes];
  return votes.length === 0 ? [] : [encodeMessage({ type: 'votes', votes })];
}

function certificateIn(message: WireMessage): Certificate | null {
  if (message.type === 'certificate') return message.certificate;
  return message.type === 'proposal' ? message.polka : null;
}

function placeOf({ type, height, round, blockId, validRound }: VoteContent): string {
  return `${type} ${height}/${round} ${blockId} ${validRound}`;
}

/** A wire on which everything is honest, and nothing of its own key comes back: for twins. */
export function deafWire(ear: Ear): Wire {
  return {
    tell: (_to, _channel, bytes) => {
      const message = tryDecode(bytes);
      if (message !== undefined) ear.said(message);
      return [bytes];
    },
    hear: (_from, _channel, bytes) => {
      const message = tryDecode(bytes);
      return message === undefined ? [bytes] : ear.hear(message, bytes);
    },
  };
}
