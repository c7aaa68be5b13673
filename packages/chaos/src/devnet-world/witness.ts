// Owns: what a daemon of the fault kit signed and is about to send, line by line in a file beside its home: written before it
// leaves, so that no death hides it. Does not own: who reads it (ears.ts), what a hostile hand makes of it.
import { appendFileSync } from 'node:fs';
import type { Hex32 } from '@consilium/core';
import type { NodeNet } from '@consilium/node';
import type { WireMessage } from '@consilium/node/replica';
import type { SignedContent } from '@consilium/sim';
import { tryDecode } from '../history/messages.ts';
import { WITNESS_KNOWN_MAX } from '../limits.ts';

export const SIGNED_FILE = 'signed.jsonl';

export function withWitness(net: NodeNet, self: Hex32, file: string): NodeNet {
  const known = new Set<string>();
  let last: Uint8Array | undefined;
  const note = (bytes: Uint8Array): void => {
    if (bytes === last) return;
    last = bytes;
    const lines = signedIn(tryDecode(bytes), self).map((content) => JSON.stringify(content));
    const fresh = lines.filter((line) => !known.has(line));
    if (fresh.length === 0) return;
    for (const line of fresh) known.add(line);
    for (const oldest of known) {
      if (known.size <= WITNESS_KNOWN_MAX) break;
      known.delete(oldest);
    }
    appendFileSync(file, `${fresh.join('\n')}\n`);
  };
  return {
    open: () => net.open(),
    stop: () => net.stop(),
    addresses: () => net.addresses(),
    stats: () => net.stats(),
    start: (handler) => net.start(handler),
    connected: () => net.connected(),
    penalize: (peer, code) => net.penalize(peer, code),
    pause: (peer, channel, forMs) => net.pause(peer, channel, forMs),
    admit: (peers) => net.admit(peers),
    send: (peer, channel, bytes) => {
      if (channel === 'agreement') note(bytes);
      return net.send(peer, channel, bytes);
    },
  };
}

/** Votes of others that it hands on are not its own. */
export function signedIn(message: WireMessage | undefined, self: Hex32): readonly SignedContent[] {
  if (message?.type === 'votes')
    return message.votes
      .filter(({ validator }) => validator === self)
      .map(({ type, height, round, blockId, validRound }) => ({ type, height, round, blockId, validRound }));
  if (message?.type !== 'proposal' || message.proposal.validator !== self) return [];
  const { height, round, blockId, validRound } = message.proposal;
  return [{ type: 'proposal', height, round, blockId, validRound }];
}
