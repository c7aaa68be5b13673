// Owns: HPKE base mode of our suite written out from RFC 9180 over @noble and node:crypto: a second opinion on the
// library that sealing uses. For tests.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat, utf8 } from '@consilium/core';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

const EMPTY = new Uint8Array(0);
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concat(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02));
const VERSION = utf8('HPKE-v1');

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return extract(sha256, concat(VERSION, suite, utf8(label), ikm), salt);
}

function labeledExpand(
  suite: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return expand(sha256, key, concat(Uint8Array.of(0, length), VERSION, suite, utf8(label), info), length);
}

export interface NobleContext {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly exportSecret: (label: Uint8Array, length: number) => Uint8Array;
}

/** Section 4.1 and 5.1: the same context for sender (own = ephemeral) and recipient (own = recipient). */
export function createContext(
  ownSecret: Uint8Array,
  otherPublic: Uint8Array,
  enc: Uint8Array,
  recipientPublic: Uint8Array,
  info: Uint8Array,
): NobleContext {
  const shared = x25519.getSharedSecret(ownSecret, otherPublic);
  const kemPrk = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', shared);
  const sharedSecret = labeledExpand(KEM_SUITE, kemPrk, 'shared_secret', concat(enc, recipientPublic), 32);
  const context = concat(
    Uint8Array.of(0),
    labeledExtract(HPKE_SUITE, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(HPKE_SUITE, EMPTY, 'info_hash', info),
  );
  const secret = labeledExtract(HPKE_SUITE, sharedSecret, 'secret', EMPTY);
  const exporter = labeledExpand(HPKE_SUITE, secret, 'exp', context, 32);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, 32),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, 12),
    exportSecret: (label, length) => labeledExpand(HPKE_SUITE, exporter, 'sec', label, length),
  };
}

export function gcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Uint8Array.from(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

export function gcmOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(sealed.subarray(-16));
  return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]));
}
