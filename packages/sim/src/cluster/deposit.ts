// Owns: handing sealed records to a node: first the ciphertext, then the package, until enough receipts are there. Does
// not own: making them (authored.ts), their registration.
import { isConsiliumError, type Receipt } from '@consilium/core';
import type { Authored } from './authored.ts';
import type { SimNode } from './sim-node.ts';

const PUSH_MS = 8_000;

/** `done` with the receipts of a registration; undefined: not enough of them, or the node would not. Never when it dies. */
export function depositRecords(
  { custody }: Pick<SimNode, 'custody'>,
  authored: Authored,
  done: (receipts: readonly Receipt[] | undefined) => void,
): void {
  if (custody === undefined) return done(undefined);
  custody.storeBlobs(authored.blobs, (stored) => {
    if (isConsiliumError(stored)) return done(undefined);
    custody.push(authored.bytes, PUSH_MS, (gathered) => {
      const isEnough = !isConsiliumError(gathered) && gathered.receipts.length >= gathered.needed;
      done(isEnough ? gathered.receipts : undefined);
    });
  });
}
