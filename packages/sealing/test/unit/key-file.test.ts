import { isConsiliumError, secretKeyFromSeed, toHex } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkNewPassphrase,
  createKeyFile,
  createKeySeal,
  formatKeyFile,
  isSealedKey,
  type KeyFile,
  parseKeyFile,
  readKeyFile,
  type SealedKeyFile,
  scryptPortable,
} from '../../src/index.ts';
import { SCRYPT_COST_MIN } from '../../src/limits.ts';

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const sealOf = (passphrase: string) => createKeySeal(bytesOf(passphrase), random, { n: SCRYPT_COST_MIN });

const PASSPHRASE = 'correct horse battery staple';
const key = secretKeyFromSeed(random(32));
const plain: KeyFile = { ...createKeyFile('Nord', 'validator', key), development: false };

async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (isConsiliumError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('a key file under a passphrase', () => {
  test('opens to what was sealed, and shows what is no secret without opening', async () => {
    const text = formatKeyFile(await sealOf(PASSPHRASE).seal(plain));
    const read = readKeyFile(text);
    expect(read).toMatchObject({ name: 'Nord', role: 'validator', publicKey: key.publicKey, version: 2 });
    expect(await sealOf(PASSPHRASE).open(read as SealedKeyFile)).toEqual(plain);
    expect(text).not.toContain(toHex(key.seed));
    expect(await codeOf(() => parseKeyFile(text))).toBe('KEY_FILE_ENCRYPTED');
  });

  test('the files of a home share the work of scrypt, and no nonce', async () => {
    let runs = 0;
    const scrypt: typeof scryptPortable = (...given) => {
      runs += 1;
      return scryptPortable(...given);
    };
    const seal = createKeySeal(bytesOf(PASSPHRASE), random, { n: SCRYPT_COST_MIN, scrypt });
    const files = await Promise.all([seal.seal(plain), seal.seal(plain), seal.seal(plain)]);
    await Promise.all(files.map((file) => seal.open(file)));
    expect(runs).toBe(1);
    expect(new Set(files.map(({ encryption }) => encryption.nonce)).size).toBe(3);
  });

  test('is refused alike for a wrong passphrase and for anything changed in it', async () => {
    const sealed = await sealOf(PASSPHRASE).seal(plain);
    const other = secretKeyFromSeed(random(32)).publicKey;
    const changed: SealedKeyFile[] = [
      { ...sealed, name: 'Ost' },
      { ...sealed, role: 'network' },
      { ...sealed, account: other },
      { ...sealed, publicKey: other },
      { ...sealed, development: true },
      { ...sealed, encryption: { ...sealed.encryption, nonce: '00'.repeat(12) } },
      { ...sealed, encryption: { ...sealed.encryption, salt: '00'.repeat(32) } },
      { ...sealed, encryption: { ...sealed.encryption, ciphertext: '00'.repeat(48) } },
      { ...sealed, encryption: { ...sealed.encryption, n: 2 * SCRYPT_COST_MIN } },
    ];
    for (const file of changed)
      expect(await codeOf(() => sealOf(PASSPHRASE).open(file))).toBe('PASSPHRASE_WRONG');
    expect(await codeOf(() => sealOf(`${PASSPHRASE} `).open(sealed))).toBe('PASSPHRASE_WRONG');
    expect(isSealedKey(sealed)).toBe(true);
  });

  test('cannot ask for more memory than is allowed, nor for a weak cost', async () => {
    const sealed = await sealOf(PASSPHRASE).seal(plain);
    const costs = [
      { n: 2 ** 30 },
      { n: 2 ** 19 },
      { n: 2 ** 13 },
      { n: 100_000 },
      { n: 0 },
      { n: -1 },
      { r: 1024 },
      { p: 64 },
    ];
    for (const cost of costs) {
      const text = JSON.stringify({ ...sealed, encryption: { ...sealed.encryption, ...cost } });
      expect(await codeOf(() => readKeyFile(text))).toBe('KEY_FILE_MALFORMED');
    }
  });

  test('takes no empty, endless or short passphrase', async () => {
    expect(await codeOf(() => sealOf(''))).toBe('PASSPHRASE_INVALID');
    expect(await codeOf(() => sealOf('x'.repeat(1_025)))).toBe('PASSPHRASE_INVALID');
    expect(await codeOf(() => checkNewPassphrase(bytesOf('ä'.repeat(11))))).toBe('PASSPHRASE_INVALID');
    expect(await codeOf(() => checkNewPassphrase(bytesOf('ä'.repeat(12))))).toBe('none');
  });

  test('after its passphrase was forgotten nothing opens', async () => {
    const seal = sealOf(PASSPHRASE);
    const sealed = await seal.seal(plain);
    seal.forget();
    expect(await codeOf(() => seal.open(sealed))).toBe('PASSPHRASE_WRONG');
  });
});

describe('reading a key file', () => {
  test('whatever stands in it, it is a key file or refused with a code that shows nothing of it', async () => {
    const sealed = await sealOf(PASSPHRASE).seal(plain);
    const secretOf = JSON.stringify(plain.seed).slice(1, 20);
    const judge = (text: string): void => {
      try {
        const read = readKeyFile(text);
        expect(read.kind).toBe('consilium-key');
      } catch (error) {
        expect(isConsiliumError(error, 'KEY_FILE_MALFORMED')).toBe(true);
        expect(JSON.stringify(error) + String(error)).not.toContain(secretOf);
      }
    };
    const parts = { ...plain, ...sealed, ...sealed.encryption };
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(parts)));
    const damaged = fc.record({
      whole: fc.constantFrom<object>(plain, sealed),
      field: fc.constantFrom(...Object.keys(parts)),
      value,
    });
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), judge));
    fc.assert(
      fc.property(damaged, ({ whole, field, value: put }) => {
        judge(JSON.stringify({ ...whole, [field]: put }));
        const { encryption } = whole as { encryption?: object };
        judge(JSON.stringify({ ...whole, encryption: { ...encryption, [field]: put } }));
      }),
    );
    const text = formatKeyFile(sealed);
    for (let length = 0; length < text.length; length += 1) judge(text.slice(0, length));
  });
});

test('scrypt is that of RFC 7914', async () => {
  const derived = await scryptPortable(bytesOf('pleaseletmein'), bytesOf('SodiumChloride'), {
    ...{ n: 16_384, r: 8, p: 1 },
  });
  expect(toHex(derived)).toBe('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2');
});
