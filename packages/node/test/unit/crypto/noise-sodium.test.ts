import { pureJsCrypto } from '@chainsafe/libp2p-noise';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseSodium } from '../../../src/crypto/noise-sodium.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const nonce = bytes(12);
const key = bytes(32);
const additional = fc.constantFrom(new Uint8Array(0), new Uint8Array(32).fill(7));
const message = fc.uint8Array({ maxLength: 2_000 });

describe('the primitives of noise', () => {
  it('agree with the portable ones on keys and secrets', () => {
    fc.assert(
      fc.property(key, key, (ours, theirs) => {
        const pair = noiseSodium.generateX25519KeyPairFromSeed(ours);
        const other = pureJsCrypto.generateX25519KeyPairFromSeed(theirs);
        expect(pair.publicKey).toEqual(pureJsCrypto.generateX25519KeyPairFromSeed(ours).publicKey);
        expect(noiseSodium.generateX25519SharedKey(pair.privateKey, other.publicKey)).toEqual(
          pureJsCrypto.generateX25519SharedKey(other.privateKey, pair.publicKey),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('draw a key pair whose halves belong together, and another each time', () => {
    const { publicKey, privateKey } = noiseSodium.generateX25519KeyPair();
    expect(pureJsCrypto.generateX25519KeyPairFromSeed(privateKey).publicKey).toEqual(publicKey);
    expect(noiseSodium.generateX25519KeyPair().privateKey).not.toEqual(privateKey);
  });

  it('refuse a key of low order', () => {
    const { privateKey } = noiseSodium.generateX25519KeyPair();
    for (const low of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))])
      expect(() => noiseSodium.generateX25519SharedKey(privateKey, low)).toThrow();
  });

  it('seal as the portable ones do, and open what they sealed', () => {
    fc.assert(
      fc.property(message, nonce, additional, key, (plain, n, ad, k) => {
        const sealed = pureJsCrypto.chaCha20Poly1305Encrypt(plain, n, ad, k).subarray();
        expect(noiseSodium.chaCha20Poly1305Encrypt(plain, n, ad, k)).toEqual(sealed);
        expect(noiseSodium.chaCha20Poly1305Decrypt(sealed, n, ad, k)).toEqual(plain);
      }),
    );
  });

  it('take what comes in several pieces', () => {
    // As much of the library's list of pieces as is looked at: it joins them when it is asked for bytes.
    type Pieces = Exclude<Parameters<typeof noiseSodium.hashSHA256>[0], Uint8Array>;
    const cut = (whole: Uint8Array): Pieces =>
      ({ byteLength: whole.length, subarray: () => whole.slice() }) as unknown as Pieces;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 300 }), nonce, key, key, (plain, n, k, ours) => {
        const pair = noiseSodium.generateX25519KeyPair();
        const none = new Uint8Array(0);
        const sealed = noiseSodium.chaCha20Poly1305Encrypt(plain, n, none, k).subarray();
        expect(noiseSodium.chaCha20Poly1305Encrypt(cut(plain), n, none, k)).toEqual(sealed);
        expect(noiseSodium.chaCha20Poly1305Decrypt(cut(sealed), n, none, k)).toEqual(plain);
        expect(noiseSodium.hashSHA256(cut(plain))).toEqual(noiseSodium.hashSHA256(plain));
        expect(noiseSodium.generateX25519SharedKey(cut(ours), cut(pair.publicKey))).toEqual(
          noiseSodium.generateX25519SharedKey(ours, pair.publicKey),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('open nothing of which a bit is flipped, or that is shorter than its tag', () => {
    fc.assert(
      fc.property(message, nonce, additional, key, fc.nat(), (plain, n, ad, k, at) => {
        const sealed = noiseSodium.chaCha20Poly1305Encrypt(plain, n, ad, k).subarray().slice();
        const where = at % sealed.length;
        sealed[where] = (sealed[where] ?? 0) ^ 1;
        expect(() => noiseSodium.chaCha20Poly1305Decrypt(sealed, n, ad, k)).toThrow();
      }),
    );
    expect(() =>
      noiseSodium.chaCha20Poly1305Decrypt(
        new Uint8Array(15),
        new Uint8Array(12),
        new Uint8Array(0),
        new Uint8Array(32),
      ),
    ).toThrow();
  });

  it('hash as the portable ones do, and derive the same keys', () => {
    fc.assert(
      fc.property(message, key, (data, chaining) => {
        expect(noiseSodium.hashSHA256(data)).toEqual(pureJsCrypto.hashSHA256(data));
        expect(noiseSodium.getHKDF(chaining, data)).toEqual(pureJsCrypto.getHKDF(chaining, data));
      }),
    );
  });
});
