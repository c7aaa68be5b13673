// Owns: a transaction signed by the run's registry. Does not own: handing it in.
import {
  type Action,
  concat,
  decodeTx,
  encode,
  fromHex,
  type Hex32,
  type SecretKey,
  signedBytes,
  type Tx,
  toHex,
  txPayloadShape,
} from '@consilium/core';
import type { KeyRegistry } from '../world/key-registry.ts';
import type { Founders } from './identities.ts';

export interface SigningWorld {
  readonly founders: Founders;
  readonly keys: KeyRegistry;
}

/** A hospital, or somebody with an account there. */
export interface Sender {
  readonly id: Hex32;
  readonly account: SecretKey;
}

/** `nonce`: 16 bytes. `validUntil`: milliseconds since the epoch. */
export function signActions(
  { founders, keys }: SigningWorld,
  { id, account }: Sender,
  actions: readonly Action[],
  nonce: Uint8Array,
  validUntil: number,
): Tx {
  const genesis = founders.genesisHash;
  const payload = encode(txPayloadShape, { genesis, sender: id, validUntil, nonce: toHex(nonce), actions });
  const signature = keys.sign(account, signedBytes('transaction', genesis, payload));
  return decodeTx(concat(payload, fromHex(signature)));
}
