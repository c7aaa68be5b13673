import { readFileSync } from 'node:fs';
import { fromHex, toHex, utf8 } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import { setUpRecipient } from '../../src/envelope.ts';
import { encryptionKeyFromSeed, seal, sealShares, unseal } from '../../src/index.ts';
import { createContext, gcmOpen, gcmSeal } from '../kit/hpke-noble.ts';

interface Vector {
  readonly info: string;
  readonly skEm: string;
  readonly enc: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly exports: readonly { readonly context: string; readonly value: string }[];
}

const vector = JSON.parse(readFileSync(new URL('rfc9180.json', import.meta.url), 'utf8')) as Vector;
const key = encryptionKeyFromSeed(fromHex(vector.skRm));
const [info, aad, enc] = [fromHex(vector.info), fromHex(vector.aad), fromHex(vector.enc)];

describe('the vector of RFC 9180 for our suite', () => {
  it('has the public keys that its secret keys give', () => {
    expect(key.publicKey).toBe(vector.pkRm);
    expect(encryptionKeyFromSeed(fromHex(vector.skEm)).publicKey).toBe(vector.enc);
  });

  it('opens', async () => {
    const sealed = { enc: vector.enc, sealed: fromHex(vector.ciphertext) };
    expect(toHex(await unseal(key, sealed, info, aad))).toBe(vector.plaintext);
  });

  it('exports the same secrets', async () => {
    const context = await setUpRecipient(key, vector.enc, info);
    for (const { context: label, value } of vector.exports)
      expect(toHex(await context.Export(fromHex(label), 32))).toBe(value);
  });

  it('is what the composition from @noble seals and exports', () => {
    const recipient = fromHex(vector.pkRm);
    const context = createContext(fromHex(vector.skEm), recipient, enc, recipient, info);
    expect(toHex(gcmSeal(context.key, context.nonce, aad, fromHex(vector.plaintext)))).toBe(
      vector.ciphertext,
    );
    for (const { context: label, value } of vector.exports)
      expect(toHex(context.exportSecret(fromHex(label), 32))).toBe(value);
  });
});

describe('the composition from @noble', () => {
  const recipient = fromHex(key.publicKey);

  it('opens what is sealed here', async () => {
    const sealed = await seal(key.publicKey, info, aad, utf8('a share'));
    const sender = fromHex(sealed.enc);
    const context = createContext(key.seed, sender, sender, recipient, info);
    expect(gcmOpen(context.key, context.nonce, aad, sealed.sealed)).toEqual(utf8('a share'));
  });

  it('opens every share that is sealed here, by the label that the format names', async () => {
    const items = [1, 2, 3].map((number) => ({
      aad: Uint8Array.of(number),
      share: new Uint8Array(32).fill(number),
    }));
    const shares = await sealShares(key.publicKey, info, items);
    const sender = fromHex(shares.enc);
    const context = createContext(key.seed, sender, sender, recipient, info);
    const opened = shares.sealed.map((sealed, position) => {
      const label = new Uint8Array(36);
      label.set(utf8('consilium/share/v1'));
      label[35] = position;
      const itemAad = items[position]?.aad ?? new Uint8Array(0);
      return gcmOpen(context.exportSecret(label, 32), new Uint8Array(12), itemAad, sealed);
    });
    expect(opened).toEqual(items.map(({ share }) => share));
  });
});
