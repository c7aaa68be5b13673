import { randomBytes } from 'node:crypto';
import { hashBlocks64, secretKeyFromSeed, sha256, signEd25519, verifyEd25519 } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import { createSodiumSigner, verifySodium } from '../../../src/crypto/ed25519-sodium.ts';
import { hashBlocksNative } from '../../../src/crypto/hash-blocks-native.ts';
import { sha256Native } from '../../../src/crypto/sha256-native.ts';

describe('native engines', () => {
  it('signs the same bytes as core, and each verifies what the other signed', () => {
    for (let length = 0; length < 40; length += 13) {
      const secret = secretKeyFromSeed(randomBytes(32));
      const message = randomBytes(length);
      const signature = createSodiumSigner(secret)(message);
      expect(signature).toBe(signEd25519(secret, message));
      expect(verifySodium(secret.publicKey, signature, message)).toBe(true);
      expect(verifyEd25519(secret.publicKey, signature, message)).toBe(true);
      expect(verifySodium(secret.publicKey, signature, randomBytes(length + 1))).toBe(false);
    }
  });

  it('answers malformed keys and signatures with false, not with an exception', () => {
    const secret = secretKeyFromSeed(randomBytes(32));
    const message = randomBytes(8);
    const signature = signEd25519(secret, message);
    for (const key of ['', 'zz', secret.publicKey.slice(2)])
      expect(verifySodium(key, signature, message)).toBe(false);
    for (const wrong of ['', signature.slice(2), `${signature}00`]) {
      expect(verifySodium(secret.publicKey, wrong, message)).toBe(false);
    }
  });

  it('hashes messages of any length to the digests of the plain engine', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 1_000]) {
      const message = Uint8Array.from(randomBytes(length));
      expect(sha256Native(message)).toEqual(sha256(message));
    }
  });

  it('hashes batches of blocks to the digests of the plain engine', () => {
    for (const count of [0, 1, 2, 7, 64, 257]) {
      const blocks = Uint8Array.from(randomBytes(count * 64));
      expect(hashBlocksNative(blocks)).toEqual(hashBlocks64(blocks));
    }
  });
});
