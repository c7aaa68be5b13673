import { CLINICIAN_ROLES, CONFIDENTIALITY_LEVELS, canonicalSet, OPEN_RULE, PURPOSES } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consentFromFhir,
  consentToFhir,
  FOREVER_MS,
  type PlainActor,
  type PlainConsent,
  type PlainRule,
  readConsent,
} from '../../src/consent/index.ts';
import { CATEGORIES, checkResource, LABELS } from '../../src/index.ts';

const id = fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/);
const account = fc.oneof(
  fc.tuple(fc.constantFrom('Organization', 'Practitioner', 'Device'), id).map((parts) => parts.join('/')),
  id.map((value) => `urn:hospital|${value}`),
);
const group = fc.oneof(
  id.map((value) => `Group/${value}`),
  id.map((value) => `urn:wards|${value}`),
);
const actor: fc.Arbitrary<PlainActor> = fc.oneof(
  account.map((reference) => ({ type: 'account', reference }) as const),
  group.map((reference) => ({ type: 'group', reference }) as const),
  fc.constantFrom(...CLINICIAN_ROLES).map((role) => ({ type: 'role', role }) as const),
);
const setOf = <T extends string>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.array(item, { maxLength: 4 }).map(canonicalSet);
const someOf = <T extends string>(values: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.subarray([...values], { maxLength: 4 }).map(canonicalSet);
const spanOf = (from: number, until: number) =>
  fc
    .tuple(fc.integer({ min: from, max: until }), fc.integer({ min: from, max: until }))
    .map(([a, b]) => ({ from: Math.min(a, b), until: Math.max(a, b) }));
const months = fc.oneof(
  spanOf(12, 119_999),
  fc.integer({ min: 12, max: 119_999 }).map((until) => ({ from: 0, until })),
);
const period = fc.oneof(
  spanOf(0, FOREVER_MS - 1).map(({ from, until }) => ({ from, until: until + 1 })),
  fc.integer({ min: 1, max: FOREVER_MS - 1 }).map((from) => ({ from, until: FOREVER_MS })),
);
const named = fc.oneof(
  setOf(account).map((records) => ({ records, authors: [] })),
  setOf(account).map((authors) => ({ records: [], authors })),
);
const rule: fc.Arbitrary<PlainRule> = fc
  .record({
    actors: fc.uniqueArray(actor, { maxLength: 4, selector: (each) => JSON.stringify(each) }),
    purposes: someOf(PURPOSES),
    categories: someOf(CATEGORIES),
    confidentiality: fc.option(fc.constantFrom(...CONFIDENTIALITY_LEVELS)),
    labels: someOf(LABELS),
    dataPeriod: fc.option(months),
    named,
  })
  .map(({ named: data, ...rest }) => ({ ...rest, ...data }));
const ordinary: fc.Arbitrary<PlainConsent> = fc.record({
  decision: fc.constantFrom('permit' as const, 'deny' as const),
  period: fc.oneof(period, fc.constant({ from: 0, until: FOREVER_MS })),
  rule,
  exceptions: fc.array(
    fc.tuple(rule, fc.option(period)).map(([inner, during]) => ({ ...inner, period: during })),
    { maxLength: 8 },
  ),
  separateAuthorization: fc.constant(false),
  agreement: fc.constant(null),
});
const authorization: fc.Arbitrary<PlainConsent> = ordinary.map((consent) => ({
  ...consent,
  decision: 'permit',
  rule: { ...consent.rule, confidentiality: null, labels: ['PSYTHPN'] },
  separateAuthorization: true,
}));
const agreement: fc.Arbitrary<PlainConsent> = fc
  .tuple(
    ordinary,
    fc.constantFrom('HRESCH' as const, 'HPAYMT' as const),
    fc.stringMatching(/^[a-z0-9]{1,32}$/),
  )
  .map(([consent, purpose, project]) => ({
    ...consent,
    decision: 'permit',
    period: { from: 0, until: 1_800_000_000_000 },
    rule: { ...consent.rule, purposes: [purpose] },
    agreement: { project, terms: ['0'.repeat(64), 'f'.repeat(64)] },
  }));
const anyConsent = fc.oneof({ weight: 4, arbitrary: ordinary }, authorization, agreement);

describe('a consent', () => {
  it('that is written as FHIR and read again is the same', () => {
    fc.assert(
      fc.property(anyConsent, (consent) => {
        const { consents, patient, notes } = readConsent(consentToFhir(consent, { patient: 'Patient/p' }));
        expect({ consents, patient, notes }).toEqual({
          consents: [consent],
          patient: 'Patient/p',
          notes: [],
        });
      }),
      { numRuns: 500 },
    );
  });

  it('that is written as FHIR is valid R4', async () => {
    await fc.assert(
      fc.asyncProperty(anyConsent, async (consent) => {
        const cover = {
          patient: 'Patient/p',
          given: '2026-11-26',
          organization: 'Organization/h',
          performer: 'RelatedPerson/r',
        };
        expect(await checkResource(consentToFhir(consent, cover))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('that no longer stands is written as inactive, and read as counting for nothing', async () => {
    const ended = {
      decision: 'permit',
      period: { from: 0, until: 1 },
      rule: OPEN_RULE,
      exceptions: [],
      separateAuthorization: false,
      agreement: null,
    } as const;
    expect(
      (await consentFromFhir(consentToFhir(ended, { patient: 'Patient/p', status: 'inactive' }))).consents,
    ).toEqual([]);
  });

  it('of records and authors at once is not written: FHIR would read either', () => {
    const both = { ...OPEN_RULE, records: ['Observation/1'], authors: ['Organization/a'] };
    const consent: PlainConsent = {
      decision: 'permit',
      period: { from: 0, until: FOREVER_MS },
      rule: OPEN_RULE,
      exceptions: [{ ...both, period: null }],
      separateAuthorization: false,
      agreement: null,
    };
    expect(() => consentToFhir(consent, { patient: 'Patient/p' })).toThrow(
      expect.objectContaining({
        code: 'CONSENT_NOT_EXPRESSIBLE',
        data: { rule: 'data-mixed', path: 'Consent.provision.provision[0].data' },
      }),
    );
  });
});
