// Owns: envelopes to one key: HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
// Does not own: many shares under one context (shares.ts), wraps (wrap.ts), content (content.ts).
import { fromHex, type Hex32, toHex, tryFromHex } from '@consilium/core';
import {
  AEAD_AES_256_GCM,
  CipherSuite,
  KDF_HKDF_SHA256,
  KEM_DHKEM_X25519_HKDF_SHA256,
  type RecipientContext,
  type SenderContext,
} from 'hpke';
import type { EncryptionKey } from './keys.ts';
import { ENVELOPE_PLAIN_BYTES_MAX, TAG_BYTES } from './limits.ts';
import { opening, sealInvalid } from './refusals.ts';

/** An envelope: the sender's ephemeral public key, and the ciphertext with its tag. */
export interface Sealed {
  readonly enc: Hex32;
  readonly sealed: Uint8Array;
}

export interface Sender {
  readonly enc: Hex32;
  readonly context: SenderContext;
}

function createSuite(): CipherSuite {
  return new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);
}

/**
 * A context that only the holder of `publicKey` can set up again. SEAL_INVALID when the key is malformed or of low
 * order: the shared secret would be known to everybody (RFC 9180, 7.1.4).
 */
export async function setUpSender(publicKey: Hex32, info: Uint8Array): Promise<Sender> {
  const keyBytes = tryFromHex(publicKey);
  if (keyBytes?.length !== 32) throw sealInvalid();
  return opening(async () => {
    const suite = createSuite();
    const key = await suite.DeserializePublicKey(keyBytes);
    const { encapsulatedSecret, ctx } = await suite.SetupSender(key, { info });
    return { enc: toHex(encapsulatedSecret), context: ctx };
  });
}

/** The sender's context anew. SEAL_INVALID when `enc` is malformed or of low order. */
export async function setUpRecipient(
  key: EncryptionKey,
  enc: Hex32,
  info: Uint8Array,
): Promise<RecipientContext> {
  const encBytes = tryFromHex(enc);
  if (encBytes?.length !== 32) throw sealInvalid();
  return opening(async () => {
    const suite = createSuite();
    const privateKey = await suite.DeserializePrivateKey(key.seed);
    const publicKey = await suite.DeserializePublicKey(fromHex(key.publicKey));
    return suite.SetupRecipient({ privateKey, publicKey }, encBytes, { info });
  });
}

/** Seals to a public key. `info` and `aad` are not sent; the opener must have the same. SEAL_INVALID: no usable key. */
export async function seal(
  publicKey: Hex32,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Sealed> {
  if (plaintext.length > ENVELOPE_PLAIN_BYTES_MAX) throw new Error('invariant: too much for an envelope');
  const { enc, context } = await setUpSender(publicKey, info);
  return { enc, sealed: await opening(() => context.Seal(plaintext, aad)) };
}

/** The plaintext of an envelope. SEAL_INVALID: another key, info or aad, or any byte changed. */
export async function unseal(
  key: EncryptionKey,
  { enc, sealed }: Sealed,
  info: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  if (sealed.length < TAG_BYTES || sealed.length > ENVELOPE_PLAIN_BYTES_MAX + TAG_BYTES) throw sealInvalid();
  const context = await setUpRecipient(key, enc, info);
  return opening(() => context.Open(sealed, aad));
}
