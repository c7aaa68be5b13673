import { describe, expect, it } from 'vitest';
import { SENSITIVE_CODES } from '../../src/describe/sensitive-codes.ts';
import { ancestorsOf, describeResource, isLabel, LABELS } from '../../src/index.ts';
import { bundle, coded, condition, type Json, observation } from '../support/resources.ts';

const ICD = 'http://hl7.org/fhir/sid/icd-10-cm';
const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const LEVEL = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

const diagnosis = (system: string, code: string): Json => condition({ code: coded(system, code) });
const marked = (...security: [system: string, code: string][]): Json =>
  observation({ meta: { security: security.map(([system, code]) => ({ system, code })) } });
const note = (code: string): Json => ({ resourceType: 'DocumentReference', type: coded(LOINC, code) });

describe('the tree of labels', () => {
  it('is the published one', () => {
    expect(ancestorsOf('ETHUD')).toEqual(['SUD', 'SPI']);
    expect(ancestorsOf('OPIOIDUD')).toEqual(['SUD', 'SPI']);
    expect(ancestorsOf('COGN')).toEqual(['BH', 'SPI']);
    expect(ancestorsOf('PSYTHPN')).toEqual(['SPI']);
    expect(ancestorsOf('ETH')).toEqual([]);
    expect(ancestorsOf('HIV')).toEqual([]);
  });

  it('has nothing above what is no label', () => {
    for (const word of ['', 'constructor', 'toString', 'TREAT']) expect(ancestorsOf(word)).toEqual([]);
  });

  it('has labels of its own only above labels', () => {
    for (const label of LABELS) expect(ancestorsOf(label).every(isLabel)).toBe(true);
  });
});

describe('the table of codes', () => {
  it.each(Object.entries(SENSITIVE_CODES))(
    'of %s has each code once, and published labels',
    (system, { rows }) => {
      expect(new Set(rows.map(([code]) => code)).size).toBe(rows.length);
      for (const [code, label] of rows) {
        expect(isLabel(label)).toBe(true);
        expect(describeResource(diagnosis(system, code)).labels).toContain(label);
      }
    },
  );
});

describe('the labels', () => {
  it.each<[string, Json, string[]]>([
    ['alcohol dependence in ICD-10', diagnosis(ICD, 'F10.20'), ['ETH', 'ETHUD']],
    ['the same without a dot, in small letters', diagnosis(ICD, 'f1020'), ['ETH', 'ETHUD']],
    ['tobacco, which is no label', diagnosis(ICD, 'F17.2'), []],
    ['opioid dependence', diagnosis(ICD, 'F11.2'), ['ETH', 'OPIOIDUD']],
    ['schizophrenia', diagnosis(ICD, 'F20.0'), ['MH', 'PSY']],
    ['HIV', diagnosis(ICD, 'B20'), ['HIV']],
    ['HIV without symptoms', diagnosis(ICD, 'Z21'), ['HIV']],
    ['contact with HIV, below a category', diagnosis(ICD, 'Z20.6'), ['HIV']],
    ['abuse', diagnosis(ICD, 'T74.1'), ['SDV']],
    ['an abortion', diagnosis(ICD, 'O04.9'), ['SEX']],
    ['alcoholism in SNOMED CT', diagnosis(SNOMED, '7200002'), ['ETH', 'ETHUD']],
    ['a code that begins like one', diagnosis(SNOMED, '72000021'), []],
    ['an ordinary disease', condition(), []],
    ['a code of an unknown system', diagnosis('http://example.org', 'B20'), []],
    ['a code of a system with a name of the language', diagnosis('constructor', 'B20'), []],
    [
      'methadone',
      {
        resourceType: 'MedicationRequest',
        medicationCodeableConcept: coded('http://www.nlm.nih.gov/research/umls/rxnorm', '6813'),
      },
      ['ETH', 'OPIOIDUD'],
    ],
    [
      'a reason deep inside',
      { resourceType: 'Claim', item: [{ detail: [{ productOrService: coded(SNOMED, '86406008') }] }] },
      ['HIV'],
    ],
    ['a resource inside', bundle([diagnosis(ICD, 'B20'), diagnosis(ICD, 'F32.1')]), ['HIV', 'MH', 'PSY']],
    ['a mark of the author', marked([ACT, 'STD'], [ACT, 'GDIS']), ['GDIS', 'STD']],
    ['a mark in the form of STU3', marked(['http://hl7.org/fhir/v3/ActCode', 'SDV']), ['SDV']],
    ['a mark that is no label', marked([ACT, 'NOREUSE'], [ACT, 'toString']), []],
    ['a law instead of a label', marked([ACT, '42CFRPart2']), ['ETH', 'SUD']],
    [
      'a label of a rule in a consent',
      { resourceType: 'Consent', provision: { securityLabel: [{ system: ACT, code: 'HIV' }] } },
      [],
    ],
  ])('are found for %s', (_, resource, labels) => {
    expect(describeResource(resource).labels).toEqual(labels);
  });
});

describe('psychotherapy', () => {
  it('notes are for nobody without an authorization, and closed to the patient', () => {
    expect(describeResource(note('34866-4'))).toMatchObject({
      labels: ['MH', 'PSYTHPN'],
      confidentiality: 'V',
      effects: ['closed-to-patient', 'separate-authorization'],
    });
    expect(describeResource(marked([ACT, 'HIPAAPsyNotes'])).confidentiality).toBe('V');
  });

  it('does not hide the summaries of a psychiatrist, nor that it took place', () => {
    const facts = [note('59259-2'), diagnosis(SNOMED, '75516001')].map(describeResource);
    expect(facts.map(({ effects }) => effects)).toEqual([[], []]);
    expect(facts.map(({ confidentiality }) => confidentiality)).toEqual(['R', 'R']);
  });
});

describe('the confidentiality', () => {
  it.each<[string, Json, string]>([
    ['normal without a mark', condition(), 'N'],
    ['restricted with a label', diagnosis(ICD, 'B20'), 'R'],
    ['what the author marked', marked([LEVEL, 'L']), 'L'],
    ['the highest of the marks', marked([LEVEL, 'M'], [LEVEL, 'V'], [LEVEL, 'N']), 'V'],
    ['not lowered by the author below its labels', marked([LEVEL, 'U'], [ACT, 'HIV']), 'R'],
    ['normal with a mark of no level', marked([LEVEL, 'X']), 'N'],
    ['the highest in a bundle', bundle([marked([LEVEL, 'L']), marked([LEVEL, 'R'])]), 'R'],
  ])('is %s', (_, resource, level) => {
    expect(describeResource(resource).confidentiality).toBe(level);
  });
});

describe('the effects', () => {
  it('bind who receives a record on substance use', () => {
    for (const code of ['ETH', 'SUD', 'ETHUD', 'OPIOIDUD', '42CFRPart2']) {
      expect(describeResource(marked([ACT, code])).effects).toEqual(['redisclosure-notice']);
    }
  });

  it('withhold from payers what a patient paid, only when it is marked', () => {
    expect(describeResource(marked([ACT, 'HIPAASelfPay'])).effects).toEqual(['withheld-from-payers']);
    expect(describeResource({ resourceType: 'Claim' }).effects).toEqual([]);
  });

  it('come sorted when there are several', () => {
    const { effects } = describeResource(marked([ACT, 'PSYTHPN'], [ACT, 'SUD'], [ACT, 'HIPAASelfPay']));
    expect(effects).toEqual([
      'closed-to-patient',
      'redisclosure-notice',
      'separate-authorization',
      'withheld-from-payers',
    ]);
  });
});
