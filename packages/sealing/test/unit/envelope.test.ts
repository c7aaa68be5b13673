import { isSealableKey, toHex, utf8 } from '@consilium/core';
import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encryptionKeyFromSeed,
  SHARES_MAX,
  seal,
  sealShares,
  unseal,
  unsealShares,
  unwrapSecret,
  wrapSecret,
} from '../../src/index.ts';
import { codeOfRefusal, flipped, scalarOf } from '../kit/streams.ts';

const key = encryptionKeyFromSeed(scalarOf('key'));
const other = encryptionKeyFromSeed(scalarOf('other key'));
const info = utf8('info');
const aad = utf8('aad');

/** All encodings of u-coordinates of order dividing 8 of the curve and its twist, below 2^255, and with the top bit. */
const P = 2n ** 255n - 19n;
const ORDER_8_U = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];
const LOW_ORDER = [0n, 1n, P - 1n, P, P + 1n, ...ORDER_8_U]
  .flatMap((u) => [u, u + 2n ** 255n])
  .map((u) => toHex(Uint8Array.from({ length: 32 }, (_, at) => Number((u >> BigInt(8 * at)) & 0xffn))));

describe('an envelope', () => {
  it('opens to what was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }),
        async (plaintext, someInfo, someAad) => {
          const sealed = await seal(key.publicKey, someInfo, someAad, plaintext);
          expect(sealed.sealed).toHaveLength(plaintext.length + 16);
          expect(await unseal(key, sealed, someInfo, someAad)).toEqual(plaintext);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is another one each time', async () => {
    const [first, second] = await Promise.all([
      seal(key.publicKey, info, aad, aad),
      seal(key.publicKey, info, aad, aad),
    ]);
    expect(first.enc).not.toBe(second.enc);
  });

  it('does not open under another key, info or associated data', async () => {
    const sealed = await seal(key.publicKey, info, aad, utf8('secret'));
    expect(await codeOfRefusal(unseal(other, sealed, info, aad))).toBe('SEAL_INVALID');
    expect(await codeOfRefusal(unseal(key, sealed, utf8('infO'), aad))).toBe('SEAL_INVALID');
    expect(await codeOfRefusal(unseal(key, sealed, info, utf8('aaD')))).toBe('SEAL_INVALID');
  });

  it('does not open with any byte changed, cut or added', async () => {
    const { enc, sealed } = await seal(key.publicKey, info, aad, utf8('secret'));
    const changed = [
      ...Array.from(sealed, (_, at) => flipped(sealed, at)),
      sealed.subarray(1),
      sealed.subarray(0, -1),
      sealed.subarray(0, 15),
      new Uint8Array(0),
      Uint8Array.of(...sealed, 0),
    ];
    for (const bytes of changed)
      expect(await codeOfRefusal(unseal(key, { enc, sealed: bytes }, info, aad))).toBe('SEAL_INVALID');
    for (const wrong of ['', enc.slice(2), `${enc}00`, enc.toUpperCase(), other.publicKey])
      expect(await codeOfRefusal(unseal(key, { enc: wrong, sealed }, info, aad))).toBe('SEAL_INVALID');
  });

  it('is not sealed to a key that is none, and does not open from one', async () => {
    const { sealed } = await seal(key.publicKey, info, aad, utf8('secret'));
    for (const publicKey of [...LOW_ORDER, '', 'zz', key.publicKey.slice(2)]) {
      expect(await codeOfRefusal(seal(publicKey, info, aad, aad))).toBe('SEAL_INVALID');
      expect(await codeOfRefusal(unseal(key, { enc: publicKey, sealed }, info, aad))).toBe('SEAL_INVALID');
    }
  });
});

describe('shares under one context', () => {
  const items = Array.from({ length: 5 }, (_, position) => ({
    aad: utf8(`record ${position}`),
    share: scalarOf(`share ${position}`),
  }));

  it('open all, any one alone, and in any order', async () => {
    const { enc, sealed } = await sealShares(key.publicKey, info, items);
    const at = (position: number) => ({
      position,
      aad: utf8(`record ${position}`),
      sealed: sealed[position] ?? new Uint8Array(0),
    });
    for (const positions of [[0, 1, 2, 3, 4], [0], [3], [4, 1], []]) {
      const opened = await unsealShares(key, enc, info, positions.map(at));
      expect(opened).toEqual(positions.map((position) => items[position]?.share));
    }
  });

  it('leave out those that do not open, and only those', async () => {
    const { enc, sealed } = await sealShares(key.publicKey, info, items);
    const [first = info, second = info] = sealed;
    const opened = await unsealShares(key, enc, info, [
      { position: 0, aad: utf8('record 0'), sealed: first },
      { position: 1, aad: utf8('record 1'), sealed: first },
      { position: 0, aad: utf8('record 1'), sealed: first },
      { position: 1, aad: utf8('record 1'), sealed: flipped(second, 3) },
      { position: 1, aad: utf8('record 1'), sealed: second.subarray(1) },
      { position: 1.5, aad: utf8('record 1'), sealed: second },
      { position: -1, aad: utf8('record 1'), sealed: second },
      { position: 2 ** 32 + 1, aad: utf8('record 1'), sealed: second },
      { position: 1, aad: utf8('record 1'), sealed: second },
    ]);
    expect(opened.map((share) => share !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('do not open for another custodian, batch or sender', async () => {
    const { enc, sealed } = await sealShares(key.publicKey, info, items);
    const asked = [{ position: 0, aad: utf8('record 0'), sealed: sealed[0] ?? info }];
    expect(await unsealShares(other, enc, info, asked)).toEqual([undefined]);
    expect(await unsealShares(key, enc, utf8('another batch'), asked)).toEqual([undefined]);
    expect(await unsealShares(key, other.publicKey, info, asked)).toEqual([undefined]);
    for (const wrong of [...LOW_ORDER, '', 'zz'])
      expect(await unsealShares(key, wrong, info, asked)).toEqual([undefined]);
  });

  it('is sealed to public keys that are those of RFC 7748, by @noble/curves', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        expect(encryptionKeyFromSeed(seed).publicKey).toBe(toHex(x25519.getPublicKey(seed)));
      }),
    );
  });

  it('is never sealed to a key of small order, and the ledger takes none of them', () => {
    for (const publicKey of LOW_ORDER) {
      expect(isSealableKey(publicKey)).toBe(false);
    }
    expect(isSealableKey(encryptionKeyFromSeed(new Uint8Array(32).fill(7)).publicKey)).toBe(true);
  });

  it('are sealed to usable keys only, and no more than a batch holds', async () => {
    for (const publicKey of LOW_ORDER)
      expect(await codeOfRefusal(sealShares(publicKey, info, items))).toBe('SEAL_INVALID');
    const many = Array.from({ length: SHARES_MAX + 1 }, () => ({ aad, share: scalarOf('one') }));
    await expect(sealShares(key.publicKey, info, many)).rejects.toThrow('invariant');
    await expect(sealShares(key.publicKey, info, [{ aad, share: aad }])).rejects.toThrow('invariant');
  });
});

describe('a wrap', () => {
  const genesis = toHex(scalarOf('genesis'));
  const commitment = toHex(scalarOf('commitment'));
  const secret = scalarOf('secret');

  it('gives the secret to its patient, for its record and network only', async () => {
    const wrap = await wrapSecret(key.publicKey, genesis, commitment, secret);
    expect(await unwrapSecret(key, genesis, commitment, wrap)).toEqual(secret);
    const wrong = [
      () => unwrapSecret(other, genesis, commitment, wrap),
      () => unwrapSecret(key, commitment, commitment, wrap),
      () => unwrapSecret(key, genesis, genesis, wrap),
    ];
    for (const open of wrong) expect(await codeOfRefusal(open())).toBe('SEAL_INVALID');
  });

  it('of what is no secret is refused', async () => {
    const wrapInfo = new Uint8Array(64);
    wrapInfo.set(utf8('consilium/wrap/v1'));
    wrapInfo.set(scalarOf('genesis'), 32);
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(0xff), secret.subarray(1)]) {
      await expect(wrapSecret(key.publicKey, genesis, commitment, wrong)).rejects.toThrow('invariant');
      const wrap = await seal(key.publicKey, wrapInfo, scalarOf('commitment'), wrong);
      expect(await codeOfRefusal(unwrapSecret(key, genesis, commitment, wrap))).toBe('SEAL_INVALID');
    }
  });
});
