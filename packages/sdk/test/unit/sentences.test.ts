// One plain sentence for each consent, in every form that one can have.
import type { ConsentTerms } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import {
  categoryTag,
  consentSentence,
  labelException,
  ledgerReferencesIn,
  ledgerReferencesOut,
  OPEN_RULE,
  type PlainActor,
  type PlainConsent,
  type PlainException,
  type PlainRule,
  termsOfPlain,
  unrelatedLabels,
} from '../../src/index.ts';
import { TAG_KEY } from '../support/story.ts';

const X = 'aa'.repeat(32);
const KELLER = 'bb'.repeat(32);
const names = (id: string): string | undefined => ({ [X]: 'Inselspital', [KELLER]: 'Dr. Keller' })[id];

const account = (id: string): PlainActor => ({ type: 'account', reference: ledgerReferencesOut.account(id) });
const group: PlainActor = {
  type: 'group',
  reference: ledgerReferencesOut.group({ institution: X, index: 3 }),
};
const by = ledgerReferencesOut.account;
const record = (nr: number): string => ledgerReferencesOut.record(`${nr}${nr}`.repeat(32));
const WHOLE: PlainException = { ...OPEN_RULE, period: null };
const MAY = Date.UTC(2026, 4, 1);
const JUNE = Date.UTC(2027, 5, 1);

function sentence(
  rule: Partial<PlainRule>,
  wish: Partial<Omit<PlainConsent, 'rule'>> = {},
  key: typeof TAG_KEY | null = TAG_KEY,
): string {
  const consent: PlainConsent = {
    decision: 'permit',
    period: { from: MAY, until: JUNE },
    rule: { ...OPEN_RULE, ...rule },
    exceptions: [],
    separateAuthorization: false,
    agreement: null,
    ...wish,
  };
  const terms: ConsentTerms = termsOfPlain(consent, ledgerReferencesIn, TAG_KEY);
  const told = consentSentence(terms, key, names);
  expect(
    told.endsWith(' from 1 May 2026 until 1 June 2027.') || 'exceptions' in wish || 'period' in wish,
  ).toBe(true);
  return told.replace(', from 1 May 2026 until 1 June 2027', '');
}

describe('the sentence of a permit', () => {
  test.each<[Partial<PlainRule>, string]>([
    [{}, 'Everybody may see records of every category.'],
    [
      { actors: [account(X)], confidentiality: 'N' },
      'Inselspital may see records of every category, none that are specially protected.',
    ],
    [
      { actors: [account(KELLER), { type: 'role', role: 'privacy-officer' }, group] },
      'Dr. Keller, any privacy officer or group 3 of Inselspital may see records of every category.',
    ],
    [
      { actors: [{ type: 'role', role: 'nurse' }], categories: ['laboratory', 'imaging'] },
      'Any nurse may see records of the categories imaging and laboratory.',
    ],
    [
      { actors: [group], purposes: ['TREAT', 'HPAYMT'] },
      'Group 3 of Inselspital may see records of every category, for payment or treatment.',
    ],
    [
      { confidentiality: 'R' },
      'Everybody may see records of every category, up to restricted confidentiality.',
    ],
    [
      { confidentiality: 'L', labels: ['HIV'] },
      'Everybody may see records of every category, up to low confidentiality, also protected ones labelled HIV.',
    ],
    [
      { labels: ['HIV', 'PSY'] },
      'Everybody may see records of every category, only those labelled HIV or PSY.',
    ],
    [
      { dataPeriod: { from: 2024 * 12, until: 2024 * 12 + 5 }, authors: [by(X)] },
      'Everybody may see records of every category, of January 2024 to June 2024, written by Inselspital.',
    ],
    [
      { dataPeriod: { from: 2024 * 12, until: 2024 * 12 } },
      'Everybody may see records of every category, of January 2024.',
    ],
    [{ records: [record(1)] }, 'Everybody may see one named record.'],
    [
      { records: [record(1), record(2)], categories: ['laboratory'] },
      'Everybody may see 2 named records of the category laboratory.',
    ],
  ])('%j', (rule, told) => {
    expect(sentence(rule)).toBe(told);
  });

  test('of psychotherapy notes says that it is of these alone', () => {
    expect(
      sentence({ actors: [account(KELLER)], labels: ['PSYTHPN'] }, { separateAuthorization: true }),
    ).toBe('Dr. Keller may see psychotherapy notes, by a separate authorization of these alone.');
  });

  test('under an agreement says which, and how many terms were accepted', () => {
    const agreement = { project: 'P-17', terms: ['11'.repeat(32), '22'.repeat(32)] };
    const rule = { actors: [account(KELLER)], purposes: ['HRESCH'] } as const;
    expect(sentence(rule, { agreement })).toBe(
      'Dr. Keller may see records of every category, for research, under the data-use agreement P-17 with 2 accepted terms.',
    );
    expect(sentence(rule, { agreement: { ...agreement, terms: ['11'.repeat(32)] } })).toContain(
      'with one accepted term',
    );
  });

  test.each<[PlainConsent['period'], string]>([
    [{ from: 0, until: JUNE }, 'until 1 June 2027.'],
    [{ from: MAY, until: Date.UTC(10_000, 0, 1) }, 'from 1 May 2026 on.'],
    [{ from: 0, until: Date.UTC(10_000, 0, 1) }, 'for ever.'],
    [{ from: MAY + 3_600_000, until: JUNE }, 'from 1 May 2026, 01:00 UTC until 1 June 2027.'],
  ])('says when it holds: %j', (period, told) => {
    expect(sentence({}, { period })).toBe(`Everybody may see records of every category, ${told}`);
  });
});

describe('the sentence of a denial', () => {
  test.each<[Partial<PlainRule>, string]>([
    [{}, 'Nobody may see any record.'],
    [
      { actors: [account(KELLER)], purposes: ['BTG'] },
      'Dr. Keller may not see any record, for breaking the glass in an emergency.',
    ],
    [{ confidentiality: 'R' }, 'Nobody may see records, those of restricted confidentiality or higher.'],
    [
      { confidentiality: 'V', labels: ['HIV'] },
      'Nobody may see records, those of very restricted confidentiality or higher or labelled HIV.',
    ],
    [
      { categories: ['laboratory'], labels: ['PSY'] },
      'Nobody may see records of the category laboratory, those labelled PSY.',
    ],
  ])('%j', (rule, told) => {
    expect(sentence(rule, { decision: 'deny' })).toBe(told);
  });
});

describe('exceptions', () => {
  const permitted = (exceptions: readonly PlainException[], rule: Partial<PlainRule> = {}): string =>
    sentence({ actors: [account(X)], ...rule }, { exceptions });

  test('of labels read as part of what is protected', () => {
    expect(permitted(labelException(['HIV', 'PSY']))).toBe(
      'Inselspital may see records of every category, none labelled HIV or PSY.',
    );
    expect(
      permitted(labelException(unrelatedLabels(['SUD'])), { confidentiality: 'N', labels: ['SUD'] }),
    ).toBe(
      'Inselspital may see records of every category, also protected ones labelled SUD, none with another sensitivity label.',
    );
    expect(sentence({}, { decision: 'deny', exceptions: labelException(['HIV']) })).toBe(
      'Nobody may see any record, but still those labelled HIV.',
    );
  });

  test.each<[PlainConsent['decision'], Partial<PlainRule>, Partial<PlainException>, string]>([
    [
      'permit',
      { actors: [account(X)] },
      { categories: ['laboratory'], purposes: ['HPAYMT'] },
      'Inselspital may see records of every category, but may not see records of the category laboratory, for payment.',
    ],
    [
      'permit',
      { actors: [account(X)] },
      { actors: [account(KELLER)], labels: ['PSY'] },
      'Inselspital may see records of every category, but Dr. Keller may not see records, those labelled PSY.',
    ],
    [
      'permit',
      {},
      { confidentiality: 'R' },
      'Everybody may see records of every category, but nobody may see records, those of restricted confidentiality or higher.',
    ],
    [
      'deny',
      {},
      { purposes: ['ETREAT'] },
      'Nobody may see any record, but everybody may see records of every category, for emergency treatment.',
    ],
    [
      'deny',
      { actors: [account(KELLER)] },
      { confidentiality: 'L', authors: [by(X)] },
      'Dr. Keller may not see any record, but may see records of every category, up to low confidentiality, written by Inselspital.',
    ],
    [
      'deny',
      {},
      { actors: [{ type: 'role', role: 'doctor' }], period: { from: MAY, until: JUNE } },
      'Nobody may see any record, but any doctor may see records of every category.',
    ],
  ])('of a %s with %j: %j', (decision, rule, exception, told) => {
    const exceptions = [{ ...WHOLE, ...exception }];
    const whole = sentence(rule, { decision, exceptions });
    // The exception's own period stands at its end.
    expect(whole.replace(', from 1 May 2026 until 1 June 2027', '')).toBe(told);
    expect(whole === told).toBe(exception.period === undefined);
  });
});

test('without the key, or with one of another generation, tags stay as they are', () => {
  const tag = categoryTag(TAG_KEY.tagSecret, TAG_KEY.tagGeneration, 'laboratory');
  const told = `Everybody may see records of the category ${tag}.`;
  expect(sentence({ categories: ['laboratory'] }, {}, null)).toBe(told);
  expect(sentence({ categories: ['laboratory'] }, {}, { ...TAG_KEY, tagGeneration: 2 })).toBe(told);
});
