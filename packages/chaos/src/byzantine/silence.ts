// Owns: the strategies of those who say too little or too late.
import { encodeMessage } from '@consilium/node/replica';
import type { Strategy, Telling } from './strategy.ts';

export const silent: Strategy = { tell: () => [] };

/** Proposes, votes, and gives nobody a transaction: neither before nor when asked. */
export const withholdBodies: Strategy = {
  tell: ({ message, bytes }) =>
    message?.type === 'bodies' || message?.type === 'transactions' ? [] : [bytes],
};

/** Its replica never learns of what others' clients want, so that the blocks that it builds are without. */
export const censor: Strategy = {
  tell: ({ message, bytes }) => (message?.type === 'transactions' ? [] : [bytes]),
  hear: ({ message, bytes }) => (message?.type === 'transactions' ? [] : [bytes]),
};

/** Beyond the longest that a request is waited for, so that some of its answers come too late. */
const HOLD_MS_MAX = 12_000;
const LATE_MS_MAX = 1_500;

/** What it was asked for comes in the smallest pieces, one after the other; all else comes late. */
export const slowDrip: Strategy = {
  tell: (telling) => {
    const { grip, to, channel } = telling;
    const pieces = piecesOf(telling);
    const longestMs = isAnswer(telling) ? HOLD_MS_MAX : LATE_MS_MAX;
    let delayMs = 0;
    for (const piece of pieces) {
      delayMs += grip.prng.between(1, longestMs);
      grip.after(delayMs, () => grip.send(to, channel, piece));
    }
    return [];
  },
};

function isAnswer({ message }: Telling): boolean {
  return message?.type === 'blocks' || message?.type === 'bodies' || message?.type === 'value';
}

function piecesOf({ message, bytes }: Telling): Uint8Array[] {
  if (message?.type === 'blocks' && message.blocks.length > 1)
    return message.blocks.map((block) => encodeMessage({ ...message, blocks: [block] }));
  if (message?.type === 'bodies' && message.txs.length > 1)
    return message.txs.map((tx) => encodeMessage({ ...message, txs: [tx] }));
  return [bytes];
}
