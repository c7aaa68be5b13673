import {
  type ConsentTerms,
  canonicalSet,
  consentTermsShape,
  encode,
  type Hex32,
  OPEN_RULE,
} from '@consilium/core';
import { CATEGORIES, LABELS } from '@consilium/fhir/describe';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  categoryTag,
  consentFromFhir,
  consentToFhir,
  labelTag,
  ledgerReferencesIn,
  ledgerReferencesOut,
  type PlainConsent,
  type PlainRule,
  plainOfTerms,
  termsOfPlain,
} from '../../src/index.ts';
import { TAG_KEY } from '../support/story.ts';

const plain = (rule: Partial<PlainRule>): PlainConsent => ({
  decision: 'permit',
  period: { from: 0, until: 2_000_000_000_000 },
  rule: { ...OPEN_RULE, ...rule },
  exceptions: [],
  separateAuthorization: false,
  agreement: null,
});
const id: fc.Arbitrary<Hex32> = fc.stringMatching(/^[0-9a-f]{64}$/);
const { account, group, record } = ledgerReferencesOut;
const references = (of: (id: Hex32) => string): fc.Arbitrary<readonly string[]> =>
  fc.array(id, { maxLength: 3 }).map((ids) => canonicalSet(ids.map(of)));
const rule: fc.Arbitrary<PlainRule> = fc.record({
  actors: fc.array(
    fc.oneof(
      id.map((value) => ({ type: 'account', reference: account(value) }) as const),
      fc
        .tuple(id, fc.nat())
        .map(
          ([institution, index]) => ({ type: 'group', reference: group({ institution, index }) }) as const,
        ),
      fc.constant({ type: 'role', role: 'nurse' } as const),
    ),
    { maxLength: 3 },
  ),
  purposes: fc.subarray(['BTG', 'HRESCH', 'TREAT'] as const),
  categories: fc.subarray([...CATEGORIES], { maxLength: 4 }).map(canonicalSet),
  confidentiality: fc.option(fc.constantFrom('N' as const, 'R' as const)),
  labels: fc.subarray([...LABELS], { maxLength: 4 }).map(canonicalSet),
  dataPeriod: fc.option(fc.constant({ from: 24_000, until: 24_011 })),
  records: references(record),
  authors: references(account),
});
const consent: fc.Arbitrary<PlainConsent> = fc
  .tuple(
    rule,
    fc.array(fc.tuple(rule, fc.option(fc.constant({ from: 1, until: 2 }))), { maxLength: 3 }),
    fc.constantFrom('permit' as const, 'deny' as const),
  )
  .map(([root, exceptions, decision]) => ({
    ...plain(root),
    decision,
    exceptions: exceptions.map(([inner, period]) => ({ ...inner, period })),
  }));

const onLedger = (words: PlainConsent): ConsentTerms => termsOfPlain(words, ledgerReferencesIn, TAG_KEY);

describe('a consent in words', () => {
  test('comes back from the ledger as it went there', () => {
    fc.assert(
      fc.property(consent, (words) => {
        const terms = onLedger(words);
        expect(() => encode(consentTermsShape, terms)).not.toThrow();
        expect(plainOfTerms(terms, ledgerReferencesOut, TAG_KEY)).toEqual(words);
      }),
    );
  });

  test('stands on the ledger in tags, and in no word', () => {
    const terms = onLedger(plain({ categories: ['laboratory'], labels: ['PSY'] }));
    expect(terms.rule.categories).toEqual([
      categoryTag(TAG_KEY.tagSecret, TAG_KEY.tagGeneration, 'laboratory'),
    ]);
    expect(terms.rule.labels).toEqual([labelTag(TAG_KEY.tagSecret, TAG_KEY.tagGeneration, 'PSY')]);
    expect(JSON.stringify(terms)).not.toMatch(/laboratory|PSY/);
  });

  test('that names somebody unknown is refused with the place, not with the name', () => {
    const words: PlainConsent = {
      ...plain({}),
      exceptions: [{ ...OPEN_RULE, period: null, authors: [account('a'.repeat(64)), 'Practitioner/jones'] }],
    };
    expect(() => onLedger(words)).toThrow(
      expect.objectContaining({
        code: 'CONSENT_REFERENCE_UNKNOWN',
        data: { element: 'authors', provision: 1, position: 1 },
      }),
    );
  });

  test('cannot be told under another secret, nor when a tag stands for no known word', () => {
    const terms = onLedger(plain({ categories: ['laboratory'] }));
    const later = { ...TAG_KEY, tagGeneration: TAG_KEY.tagGeneration + 1 };
    expect(() => plainOfTerms(terms, ledgerReferencesOut, later)).toThrow(
      expect.objectContaining({ code: 'VALUE_INVALID', data: { field: 'tagGeneration' } }),
    );
    const odd = { ...terms, rule: { ...terms.rule, categories: ['00'.repeat(16)] } };
    expect(() => plainOfTerms(odd, ledgerReferencesOut, TAG_KEY)).toThrow(
      expect.objectContaining({ code: 'VALUE_INVALID', data: { field: 'tags' } }),
    );
  });

  test('goes as FHIR from one hospital to another', async () => {
    const words = plain({
      actors: [{ type: 'group', reference: group({ institution: 'b'.repeat(64), index: 3 }) }],
      records: [record('c'.repeat(64))],
      labels: ['HIV'],
    });
    const sent = consentToFhir(plainOfTerms(onLedger(words), ledgerReferencesOut, TAG_KEY), {
      patient: account('d'.repeat(64)),
    });
    const { consents, patient } = await consentFromFhir(sent);
    expect(patient).toBe(account('d'.repeat(64)));
    expect(consents.map(onLedger)).toEqual([onLedger(words)]);
  });
});

describe('a reference to the ledger', () => {
  const a = 'a'.repeat(64);

  test.each([`Organization/${a}`, `Practitioner/${a}`, `urn:consilium:account|${a}`])(
    'is %s',
    (reference) => {
      expect(ledgerReferencesIn.account(reference)).toBe(a);
    },
  );

  test.each([
    `Patient/${a}`,
    `Organization/${a}/x`,
    'urn:consilium:account|ff',
    `urn:consilium:group|${a}`,
    `urn:consilium:group|${a}/01`,
    `urn:consilium:group|${a}/1/2`,
    `urn:consilium:group|${a}/9999999999999999999`,
    `urn:other:record|${a}`,
  ])('is not %s', (reference) => {
    for (const find of Object.values(ledgerReferencesIn)) expect(find(reference)).toBeUndefined();
  });
});
