// Owns: sending ciphertext to a node as it is made, in portions, so that a scan of any size streams. Does not own: which
// node (deposit.ts).
import type { Hex32 } from '@consilium/core';
import type { Session } from '../client/session.ts';
import { BLOB_PORTION_BYTES_MAX, BLOB_PORTION_COUNT_MAX, BLOB_PORTION_MARGIN_BYTES } from '../limits.ts';
import { storeBlobs } from './custody-calls.ts';
import type { Patience } from './patience.ts';
import { type SealedChunk, type SecretRecord, sealedChunks } from './seal.ts';

/** Encrypts the records and stores every piece at the node. At most one portion and one piece are in memory. */
export async function uploadRecords(
  session: Session,
  node: string,
  records: readonly SecretRecord[],
  patience: Patience,
): Promise<void> {
  let portion: SealedChunk[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    patience.check();
    const ids: Hex32[] = portion.map(({ id }) => id);
    const blobs = portion.map(({ sealed }) => sealed);
    portion = [];
    bytes = 0;
    if (blobs.length > 0) await storeBlobs(session, node, blobs, ids);
  };
  for (const record of records) {
    for await (const chunk of sealedChunks(record)) {
      const full = bytes + chunk.bytes > BLOB_PORTION_BYTES_MAX - BLOB_PORTION_MARGIN_BYTES;
      if (full || portion.length === BLOB_PORTION_COUNT_MAX) await send();
      portion.push(chunk);
      bytes += chunk.bytes;
    }
  }
  await send();
}
