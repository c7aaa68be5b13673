// Owns: signing as the account of a key file. Does not own: the file (@consilium/sealing), a patient's wallet (wallet.ts).
import { ConsiliumError, fromHex, secretKeyFromSeed } from '@consilium/core';
import type { KeyFile } from '@consilium/sealing';
import type { Signer } from './derive.ts';

export function signerOf({ account, seed }: Pick<KeyFile, 'account' | 'seed'>): Signer {
  return { account, key: secretKeyFromSeed(fromHex(seed)) };
}

/** The object in a file of ours. Throws `FILE_INVALID` when it is none of this kind. */
export function parseObject(text: string, kind: string): Readonly<Record<string, unknown>> {
  const value = tryParse(text);
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind)
    return value as Readonly<Record<string, unknown>>;
  throw new ConsiliumError('FILE_INVALID', { kind, rule: 'kind' });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
