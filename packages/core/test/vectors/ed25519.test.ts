import { readFileSync } from 'node:fs';
import { verify as nobleVerify } from '@noble/ed25519';
import { describe, expect, it } from 'vitest';
import { fromHex, isLedgerKey, verifyEd25519 } from '../../src/index.ts';
import type { Ed25519Vectors } from '../kit/vectors/ed25519.ts';

const { signatures, keys } = JSON.parse(
  readFileSync(new URL('ed25519.json', import.meta.url), 'utf8'),
) as Ed25519Vectors;

describe('the published vectors of the signature rule', () => {
  it.each(signatures)('$valid: $name ($reason)', ({ key, signature, message, valid }) => {
    expect(verifyEd25519(key, signature, fromHex(message))).toBe(valid);
  });

  it('hold the signatures that RFC 8032 prints', () => {
    expect(signatures[0]).toMatchObject({
      key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    });
    expect(signatures[1]).toMatchObject({
      key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    });
    expect(signatures[2]).toMatchObject({
      key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    });
  });

  it('would be taken by a rule with the cofactor where they say so', () => {
    const inexact = signatures.filter(({ reason }) => reason.includes('cofactor'));
    expect(inexact.length).toBeGreaterThan(7);
    for (const { key, signature, message } of inexact) {
      expect(nobleVerify(fromHex(signature), fromHex(message), fromHex(key), { zip215: true })).toBe(true);
    }
  });

  it('would be taken by a rule without the check of orders where the order is the reason', () => {
    const small = signatures.filter(
      ({ reason, name }) => reason.startsWith('the order') && name !== 'all zero',
    );
    expect(small).toHaveLength(18);
    for (const { key, signature, message } of small) {
      expect(nobleVerify(fromHex(signature), fromHex(message), fromHex(key), { zip215: true })).toBe(true);
    }
  });

  it.each(keys)('a ledger key: $valid: $name ($reason)', ({ key, valid }) => {
    expect(isLedgerKey(key)).toBe(valid);
  });

  it('are not met by what is no key or no signature at all', () => {
    const { key, signature, message } = signatures[0] as Ed25519Vectors['signatures'][0];
    const bytes = fromHex(message);
    expect(verifyEd25519(key.slice(2), signature, bytes)).toBe(false);
    expect(verifyEd25519(key, signature.slice(2), bytes)).toBe(false);
    expect(verifyEd25519(key, `${signature}00`, bytes)).toBe(false);
    expect(verifyEd25519(key.toUpperCase(), signature, bytes)).toBe(false);
    expect(verifyEd25519('', '', bytes)).toBe(false);
    expect(isLedgerKey('')).toBe(false);
  });
});
