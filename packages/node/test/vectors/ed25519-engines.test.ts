import { readFileSync } from 'node:fs';
import {
  fromHex,
  isLedgerKey,
  secretKeyFromSeed,
  sha256,
  signEd25519,
  toHex,
  verifyEd25519,
} from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLedgerKeySodium, verifySodium } from '../../src/crypto/ed25519-sodium.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly signature: string;
  readonly message: string;
  readonly valid: boolean;
  readonly reason: string;
}

const file = new URL('../../../core/test/vectors/ed25519.json', import.meta.url);
const { signatures, keys } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly signatures: readonly Vector[];
  readonly keys: readonly Pick<Vector, 'name' | 'key' | 'valid' | 'reason'>[];
};

describe('libsodium, with which validators verify', () => {
  it.each(signatures)(
    'follows the pinned rule: $valid: $name ($reason)',
    ({ key, signature, message, valid }) => {
      expect(verifySodium(key, signature, fromHex(message))).toBe(valid);
    },
  );

  it.each(keys)('takes the keys that may enter the ledger: $valid: $name ($reason)', ({ key, valid }) => {
    expect(isLedgerKeySodium(key)).toBe(valid);
  });

  it('agrees with the rule of ledger keys on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(isLedgerKeySodium(toHex(bytes))).toBe(isLedgerKey(toHex(bytes)));
      }),
    );
    expect(isLedgerKeySodium('')).toBe(false);
  });

  it('agrees with the pinned rule on signatures with any bit changed', () => {
    const secret = secretKeyFromSeed(sha256(Uint8Array.of(1)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.option(fc.nat(511)), (message, bit) => {
        const bytes = fromHex(signEd25519(secret, message));
        if (bit !== null) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const signature = Buffer.from(bytes).toString('hex');
        const pinned = verifyEd25519(secret.publicKey, signature, message);
        expect(verifySodium(secret.publicKey, signature, message)).toBe(pinned);
        expect(pinned).toBe(bit === null);
      }),
    );
  });
});
