import { OPEN_RULE } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import { consentFromFhir, readConsent } from '../../src/consent/index.ts';
import {
  actor,
  concept,
  consent,
  data,
  deny,
  inRole,
  label,
  level,
  only,
  permit,
  purpose,
  refused,
} from '../support/consents.ts';
import type { Json } from '../support/resources.ts';

const month = (year: number, ofYear: number): number => year * 12 + ofYear - 1;

describe('a FHIR consent', () => {
  it('becomes the same in words', async () => {
    const imported = await consentFromFhir(
      consent(
        permit({
          period: { start: '2026-01-01', end: '2026-05-31' },
          actor: [actor('Organization/a'), inRole('nurse'), actor('Group/ward')],
          purpose: [purpose('TREAT'), purpose('CAREMGT')],
          class: [{ system: 'urn:consilium:record-category', code: 'laboratory' }],
          securityLabel: [level('N'), label('SEX')],
          dataPeriod: { start: '2025-01', end: '2025-12' },
          data: [data('instance', 'Observation/1')],
          provision: [deny({ securityLabel: [label('PSY')] })],
        }),
      ),
    );
    expect(imported).toEqual({
      status: 'active',
      patient: 'Patient/p',
      given: '2026-01-01',
      policies: ['https://hospital.example/privacy'],
      notes: [],
      consents: [
        {
          decision: 'permit',
          period: { from: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 5, 1) },
          rule: {
            actors: [
              { type: 'account', reference: 'Organization/a' },
              { type: 'role', role: 'nurse' },
              { type: 'group', reference: 'Group/ward' },
            ],
            purposes: ['CAREMGT', 'TREAT'],
            categories: ['laboratory'],
            confidentiality: 'N',
            labels: ['SEX'],
            dataPeriod: { from: month(2025, 1), until: month(2025, 12) },
            records: ['Observation/1'],
            authors: [],
          },
          exceptions: [{ ...OPEN_RULE, labels: ['PSY'], period: null }],
          separateAuthorization: false,
          agreement: null,
        },
      ],
    });
  });

  it.each(['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'])(
    'that is %s counts for nothing',
    (status) => {
      expect(readConsent(consent(permit(), { status })).consents).toEqual([]);
    },
  );

  it('that is no valid R4 is refused before it is read', async () => {
    await expect(consentFromFhir(consent(permit({ typ: 'deny' })))).rejects.toMatchObject({
      code: 'RESOURCE_INVALID',
    });
  });

  it('without a patient is refused, although R4 lets it pass', async () => {
    const { patient: _none, ...rest } = consent(permit());
    await expect(consentFromFhir(rest)).rejects.toMatchObject({
      code: 'CONSENT_NOT_EXPRESSIBLE',
      data: { rule: 'patient', path: 'Consent.patient' },
    });
  });

  it.each<[string, Json]>([
    ['scope Consent.scope', { scope: concept('consentscope', 'treatment') }],
    ['scope Consent.scope', { scope: concept('consentscope', 'adr') }],
    ['agreement Consent.scope', { scope: concept('consentscope', 'research') }],
    ['category Consent.category', { category: [concept('consentcategorycodes', 'dnr')] }],
    ['category Consent.category', { category: [concept('consentcategorycodes', 'npp')] }],
    ['category Consent.category', { category: [concept('v3-ActCode', 'EMRGONLY')] }],
    ['verification Consent.verification', { verification: [{ verified: false }] }],
    ['implicit-rules Consent.implicitRules', { implicitRules: 'http://elsewhere.example' }],
    [
      'modifier-extension Consent.modifierExtension',
      { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
    ],
    [
      'modifier-extension Consent.policy[0].modifierExtension',
      { policy: [{ uri: 'urn:p', modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }] },
    ],
    ['policy Consent.policy', { policy: [{ uri: 'https://profiles.ihe.net/ITI/PCF/Policy-deny' }] }],
    ['policy Consent.policy', { policy: [{ uri: 'https://profiles.ihe.net/ITI/PCF/Policy-unheard-of' }] }],
    ['reference Consent.patient', { patient: { reference: '#p' } }],
    [
      'agreement Consent.identifier',
      { identifier: [{ system: 'urn:consilium:data-use-project', value: 'P 1' }] },
    ],
    [
      'agreement Consent.policy',
      { policy: [{ uri: `urn:consilium:data-use-term:sha256:${'a'.repeat(64)}` }] },
    ],
  ])('that permits is refused for %s', (expected, wish) => {
    expect(refused(permit(), wish)).toBe(`CONSENT_NOT_EXPRESSIBLE ${expected}`);
  });

  it('of an acknowledgement, or not verified, may deny all the same', () => {
    const wish = { category: [concept('consentcategorycodes', 'npp')], verification: [{ verified: false }] };
    expect(only(deny(), wish).consent?.decision).toBe('deny');
  });

  it('of a category that HL7 does not list, or in words, is what its scope says', () => {
    const category = [{ text: 'our form 12' }, concept('consentcategorycodes', 'our-own')];
    expect(only(permit(), { category }).consent?.decision).toBe('permit');
    expect(refused(deny(), { category: [...category, concept('consentcategorycodes', 'polst')] })).toMatch(
      / category /,
    );
  });

  it('for emergencies only permits emergencies only', () => {
    const wish = { category: [concept('v3-ActCode', 'EMRGONLY')] };
    expect(only(permit({ purpose: [purpose('ETREAT')] }), wish).rule?.purposes).toEqual(['ETREAT']);
  });
});

describe('the decision', () => {
  const rule = (code: string): Json => ({ policyRule: concept('v3-ActCode', code) });

  it.each<[string, Json, Json]>([
    ['neither type nor rule', {}, {}],
    [
      'opt-in, and a root that may be frame or exception',
      { actor: [actor('Organization/a')] },
      rule('OPTIN'),
    ],
    ['opt-out, and a root that may be frame or exception', { purpose: [purpose('ETREAT')] }, rule('OPTOUT')],
    ['an untyped nested rule', { provision: [{ purpose: [purpose('TREAT')] }] }, rule('OPTIN')],
    ['an untyped root with a nested rule that agrees', { provision: [permit()] }, rule('OPTIN')],
  ])('is refused for %s', (_what, provision, wish) => {
    expect(refused(provision, wish)).toMatch(/^CONSENT_NOT_EXPRESSIBLE decision /);
  });

  it('of an untyped root whose nested rules are all exceptions is that of the policy rule', () => {
    const nested = { provision: [deny({ securityLabel: [label('HIV')] })] };
    expect(only(nested, rule('OPTIN')).consent?.decision).toBe('permit');
    expect(only({ provision: [permit()] }, rule('OPTOUT')).consent?.decision).toBe('deny');
  });

  it('that is written counts more than the policy rule', () => {
    expect(only(deny(), rule('OPTIN')).consent?.decision).toBe('deny');
  });

  it('of a provision two levels down is refused', () => {
    expect(refused(permit({ provision: [deny({ provision: [permit()] })] }))).toBe(
      'CONSENT_NOT_EXPRESSIBLE nesting Consent.provision.provision[0].provision',
    );
  });

  it('of a nested provision like the root stands beside it, with what the root says and the root’s exceptions', () => {
    const { consents } = readConsent(
      consent(
        permit({
          purpose: [purpose('TREAT')],
          securityLabel: [level('N')],
          provision: [
            permit({ actor: [actor('Practitioner/x')], securityLabel: [label('PSY'), label('SEX')] }),
            deny({ data: [data('authoredby', 'Practitioner/y')] }),
          ],
        }),
      ),
    );
    const exceptions = [{ ...OPEN_RULE, authors: ['Practitioner/y'], period: null }];
    expect(consents).toMatchObject([
      {
        decision: 'permit',
        rule: { ...OPEN_RULE, purposes: ['TREAT'], confidentiality: 'N' },
        exceptions,
      },
      {
        decision: 'permit',
        rule: {
          ...OPEN_RULE,
          actors: [{ type: 'account', reference: 'Practitioner/x' }],
          purposes: ['TREAT'],
          labels: ['PSY', 'SEX'],
        },
        exceptions,
      },
    ]);
  });

  it('of a denial within a denial stands, whatever the root excepts', () => {
    const { consents } = readConsent(
      consent(
        deny({
          provision: [permit({ actor: [actor('Practitioner/x')] }), deny({ securityLabel: [label('PSY')] })],
        }),
      ),
    );
    expect(consents.map(({ exceptions }) => exceptions.length)).toEqual([1, 0]);
    expect(consents[1]).toMatchObject({ decision: 'deny', rule: { labels: ['PSY'] } });
  });

  it('to agree with a policy of PCF permits what that policy permits', () => {
    const under = (name: string): Json => ({ policy: [{ uri: `https://profiles.ihe.net/ITI/PCF/${name}` }] });
    expect(only(permit(), under('Policy-basic-normal')).rule).toMatchObject({
      purposes: ['TREAT'],
      confidentiality: 'N',
    });
    expect(only(permit(), under('Policy-all-normal')).rule).toMatchObject({
      purposes: [],
      confidentiality: 'N',
    });
    expect(
      only(permit({ securityLabel: [level('R')] }), under('Policy-all-normal')).rule?.confidentiality,
    ).toBe('R');
    expect(only(deny(), under('Policy-deny')).rule).toEqual(OPEN_RULE);
  });
});
