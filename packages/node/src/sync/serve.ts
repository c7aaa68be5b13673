// Owns: answering a request for blocks from the store, within the bounds of one message.
import { decodeBlock } from '@consilium/core';
import { SYNC_ANSWER_BYTES_MAX } from '../limits.ts';
import { type DecidedBlock, SYNC_BLOCKS_MAX } from '../messages/wire.ts';
import type { Kv } from '../ports.ts';
import { heightKey, readCertificate } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';

/** Decided blocks from `fromHeight` on, at most `count`: fewer at the tip, or when the next would not fit. */
export function decidedBlocks(kv: Pick<Kv, 'get'>, fromHeight: number, count: number): DecidedBlock[] {
  const blocks: DecidedBlock[] = [];
  let bytes = 0;
  for (let height = fromHeight; height < fromHeight + Math.min(count, SYNC_BLOCKS_MAX); height += 1) {
    const encoded = kv.get(TABLES.blocks, heightKey(height));
    const certificate = encoded === undefined ? undefined : readCertificate(kv, height);
    if (encoded === undefined || certificate === undefined) break;
    bytes += encoded.length;
    if (blocks.length > 0 && bytes > SYNC_ANSWER_BYTES_MAX) break;
    blocks.push({ block: decodeBlock(encoded), certificate });
  }
  return blocks;
}
