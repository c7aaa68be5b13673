// Owns: the way between a network key of the ledger and a libp2p peer id. Does not own: where the seed is kept.
import { equalBytes, fromHex, type Hex32, toHex } from '@consilium/core';
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';

/** `seed`: 32 bytes, the Ed25519 seed of the network key. */
export async function networkKeyPair(seed: Uint8Array): Promise<PrivateKey> {
  return rememberingLast(await generateKeyPairFromSeed('Ed25519', seed));
}

/** It signs the same for every connection: the key that the encryption was started with. Ed25519 gives the same signature. */
function rememberingLast(key: PrivateKey): PrivateKey {
  const sign = key.sign.bind(key);
  let last: { readonly message: Uint8Array; readonly signature: Uint8Array } | undefined;
  key.sign = async (data, options) => {
    const message = data.subarray();
    if (last === undefined || !equalBytes(last.message, message))
      last = { message: message.slice(), signature: await sign(data, options) };
    return last.signature;
  };
  return key;
}

/** What the ledger and `AdmittedPeer` carry: the raw Ed25519 public key. */
export function networkKeyOf(privateKey: PrivateKey): Hex32 {
  return toHex(privateKey.publicKey.raw);
}

export function peerIdOf(networkKey: Hex32): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(networkKey)));
}
