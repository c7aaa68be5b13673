// Owns: the strategies of a peer that lies to those who sync from it.
import { decodeSnapshotMessage, encodeMessage, encodeSnapshotMessage } from '@consilium/node/replica';
import type { Strategy, Telling } from './strategy.ts';

/** It claims to be so much further than it is, at most. */
const CLAIMED_MAX = 500;

/** Blocks with another time, without their transactions, with another's certificate; and heights that nobody has. */
export const lyingSync: Strategy = {
  tell: (telling) => {
    const { grip, message, bytes } = telling;
    if (message?.type === 'blocks') return bentBlocks(telling);
    if (message?.type !== 'status') return [bytes];
    const height = Math.max(0, message.height + grip.prng.between(-3, CLAIMED_MAX));
    return [encodeMessage({ ...message, height })];
  },
};

function bentBlocks({ grip, message, bytes }: Telling): Uint8Array[] {
  if (message?.type !== 'blocks') return [bytes];
  const bend = grip.prng.below(5);
  const certificate = message.blocks[0]?.certificate;
  const blocks = message.blocks.map((decided) => {
    const { block } = decided;
    if (bend === 0) return { ...decided, block: { ...block, txs: [] } };
    if (bend === 1)
      return { ...decided, block: { ...block, header: { ...block.header, time: block.header.time + 1 } } };
    if (bend === 2) return { ...decided, certificate: certificate ?? decided.certificate };
    if (bend === 3)
      return {
        ...decided,
        certificate: { ...decided.certificate, signatures: decided.certificate.signatures.slice(0, 1) },
      };
    return decided;
  });
  return [encodeMessage({ ...message, blocks: bend === 4 ? [] : blocks })];
}

/** Chunks with another byte, without their last rows, of another part; or none at all. Everything else is true. */
export const badSnapshotChunk: Strategy = {
  tell: ({ grip, channel, bytes }) => {
    if (channel !== 'snapshot') return [bytes];
    const answer = decodeSnapshotMessage(bytes);
    if (answer.type !== 'chunk') return [bytes];
    const bend = grip.prng.below(4);
    if (bend === 0) return [];
    const { length } = answer.bytes;
    const flipped = answer.bytes.slice();
    const at = grip.prng.below(length);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const shorter = answer.bytes.slice(0, Math.floor(length / 2));
    const bent = [flipped, shorter, new Uint8Array(length)][bend - 1] ?? flipped;
    return [encodeSnapshotMessage({ ...answer, bytes: bent })];
  },
};
