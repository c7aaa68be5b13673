// Owns: AES-256-GCM of WebCrypto, with a nonce that is a number or given as its bytes.
import type { RecipientContext, SenderContext } from 'hpke';
import { TAG_BYTES } from './limits.ts';

/** A key of WebCrypto, which no one can read back. */
export type ContentKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export async function importKey(bytes: Uint8Array): Promise<ContentKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** The key that both ends of an HPKE context export under a label. */
export async function exportKey(
  context: SenderContext | RecipientContext,
  label: Uint8Array,
): Promise<ContentKey> {
  return importKey(await context.Export(label, 32));
}

export async function encrypt(
  key: ContentKey,
  nonce: number,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, aad), key, plaintext));
}

/** Rejects when the tag does not hold. */
export async function decrypt(
  key: ContentKey,
  nonce: number,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, aad), key, ciphertext));
}

/** `nonce`: 12 bytes, never twice with one key. */
export async function encryptAt(
  key: ContentKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(parametersAt(nonce, aad), key, plaintext));
}

/** Rejects when the tag does not hold. */
export async function decryptAt(
  key: ContentKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.decrypt(parametersAt(nonce, aad), key, ciphertext));
}

function parameters(nonce: number, aad: Uint8Array) {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setBigUint64(4, BigInt(nonce));
  return parametersAt(iv, aad);
}

function parametersAt(iv: Uint8Array, aad: Uint8Array) {
  return { name: 'AES-GCM', iv, additionalData: aad, tagLength: TAG_BYTES * 8 };
}
