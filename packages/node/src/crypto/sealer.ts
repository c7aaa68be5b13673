// Owns: the port `Sealer` over the sealing package, with this node's custody key, or both while they rotate. Does not own: what is sealed for whom.
import { isConsiliumError } from '@consilium/core';
import { type EncryptionKey, seal, sealShares, unsealShares } from '@consilium/sealing';
import type { Sealer, ShareToUnseal } from '../ports.ts';

const NOTHING: Uint8Array = new Uint8Array(0);

/** `failed` hears of whatever is no matter of keys: a runtime without the algorithms, a fault of our own. */
export function createSealer(keys: readonly EncryptionKey[], failed: (error: unknown) => void): Sealer {
  const answer = <T>(work: Promise<T>, done: (result: T) => void): void => {
    work.then(done).catch(failed);
  };
  return {
    seal: (publicKey, info, plaintext, done) =>
      answer(orUndefined(seal(publicKey, info, NOTHING, plaintext)), done),
    sealShares: (publicKey, info, items, done) =>
      answer(orUndefined(sealShares(publicKey, info, items)), done),
    unsealShares: (enc, info, items, done) => answer(unsealWithAny(keys, { enc, info, items }), done),
  };
}

interface Envelope {
  readonly enc: string;
  readonly info: Uint8Array;
  readonly items: readonly ShareToUnseal[];
}

/** An envelope is to one key: with the first that opens anything of it. */
async function unsealWithAny(
  keys: readonly EncryptionKey[],
  { enc, info, items }: Envelope,
): Promise<readonly (Uint8Array | undefined)[]> {
  let opened: readonly (Uint8Array | undefined)[] = items.map(() => undefined);
  for (const key of keys) {
    opened = await unsealShares(key, enc, info, items);
    if (opened.some((share) => share !== undefined)) break;
  }
  return opened;
}

async function orUndefined<T>(sealed: Promise<T>): Promise<T | undefined> {
  try {
    return await sealed;
  } catch (error) {
    if (isConsiliumError(error, 'SEAL_INVALID')) return undefined;
    throw error;
  }
}
