import { describe, expect, it } from 'vitest';
import {
  type AccessQuestion,
  actionOf,
  type ConsentRule,
  type ConsentTerms,
  createDecider,
  type Hex32,
  NEAR_CONDITIONS,
  nearConsents,
  OPEN_RULE,
} from '../../../src/index.ts';
import { type Chain, createChain, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  consentTerms,
  credentialing,
  enrol,
  type Person,
  personOf,
  TAG_A,
  TAG_B,
} from '../../kit/people.ts';
import { newRecord, registered, tagsWith } from '../../kit/records.ts';

/** A record that nothing permits to the doctor of another hospital. */
class Ward {
  readonly chain: Chain = createChain();
  readonly a: Hospital = this.chain.hospitals[0] as Hospital;
  readonly b: Hospital = this.chain.hospitals[1] as Hospital;
  readonly patient: Person = enrol(this.chain, this.a, 'patient');
  readonly doctor: Person = personOf('doctor');
  readonly record: Hex32;

  constructor() {
    const credential = credentialing(this.chain, this.b, 'doctor', { role: 'doctor', emergency: true });
    expect(codeOfSubmit(this.chain, asPerson(this.b), credential)).toBe('OK');
    const wish = newRecord('record', { tags: tagsWith(TAG_A), confidentiality: 'N', month: 24_000 });
    this.record = registered(this.chain, asPerson(this.a), this.patient.id, wish)[0] as Hex32;
  }

  grant(rule: Partial<ConsentRule>, wish: Partial<ConsentTerms> = {}): void {
    const terms: ConsentTerms = {
      decision: 'permit',
      period: consentTerms(this.chain, this.b.id).period,
      rule: { ...OPEN_RULE, ...rule },
      exceptions: [],
      separateAuthorization: false,
      agreement: null,
      tagGeneration: 1,
      ...wish,
    };
    const action = actionOf('consent.grant', { patient: this.patient.id, terms });
    expect(codeOfSubmit(this.chain, this.patient, action)).toBe('OK');
  }

  /** What is said, in the order of the consents; nothing may permit it. */
  near(wish: Partial<AccessQuestion> = {}): readonly (readonly [number, string])[] {
    const { state, tip } = this.chain.view();
    const question: AccessQuestion = {
      patient: this.patient.id,
      reader: this.doctor.id,
      purpose: 'TREAT',
      ...wish,
    };
    expect(createDecider(state, question, tip.time)(this.record).decision).toBe('deny');
    return nearConsents(state, question, this.record, tip.time).map(({ consent, condition }) => [
      consent,
      condition,
    ]);
  }
}

/** Begins after every block of these tests. */
const LATER = { from: 8_000_000_000_000, until: 8_000_000_000_001 };

describe('a consent that comes near', () => {
  it('is named with the one condition that is in the way', () => {
    const ward = new Ward();
    const ways: readonly (readonly [string, Partial<ConsentRule>, Partial<ConsentTerms>?])[] = [
      ['actors', { actors: [{ type: 'role', role: 'nurse' }] }],
      ['purposes', { purposes: ['HRESCH'] }],
      ['period', {}, { period: LATER }],
      ['categories', { categories: [TAG_B] }],
      ['protection', { confidentiality: 'L' }],
      ['dataPeriod', { dataPeriod: { from: 23_000, until: 23_001 } }],
      ['records', { records: ['f'.repeat(64)] }],
      ['authors', { authors: [ward.b.id] }],
      ['tagGeneration', {}, { tagGeneration: 2 }],
    ];
    for (const [, rule, wish] of ways) ward.grant(rule, wish);
    const told = ward.near();
    expect(told).toEqual(ways.map(([condition], index) => [index, condition]));
    expect(new Set([...told.map(([, condition]) => condition), 'project'])).toEqual(new Set(NEAR_CONDITIONS));
  });

  it('is one of no project when a project is named', () => {
    const ward = new Ward();
    ward.grant({});
    expect(ward.near({ project: 'P-17' })).toEqual([[0, 'project']]);
  });

  it('is none that lacks two conditions, excludes the record, is revoked, or is asked of by another patient', () => {
    const ward = new Ward();
    ward.grant({ actors: [{ type: 'role', role: 'nurse' }], purposes: ['HRESCH'] });
    ward.grant(
      { actors: [{ type: 'role', role: 'nurse' }] },
      { exceptions: [{ ...OPEN_RULE, period: null, categories: [TAG_A] }] },
    );
    ward.grant({ actors: [{ type: 'role', role: 'nurse' }] });
    expect(ward.near()).toEqual([[2, 'actors']]);
    expect(ward.near({ reader: 'e'.repeat(64) })).toEqual([]);
    expect(ward.near({ reader: enrol(ward.chain, ward.b, 'another patient').id, purpose: 'FAMRQT' })).toEqual(
      [],
    );
    const revoke = actionOf('consent.revoke', { patient: ward.patient.id, index: 2 });
    expect(codeOfSubmit(ward.chain, ward.patient, revoke)).toBe('OK');
    expect(ward.near()).toEqual([]);
  });
});
