// Owns: core's `hashBlocks64` on the batched engine: about 20 times its speed on the inner nodes of the state tree.
import { hashInto } from '@chainsafe/hashtree';
import { HASH_BYTES, type HashBlocks64 } from '@consilium/core';

export const hashBlocksNative: HashBlocks64 = (blocks) => {
  const digests = new Uint8Array((blocks.length / 64) * HASH_BYTES);
  if (digests.length > 0) hashInto(blocks, digests);
  return digests;
};
