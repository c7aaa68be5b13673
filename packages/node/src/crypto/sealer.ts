// Owns: the port `Sealer` over the sealing package, with this node's custody key. Does not own: what is sealed for whom.
import { isConsiliumError } from '@consilium/core';
import { type EncryptionKey, seal, sealShares, unsealShares } from '@consilium/sealing';
import type { Sealer } from '../ports.ts';

const NOTHING: Uint8Array = new Uint8Array(0);

/** `failed` hears of whatever is no matter of keys: a runtime without the algorithms, a fault of our own. */
export function createSealer(key: EncryptionKey, failed: (error: unknown) => void): Sealer {
  const answer = <T>(work: Promise<T>, done: (result: T) => void): void => {
    work.then(done).catch(failed);
  };
  return {
    seal: (publicKey, info, plaintext, done) =>
      answer(orUndefined(seal(publicKey, info, NOTHING, plaintext)), done),
    sealShares: (publicKey, info, items, done) =>
      answer(orUndefined(sealShares(publicKey, info, items)), done),
    unsealShares: (enc, info, items, done) => answer(unsealShares(key, enc, info, items), done),
  };
}

async function orUndefined<T>(sealed: Promise<T>): Promise<T | undefined> {
  try {
    return await sealed;
  } catch (error) {
    if (isConsiliumError(error, 'SEAL_INVALID')) return undefined;
    throw error;
  }
}
