import { TAGS_PER_RECORD } from '@consilium/core';
import { LABELS } from '@consilium/fhir/describe';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addPatient,
  COMMON_CATEGORIES,
  COMMON_LABELS,
  type ConsentInWords,
  categoryTag,
  consentTerms,
  createRegister,
  explainTags,
  findPatient,
  formatGrant,
  formatRegister,
  grantOf,
  impliedLabels,
  labelTag,
  parseGrant,
  parseRegister,
  type RegisteredPatient,
  recordTags,
} from '../../src/index.ts';
import { countingRandom, TAG_KEY } from '../support/story.ts';

const words: ConsentInWords = {
  grantee: 'aa'.repeat(32),
  categories: ['laboratory'],
  permittedLabels: [],
  excludedLabels: [],
  purposes: ['TREAT'],
  from: 0,
  until: 1,
};

const inWords = (tags: readonly string[]): readonly string[] => explainTags(TAG_KEY, tags);

describe('the tags of a record', () => {
  const tagsOf = (category: string, labels: readonly string[]): readonly string[] =>
    recordTags(TAG_KEY, { category, labels }, countingRandom());

  test('are of its category, its labels and all that these imply', () => {
    const known = inWords(tagsOf('problems', ['ETHUD'])).filter((word) => !/^[0-9a-f]{32}$/.test(word));
    expect(known.toSorted()).toEqual(['ETH', 'ETHUD', 'SPI', 'SUD', 'problems']);
  });

  test('are as many for every record, sorted, and no two the same', () => {
    const labels = fc.subarray([...LABELS], { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...COMMON_CATEGORIES), labels, (category, some) => {
        const tags = tagsOf(category, some);
        expect(tags).toHaveLength(TAGS_PER_RECORD);
        expect(tags).toEqual([...new Set(tags)].sort());
      }),
    );
  });

  test('are refused when they are too many, since none may be left out', () => {
    expect(() => tagsOf('documents', LABELS)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });

  test('have one source of words with the descriptions of resources', () => {
    expect(COMMON_LABELS).toBe(LABELS);
    expect(COMMON_CATEGORIES).toContain('allergies');
  });
});

describe('a consent that permits a label', () => {
  const excludedBy = (permittedLabels: string[], excludedLabels: string[] = []): readonly string[] =>
    inWords(
      consentTerms({ ...words, permittedLabels, excludedLabels }, TAG_KEY).exceptions.flatMap(
        ({ labels }) => labels,
      ),
    );

  test('excludes every label that has nothing to do with it', () => {
    expect(excludedBy(['PSY'])).toEqual(expect.arrayContaining(['HIV', 'SDV', 'SUD', 'COGN', 'PSYTHPN']));
  });

  test.each([
    ['PSY', ['PSY', 'SPI', 'MH']],
    ['SUD', ['SUD', 'SPI', 'ETH', 'ETHUD', 'OPIOIDUD']],
    ['ETH', ['ETH', 'ETHUD', 'OPIOIDUD', 'SUD']],
  ])('does not exclude what is above or below %s, or the same by another name', (permitted, related) => {
    const excluded = excludedBy([permitted]);
    for (const label of related) expect(excluded).not.toContain(label);
  });

  test('lets no record pass that carries a label of its own beside', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LABELS), fc.constantFrom(...LABELS), (permitted, other) => {
        const related = impliedLabels(permitted).includes(other) || impliedLabels(other).includes(permitted);
        expect(excludedBy([permitted]).includes(other)).toBe(!related);
      }),
    );
  });

  test('keeps what the patient excludes by name, and a consent without labels excludes nothing else', () => {
    expect(excludedBy([], ['HIV'])).toEqual(['HIV']);
    expect(excludedBy([])).toEqual([]);
  });
});

describe('a grant', () => {
  const enrolment = {
    ...TAG_KEY,
    genesis: '01'.repeat(32),
    institution: '02'.repeat(32),
    account: '03'.repeat(32),
    rotation: 0,
  };

  test('hands over the tags of what is permitted, with their words, and no other', () => {
    const grant = grantOf({ ...words, permittedLabels: ['PSY'] }, enrolment);
    expect(grant.patient).toBe(enrolment.account);
    expect(grant.tags).toEqual([
      { tag: categoryTag(TAG_KEY.tagSecret, 1, 'laboratory'), word: 'laboratory' },
      { tag: labelTag(TAG_KEY.tagSecret, 1, 'PSY'), word: 'PSY' },
    ]);
  });

  test('of every category names each of them', () => {
    const grant = grantOf({ ...words, categories: [] }, enrolment);
    expect(grant.tags.map(({ word }) => word)).toEqual(COMMON_CATEGORIES);
  });

  test('comes back from its file, and a damaged file is refused', () => {
    const text = formatGrant(grantOf(words, enrolment));
    expect(formatGrant(parseGrant(text))).toBe(text);
    for (const damaged of [text.replace(enrolment.account, '03'), text.replace('"tag"', '"tog"'), '{}']) {
      expect(() => parseGrant(damaged)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    }
  });
});

describe("an institution's register of patients", () => {
  const empty = createRegister('01'.repeat(32), '02'.repeat(32));
  const anna: RegisteredPatient = {
    ...TAG_KEY,
    local: 'MRN 4711',
    account: '0a'.repeat(32),
    encryptionKey: null,
  };

  test('finds a patient by the number of the institution and by the pseudonym', () => {
    const register = addPatient(empty, anna);
    expect(findPatient(register, anna.local)).toEqual(anna);
    expect(findPatient(register, anna.account)).toEqual(anna);
    expect(findPatient(register, 'MRN 4712')).toBeUndefined();
  });

  test('takes new keys of a patient it knows, and never two patients under one name', () => {
    const register = addPatient(empty, anna);
    const renewed = { ...anna, tagSecret: '5e'.repeat(32), tagGeneration: 2 };
    expect(addPatient(register, renewed).patients).toEqual([renewed]);
    for (const other of [
      { ...anna, account: '0b'.repeat(32) },
      { ...anna, local: 'MRN 4712' },
    ]) {
      expect(() => addPatient(register, other)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    }
  });

  test('comes back from its file', () => {
    const register = addPatient(addPatient(empty, anna), {
      ...anna,
      local: '2',
      account: '0b'.repeat(32),
      encryptionKey: '0c'.repeat(32),
    });
    expect(parseRegister(formatRegister(register))).toEqual(register);
  });

  test.each([
    ['another kind', (text: string) => text.replace('consilium-register', 'consilium-wallet')],
    ['a short secret', (text: string) => text.replace(TAG_KEY.tagSecret, '11')],
    ['a generation that is none', (text: string) => text.replace('"tagGeneration": 1', '"tagGeneration": 0')],
    ['no JSON', () => 'MRN 4711'],
  ])('is refused with %s', (_what, damage) => {
    const text = formatRegister(addPatient(empty, anna));
    expect(() => parseRegister(damage(text))).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  });

  test('is refused when one pseudonym stands under two names', () => {
    const twice = { ...empty, patients: [anna, { ...anna, local: '2' }] };
    expect(() => parseRegister(formatRegister(twice))).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ rule: 'two patients of one account' }) }),
    );
  });
});
