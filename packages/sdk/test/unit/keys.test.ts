import { accountIdOf, isLedgerKey, secretKeyFromSeed, toHex } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import {
  addEnrolment,
  categoryTag,
  createKeyFile,
  createWallet,
  deriveNamedKey,
  enrolmentRequest,
  explainTags,
  findEnrolment,
  formatKeyFile,
  formatWallet,
  labelTag,
  type PatientWallet,
  parseKeyFile,
  parseWallet,
  patientKey,
  patientSigner,
  signerOf,
  tagOf,
  walletOfPhrase,
} from '../../src/index.ts';
import { countingRandom } from '../support/story.ts';

const GENESIS = '01'.repeat(32);
const HOSPITAL_A = 'aa'.repeat(32);
const HOSPITAL_B = 'bb'.repeat(32);
const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

function enrolledTwice(): PatientWallet {
  const random = countingRandom();
  const first = addEnrolment(walletOfPhrase(PHRASE), GENESIS, HOSPITAL_A, random);
  return addEnrolment(first.wallet, GENESIS, HOSPITAL_B, random).wallet;
}

describe("a patient's wallet", () => {
  test('has twelve words of which the same keys come again', () => {
    const wallet = createWallet(countingRandom());
    expect(wallet.phrase.split(' ')).toHaveLength(12);
    const { enrolment } = addEnrolment(wallet, GENESIS, HOSPITAL_A, countingRandom());
    const again = addEnrolment(walletOfPhrase(wallet.phrase), GENESIS, HOSPITAL_A, countingRandom());
    expect(again.enrolment.account).toBe(enrolment.account);
  });

  test('two wallets have different words', () => {
    const random = countingRandom();
    expect(createWallet(random).phrase).not.toBe(createWallet(random).phrase);
  });

  test('shares no public value between two institutions', () => {
    const wallet = enrolledTwice();
    const publicValues = wallet.enrolments.map((enrolment) => [
      enrolment.account,
      patientKey(wallet, enrolment).publicKey,
      enrolmentRequest(wallet, enrolment).possession,
      tagOf(enrolment.tagSecret, 1, 'label:PSY'),
    ]);
    expect(new Set(publicValues.flat()).size).toBe(8);
  });

  test('the account is fixed by the first key; a rotated key is another one of the same account', () => {
    const wallet = walletOfPhrase(PHRASE);
    const { enrolment } = addEnrolment(wallet, GENESIS, HOSPITAL_A, countingRandom());
    expect(enrolment.account).toBe(accountIdOf(patientKey(wallet, enrolment).publicKey));
    const rotated = patientSigner(wallet, { ...enrolment, rotation: 1 });
    expect(rotated.account).toBe(enrolment.account);
    expect(rotated.key.publicKey).not.toBe(patientKey(wallet, enrolment).publicKey);
    expect(isLedgerKey(rotated.key.publicKey)).toBe(true);
  });

  test('enrolling again at the same institution gives the enrolment it has, with its tag secret', () => {
    const wallet = enrolledTwice();
    const again = addEnrolment(wallet, GENESIS, HOSPITAL_A, countingRandom());
    expect(again.wallet).toBe(wallet);
    expect(again.enrolment).toBe(findEnrolment(wallet, GENESIS, HOSPITAL_A));
  });

  test('comes back from its file as it was', () => {
    const wallet = enrolledTwice();
    expect(parseWallet(formatWallet(wallet))).toEqual(wallet);
  });

  test.each([
    ['a word too few', PHRASE.split(' ').slice(1).join(' ')],
    ['two words exchanged', PHRASE.replace('legal winner', 'winner legal')],
    ['a word that is none', PHRASE.replace('yellow', 'gelb')],
    ['nothing', ''],
  ])('refuses a phrase with %s', (_what, phrase) => {
    expect(() => walletOfPhrase(phrase)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });

  test('takes a phrase as people type it', () => {
    expect(walletOfPhrase(`  ${PHRASE.toUpperCase().replaceAll(' ', '\n ')} `).phrase).toBe(PHRASE);
  });

  test.each([
    ['no JSON', '{'],
    ['another kind', '{"kind":"consilium-key"}'],
    ['another version', formatWallet(enrolledTwice()).replace('"version": 1', '"version": 2')],
    ['a damaged enrolment', formatWallet(enrolledTwice()).replace(HOSPITAL_A, 'aa')],
  ])('refuses a file that is %s', (_what, text) => {
    expect(() => parseWallet(text)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  });
});

describe('a key file', () => {
  const key = deriveNamedKey(new Uint8Array(32).fill(7), 'inselspital');

  test('comes back from its text and signs for its account', () => {
    const file = createKeyFile('inselspital', 'institution', key);
    expect(parseKeyFile(formatKeyFile(file))).toEqual(file);
    expect(signerOf(file)).toEqual({ account: accountIdOf(key.publicKey), key });
  });

  test('keeps the account when the key is a later one', () => {
    expect(createKeyFile('inselspital', 'institution', key, HOSPITAL_A).account).toBe(HOSPITAL_A);
  });

  test('refuses a seed that is not of its public key', () => {
    const file = createKeyFile('x', 'clinician', key);
    const other = { ...file, seed: toHex(new Uint8Array(32)) };
    expect(() => parseKeyFile(formatKeyFile(other))).toThrow(
      expect.objectContaining({ code: 'KEY_FILE_MALFORMED' }),
    );
  });

  test('the same name of the same seed gives the same key, another name another', () => {
    const seed = new Uint8Array(32).fill(7);
    expect(deriveNamedKey(seed, 'inselspital')).toEqual(key);
    expect(deriveNamedKey(seed, 'inselspital ')).not.toEqual(key);
    expect(secretKeyFromSeed(key.seed)).toEqual(key);
  });
});

describe('tags', () => {
  const secret = '5a'.repeat(32);

  test('are 16 bytes that depend on secret, generation and word', () => {
    const tag = tagOf(secret, 1, 'label:PSY');
    expect(tag).toMatch(/^[0-9a-f]{32}$/);
    const others = [
      tagOf('5b'.repeat(32), 1, 'label:PSY'),
      tagOf(secret, 2, 'label:PSY'),
      tagOf(secret, 1, 'label:HIV'),
    ];
    expect(others).not.toContain(tag);
  });

  test('a category and a label of the same word have different tags', () => {
    expect(categoryTag(secret, 1, 'therapy')).not.toBe(labelTag(secret, 1, 'therapy'));
  });

  test('can be told in words by who holds the secret, and by nobody else', () => {
    const tags = [
      labelTag(secret, 1, 'PSY'),
      categoryTag(secret, 1, 'laboratory'),
      labelTag(secret, 1, 'of their own'),
    ];
    expect(explainTags({ tagSecret: secret, tagGeneration: 1 }, tags)).toEqual([
      'PSY',
      'laboratory',
      tags[2],
    ]);
    expect(explainTags({ tagSecret: '00'.repeat(32), tagGeneration: 1 }, tags)).toEqual(tags);
  });
});
