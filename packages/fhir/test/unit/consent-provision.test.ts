import { OPEN_RULE } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import {
  actor,
  concept,
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

describe('who', () => {
  it.each<[string, Json, object]>([
    ['an institution', actor('Organization/a'), { type: 'account', reference: 'Organization/a' }],
    [
      'a person',
      actor('https://h.example/fhir/Practitioner/x', 'PRCP'),
      { type: 'account', reference: 'https://h.example/fhir/Practitioner/x' },
    ],
    [
      'a grantee',
      { role: concept('v3-RoleCode', 'GRANTEE'), reference: { reference: 'Practitioner/x' } },
      { type: 'account', reference: 'Practitioner/x' },
    ],
    ['a care team', actor('CareTeam/x'), { type: 'group', reference: 'CareTeam/x' }],
    [
      'a logical reference',
      {
        role: concept('v3-ParticipationType', 'IRCP'),
        reference: { type: 'Group', identifier: { system: 'urn:s', value: '7' } },
      },
      { type: 'group', reference: 'urn:s|7' },
    ],
    ['a role', inRole('pharmacist'), { type: 'role', role: 'pharmacist' }],
    [
      'payers',
      { role: concept('v3-RoleClass', 'PAYOR'), reference: { display: 'all' } },
      { type: 'role', role: 'payer' },
    ],
  ])('may be %s', (_what, who, expected) => {
    expect(only(permit({ actor: [who] })).rule?.actors).toEqual([expected]);
  });

  it('wrote it is a condition of its own, in R4’s form too', () => {
    expect(only(permit({ actor: [actor('Practitioner/x', 'AUT')] })).rule).toEqual({
      ...OPEN_RULE,
      authors: ['Practitioner/x'],
    });
  });

  it.each<[string, Json[]]>([
    ['actor-role Consent.provision.actor[0].role', [actor('Organization/a', 'CST')]],
    [
      'actor-role Consent.provision.actor[0].role',
      [{ role: { text: 'the doctor' }, reference: { display: 'x' } }],
    ],
    ['actor-role Consent.provision.actor', [actor('Organization/a'), actor('Organization/b', 'AUT')]],
    ['actor-kind Consent.provision.actor[0].reference', [actor('RelatedPerson/x')]],
    ['actor-kind Consent.provision.actor[0].reference', [actor('Patient/x')]],
    ['reference Consent.provision.actor[0].reference', [actor('#contained')]],
    ['reference Consent.provision.actor[0].reference', [actor(`https://${'h'.repeat(500)}/Practitioner/x`)]],
    ['reference Consent.provision.actor[0].reference', [actor('Practitioner/x/_history/2')]],
    [
      'reference Consent.provision.actor[0].reference',
      [{ ...actor('x'), reference: { display: 'somebody' } }],
    ],
    ['too-many Consent.provision.actor', Array.from({ length: 17 }, (_, at) => actor(`Practitioner/${at}`))],
  ])('is refused for %s, permitted or denied', (expected, who) => {
    for (const type of ['permit', 'deny'])
      expect(refused({ type, actor: who })).toBe(`CONSENT_NOT_EXPRESSIBLE ${expected}`);
  });

  it('holds a role at one institution is refused in a permit, and the whole institution in a denial', () => {
    const who = [inRole('nurse', { reference: 'Organization/a' })];
    expect(refused(permit({ actor: who }))).toBe(
      'CONSENT_NOT_EXPRESSIBLE actor-role Consent.provision.actor[0]',
    );
    const { rule, notes } = only(deny({ actor: who }));
    expect(rule?.actors).toEqual([{ type: 'account', reference: 'Organization/a' }]);
    expect(notes).toEqual([{ path: 'Consent.provision.actor[0]', effect: 'widened' }]);
  });
});

describe('why', () => {
  it.each([
    ['ERTREAT', 'ETREAT'],
    ['CLINTRCHPC', 'HRESCH'],
    ['HTEST', 'HOPERAT'],
    ['ELIGVER', 'HPAYMT'],
    ['DISASTER', 'PUBHLTH'],
  ])('as %s is refused in a permit and becomes %s in a denial', (code, wider) => {
    expect(refused(permit({ purpose: [purpose(code)] }))).toMatch(/ purpose /);
    const { rule, notes } = only(deny({ purpose: [purpose(code)] }));
    expect(rule?.purposes).toEqual([wider]);
    expect(notes).toEqual([{ path: 'Consent.provision.purpose[0]', effect: 'widened' }]);
  });

  it.each<[string, Json]>([
    ['marketing, which nothing known covers', purpose('HMARKT')],
    ['no code of the tree', purpose('XYZ')],
    ['another system', { system: 'http://example.org/purposeOfUse', code: 'TREAT' }],
  ])('is refused for %s', (_what, code) => {
    expect(refused(deny({ purpose: [code] }))).toMatch(/ purpose Consent.provision.purpose\[0\]$/);
  });

  it('is nothing about reading is refused in a permit and widened in a denial', () => {
    const acts = (...codes: string[]): Json => ({
      action: codes.map((code) => concept('consentaction', code)),
    });
    expect(refused(permit(acts('disclose')))).toBe('CONSENT_NOT_EXPRESSIBLE action Consent.provision.action');
    expect(only(permit(acts('access', 'use'))).notes).toEqual([]);
    expect(only(deny(acts('access', 'correct'))).notes).toEqual([]);
    expect(only(deny(acts('disclose'))).notes).toEqual([
      { path: 'Consent.provision.action', effect: 'widened' },
    ]);
    expect(refused(deny({ action: [{ text: 'print' }] }))).toMatch(/ action /);
  });
});

describe('what', () => {
  it('reaches to the highest level in a permit, and from the lowest on in a denial', () => {
    const labels = { securityLabel: [level('R'), level('L')] };
    expect(only(permit(labels)).rule?.confidentiality).toBe('R');
    expect(only(deny(labels)).rule?.confidentiality).toBe('L');
  });

  it('by a law counts as what the law protects', () => {
    expect(only(deny({ securityLabel: [label('42CFRPart2'), label('HIPAAPsyNotes')] })).rule?.labels).toEqual(
      ['PSYTHPN', 'SUD'],
    );
  });

  it.each<[string, Json]>([
    ['security-label Consent.provision.securityLabel[0]', { securityLabel: [label('UNHEARD')] }],
    ['security-label Consent.provision.securityLabel[0]', { securityLabel: [purpose('TREAT')] }],
    [
      'code Consent.provision.code[0]',
      { code: [{ coding: [{ system: 'http://loinc.org', code: '34133-9' }] }] },
    ],
    [
      'class Consent.provision.class[0]',
      { class: [{ system: 'urn:ietf:bcp:13', code: 'application/hl7-cda+xml' }] },
    ],
    [
      'class Consent.provision.class[0]',
      { class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] },
    ],
    [
      'class Consent.provision.class[0]',
      { class: [{ system: 'urn:consilium:record-category', code: 'gossip' }] },
    ],
    ['data-meaning Consent.provision.data[0].meaning', { data: [data('related', 'Encounter/1')] }],
    ['data-meaning Consent.provision.data[0].meaning', { data: [data('dependents', 'CarePlan/1')] }],
    [
      'data-mixed Consent.provision.data',
      { data: [data('instance', 'Observation/1'), data('authoredby', 'Organization/a')] },
    ],
    [
      'modifier-extension Consent.provision.modifierExtension',
      { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
    ],
    [
      'modifier-extension Consent.provision.data[0].modifierExtension',
      {
        data: [
          { ...data('instance', 'Observation/1'), modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
        ],
      },
    ],
    [
      'too-many Consent.provision.data',
      { data: Array.from({ length: 65 }, (_, at) => data('instance', `Observation/${at}`)) },
    ],
    ['too-many Consent.provision.provision', { provision: Array.from({ length: 9 }, () => deny()) }],
  ])('is refused for %s, permitted or denied', (expected, wish) => {
    for (const type of ['permit', 'deny'])
      expect(refused({ type, ...wish })).toBe(`CONSENT_NOT_EXPRESSIBLE ${expected}`);
  });

  it.each<[string, Json, object]>([
    [
      'type of resource',
      { class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'MedicationRequest' }] },
      { categories: ['medication'] },
    ],
    [
      'version of a record',
      { data: [data('instance', 'Observation/1/_history/2')] },
      { records: ['Observation/1'] },
    ],
  ])('as one %s is refused in a permit and widened in a denial', (_what, wish, expected) => {
    expect(refused(permit(wish))).toMatch(/^CONSENT_NOT_EXPRESSIBLE /);
    expect(only(deny(wish)).rule).toEqual({ ...OPEN_RULE, ...expected });
    expect(only(deny(wish)).notes).toMatchObject([{ effect: 'widened' }]);
  });

  it('may be a category of FHIR', () => {
    const system = 'http://terminology.hl7.org/CodeSystem/observation-category';
    expect(only(permit({ class: [{ system, code: 'vital-signs' }] })).rule?.categories).toEqual([
      'vital-signs',
    ]);
  });

  it('of psychotherapy notes is an authorization of its own, and of nothing else', () => {
    const wish = { policyRule: concept('v3-ActCode', 'HIPAAPsyNotes') };
    const notes = { securityLabel: [label('PSYTHPN')] };
    expect(only(permit(notes), wish).consent?.separateAuthorization).toBe(true);
    for (const compound of [
      permit(),
      deny(notes),
      permit({ securityLabel: [label('PSYTHPN'), label('PSY')] }),
      permit({ securityLabel: [label('PSYTHPN'), level('N')] }),
      permit({ ...notes, provision: [permit({ securityLabel: [label('HIV')] })] }),
    ])
      expect(refused(compound, wish)).toMatch(/ separate-authorization /);
  });

  it('under a data-use agreement is for research or payment', () => {
    const wish = {
      scope: concept('consentscope', 'research'),
      identifier: [{ system: 'urn:consilium:data-use-project', value: 'heart-2026' }],
      policy: [{ uri: `urn:consilium:data-use-term:sha256:${'a'.repeat(64)}` }],
    };
    const period = { end: '2027-12-31' };
    expect(only(permit({ period, purpose: [purpose('HRESCH')] }), wish).consent?.agreement).toEqual({
      project: 'heart-2026',
      terms: ['a'.repeat(64)],
    });
    for (const wrong of [
      permit({ period }),
      permit({ purpose: [purpose('HRESCH')] }),
      permit({ period, purpose: [purpose('TREAT')] }),
      deny({ period, purpose: [purpose('HRESCH')] }),
    ])
      expect(refused(wrong, wish)).toBe('CONSENT_NOT_EXPRESSIBLE agreement Consent.provision');
  });
});
