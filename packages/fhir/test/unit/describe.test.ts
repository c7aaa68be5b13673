import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATEGORIES, describeResource, isResourceType } from '../../src/index.ts';
import {
  bundle,
  coded,
  condition,
  type Json,
  medicationRequest,
  observation,
  patient,
  sampleBundle,
} from '../support/resources.ts';

const inCategory = (system: string, code: string): Json[] => [coded(system, code)];
const ofKind = (code: string): Json =>
  observation({ category: inCategory('http://terminology.hl7.org/CodeSystem/observation-category', code) });
const report = (code: string): Json => ({
  resourceType: 'DiagnosticReport',
  category: inCategory('http://terminology.hl7.org/CodeSystem/v2-0074', code),
});
const bloodGroup = (code: string, status = 'final'): Json =>
  observation({ status, code: coded('http://loinc.org', code) });
const state = (kind: string, code: string): Json =>
  coded(`http://terminology.hl7.org/CodeSystem/${kind}`, code);

describe('the category', () => {
  it.each<[Json, string]>([
    [ofKind('laboratory'), 'laboratory'],
    [ofKind('vital-signs'), 'vital-signs'],
    [ofKind('vital-sign'), 'vital-signs'],
    [ofKind('social-history'), 'social-history'],
    [ofKind('unheard-of'), 'other'],
    [observation(), 'other'],
    [report('LAB'), 'laboratory'],
    [report('RAD'), 'imaging'],
    [report('OTH'), 'other'],
    [condition(), 'problems'],
    [medicationRequest(), 'medication'],
    [patient(), 'demographics'],
    [{ resourceType: 'ExplanationOfBenefit' }, 'billing'],
    [{ resourceType: 'DocumentReference' }, 'documents'],
    [{ resourceType: 'DeviceUseStatement' }, 'devices'],
    [{ resourceType: 'FamilyMemberHistory' }, 'family-history'],
    [{ resourceType: 'Nonsense' }, 'other'],
    [{ resourceType: 'constructor', category: inCategory('x', 'name') }, 'other'],
  ])('of %j is %s', (resource, category) => {
    expect(describeResource(resource).category).toBe(category);
  });

  it('comes from a closed list without repetition', () => {
    expect(new Set(CATEGORIES).size).toBe(CATEGORIES.length);
    expect([...CATEGORIES].sort()).toEqual(CATEGORIES);
  });
});

describe('the date', () => {
  it.each<[Json, string | null, number | null]>([
    [observation(), '2019-03-02T10:00:00-05:00', 2019 * 12 + 2],
    [observation({ effectiveDateTime: '2019-01-31T23:30:00-11:00' }), '2019-01-31T23:30:00-11:00', 2019 * 12],
    [
      observation({ effectiveDateTime: undefined, issued: '2020-12-01T00:00:00Z' }),
      '2020-12-01T00:00:00Z',
      2020 * 12 + 11,
    ],
    [
      observation({ effectiveDateTime: undefined, effectivePeriod: { end: '2018-05' } }),
      '2018-05',
      2018 * 12 + 4,
    ],
    [
      observation({ effectiveDateTime: undefined, effectiveTiming: { event: ['2018-06-01'] } }),
      '2018-06-01',
      2018 * 12 + 5,
    ],
    [condition(), '2012-07', 2012 * 12 + 6],
    [condition({ onsetDateTime: '2012' }), '2012', null],
    [condition({ onsetDateTime: undefined }), null, null],
    [condition({ onsetDateTime: 'summer', recordedDate: '2013-01-02' }), '2013-01-02', 2013 * 12],
    [condition({ onsetDateTime: '2012-13' }), null, null],
    [condition({ onsetDateTime: '0000-05' }), null, null],
    [medicationRequest(), '2020-11-30', 2020 * 12 + 10],
    [
      { resourceType: 'Encounter', period: { start: '2001-02-03', end: '2001-03-01' } },
      '2001-02-03',
      2001 * 12 + 1,
    ],
    [
      { resourceType: 'Specimen', collection: { collectedDateTime: '2001-02-03' } },
      '2001-02-03',
      2001 * 12 + 1,
    ],
    [patient(), null, null],
  ])('of %j is %s, month %s', (resource, date, month) => {
    expect(describeResource(resource)).toMatchObject({ date, month });
  });
});

describe('the emergency dataset', () => {
  it.each<[string, Json]>([
    ['an allergy', { resourceType: 'AllergyIntolerance' }],
    ['an active problem', condition()],
    ['an active prescription', medicationRequest()],
    ['an implant', { resourceType: 'Device', status: 'active' }],
    ['the use of a device', { resourceType: 'DeviceUseStatement', status: 'completed' }],
    ['the blood group', bloodGroup('883-9')],
    ['the blood group with Rh', bloodGroup('882-1')],
    ['Rh', bloodGroup('10331-7')],
    ['the pregnancy status', bloodGroup('82810-3')],
  ])('has %s', (_, resource) => {
    expect(describeResource(resource).emergency).toBe(true);
  });

  it.each<[string, Json]>([
    ['a problem that is over', condition({ clinicalStatus: state('condition-clinical', 'resolved') })],
    [
      'a problem entered in error',
      condition({ verificationStatus: state('condition-ver-status', 'entered-in-error') }),
    ],
    [
      'a refuted allergy',
      {
        resourceType: 'AllergyIntolerance',
        verificationStatus: state('allergyintolerance-verification', 'refuted'),
      },
    ],
    ['a prescription that was stopped', medicationRequest({ status: 'stopped' })],
    ['a blood group that was cancelled', bloodGroup('883-9', 'cancelled')],
    ['another observation', observation()],
    [
      'a code that only looks like the blood group',
      observation({ code: coded('http://example.org', '883-9') }),
    ],
    ['an old procedure', { resourceType: 'Procedure', status: 'completed' }],
  ])('does not have %s', (_, resource) => {
    expect(describeResource(resource).emergency).toBe(false);
  });
});

describe('the title', () => {
  it.each<[Json, string]>([
    [observation(), 'Glucose'],
    [observation({ code: { text: ' Sugar\n in  blood ' } }), 'Sugar in blood'],
    [medicationRequest(), 'Acetaminophen'],
    [
      { resourceType: 'DocumentReference', description: 'Discharge letter', type: { text: 'Letter' } },
      'Discharge letter',
    ],
    [{ resourceType: 'Encounter', type: [{ coding: [{ display: 'Check-up' }] }] }, 'Check-up'],
    [{ resourceType: 'Encounter' }, 'Encounter'],
    [{ resourceType: 'Nonsense' }, 'Record'],
  ])('of %j is %s', (resource, title) => {
    expect(describeResource(resource).title).toBe(title);
  });

  it('is one short line', () => {
    const { title } = describeResource(observation({ code: { text: '\u{1F489}'.repeat(500) } }));
    expect([...title]).toHaveLength(120);
  });
});

describe('any resource', () => {
  it('of the sample bundle has a category of its own and a date, or is its patient', () => {
    for (const { resource } of sampleBundle().entry) {
      const facts = describeResource(resource);
      expect(facts.category).not.toBe('other');
      if (resource['resourceType'] !== 'Patient') expect(facts.month).toBeGreaterThan(1900 * 12);
    }
  });

  it('and any JSON value gets facts and never an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(CATEGORIES).toContain(describeResource(value).category);
      }),
    );
  });

  it('and any part of one replaced by any JSON value too', () => {
    const resources = [observation(), condition(), patient(), medicationRequest(), bundle([condition()])];
    const names = [
      'resourceType',
      'meta',
      'category',
      'code',
      'status',
      'effectivePeriod',
      'onsetDateTime',
      'type',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...resources),
        fc.constantFrom(...names),
        fc.jsonValue(),
        (resource, name, value) => {
          const { title, labels } = describeResource({ ...resource, [name]: value });
          expect(title.length).toBeGreaterThan(0);
          expect(Array.isArray(labels)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('nested ten thousand deep gets facts too', () => {
    let value: unknown = coded('http://snomed.info/sct', '7200002');
    for (let level = 0; level < 10_000; level++) value = [value];
    expect(describeResource({ resourceType: 'Basic', code: value }).labels).toContain('ETHUD');
  });

  it('is known by a type that JSON names, not the language', () => {
    expect(isResourceType('Patient')).toBe(true);
    expect(isResourceType('constructor')).toBe(false);
  });
});
