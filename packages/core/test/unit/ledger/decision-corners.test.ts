// Where the paragraphs cross: breaking the glass and plain rules, law and denial, tags that tell nothing, policies.
import { describe, expect, it } from 'vitest';
import {
  type AccessRule,
  actionOf,
  type ClinicianRole,
  type ConsentTerms,
  type Hex32,
  type ImplicitPolicy,
  type NewRecord,
  OPEN_RULE,
  type Purpose,
} from '../../../src/index.ts';
import { type Chain, createChain, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  consentTerms,
  credentialing,
  decide,
  enrol,
  type Person,
  personOf,
  TAG_A,
  TAG_B,
} from '../../kit/people.ts';
import { newRecord, opened, registered, tagsWith } from '../../kit/records.ts';

class Clinic {
  readonly chain: Chain = createChain();
  readonly a: Hospital = this.chain.hospitals[0] as Hospital;
  readonly b: Hospital = this.chain.hospitals[1] as Hospital;
  readonly patient: Person = enrol(this.chain, this.a, 'patient');
  readonly doctor: Person = this.staff('doctor', 'doctor', true);
  private count = 0;

  staff(name: string, role: ClinicianRole, emergency = false): Person {
    const action = credentialing(this.chain, this.b, name, { role, emergency });
    if (codeOfSubmit(this.chain, asPerson(this.b), action) !== 'OK') throw new Error('no credential');
    return personOf(name);
  }

  record(wish: Partial<NewRecord> = {}): Hex32 {
    this.count += 1;
    const record = newRecord(`record ${this.count}`, { emergency: true, tags: tagsWith(TAG_A), ...wish });
    return registered(this.chain, asPerson(this.a), this.patient.id, record)[0] as Hex32;
  }

  /** Demands nothing but what is wished for. */
  grant(wish: Partial<ConsentTerms>): void {
    const { period } = consentTerms(this.chain, this.b.id);
    const plain = {
      decision: 'permit',
      exceptions: [],
      separateAuthorization: false,
      agreement: null,
    } as const;
    const terms = { ...plain, period, rule: OPEN_RULE, tagGeneration: 1, ...wish };
    const code = codeOfSubmit(
      this.chain,
      this.patient,
      actionOf('consent.grant', { patient: this.patient.id, terms }),
    );
    if (code !== 'OK') throw new Error(code);
  }

  adopt(policy: ImplicitPolicy): void {
    decide(this.chain, { type: 'policy', policy }, this.chain.hospitals.slice(0, 3));
  }

  rule(record: Hex32, purpose: Purpose = 'TREAT', reader: Person = this.doctor): AccessRule | undefined {
    return opened(this.chain, reader, this.patient.id, [record], purpose).row.items[0]?.rule;
  }
}

const WHOLE = { ...OPEN_RULE, period: null };
/** Begins after every block of these tests. */
const LATER = { from: 8_000_000_000_000, until: 8_000_000_000_001 };

describe('breaking the glass', () => {
  it.each([
    ['a plain denial of everything', 'deny', [], [], 'emergency'],
    ['a denial of treatment', 'deny', ['TREAT'], [], 'emergency'],
    ['a denial that names it', 'deny', ['BTG'], [], 'excluded'],
    ['a denial that names emergencies', 'deny', ['ETREAT'], [], 'excluded'],
    ['an exception that names it, of a permit of everything', 'permit', [], ['BTG'], 'excluded'],
    ['an exception that names it, of a permit of treatment', 'permit', ['TREAT'], ['ETREAT'], 'excluded'],
    ['an exception of what names it', 'permit', ['BTG'], [], 'excluded'],
    ['an exception of treatment', 'permit', ['BTG'], ['TREAT'], 'emergency'],
    ['an exception under a root of another purpose', 'permit', ['HRESCH'], ['BTG'], 'emergency'],
    ['an exception that names it, of a denial of everything', 'deny', [], ['BTG'], 'emergency'],
  ] as const)('%s: %s', (_what, decision, purposes, excepted, rule) => {
    const clinic = new Clinic();
    const exceptions = decision === 'permit' || excepted.length > 0 ? [{ ...WHOLE, purposes: excepted }] : [];
    clinic.grant({ decision, rule: { ...OPEN_RULE, purposes }, exceptions });
    expect(clinic.rule(clinic.record(), 'BTG')).toBe(rule);
  });

  it('is closed by Policy-deny, but where a consent names it: its terms stand above the policy', () => {
    const clinic = new Clinic();
    const record = clinic.record();
    clinic.adopt('Policy-deny');
    expect(clinic.rule(record, 'BTG')).toBe('no-consent');
    clinic.grant({ decision: 'deny', exceptions: [{ ...WHOLE, purposes: ['BTG'] }] });
    expect([clinic.rule(record, 'BTG'), clinic.rule(record)]).toEqual(['emergency', 'excluded']);
  });

  it("is nobody else's than a clinician's: not the patient's either", () => {
    const clinic = new Clinic();
    expect(clinic.rule(clinic.record(), 'BTG', clinic.patient)).toBe('emergency-privilege');
  });
});

describe('law', () => {
  const NOTE = { effects: ['closed-to-patient', 'separate-authorization'] } as const;

  it('is the reason of a refusal also where a consent would deny', () => {
    const clinic = new Clinic();
    clinic.grant({ decision: 'deny' });
    expect(clinic.rule(clinic.record(NOTE))).toBe('law-psychotherapy-notes');
    expect(clinic.rule(clinic.record(NOTE), 'HPAYMT')).toBe('law-psychotherapy-payment');
  });

  it('lets an authorization of notes open notes and nothing else, and any denial stands above it', () => {
    const clinic = new Clinic();
    const [note, other] = [clinic.record(NOTE), clinic.record()];
    clinic.grant({ separateAuthorization: true, rule: { ...OPEN_RULE, labels: [TAG_A] } });
    expect([clinic.rule(note), clinic.rule(other)]).toEqual(['consent', 'no-consent']);
    clinic.grant({ decision: 'deny', rule: { ...OPEN_RULE, labels: [TAG_A] } });
    expect(clinic.rule(note)).toBe('excluded');
  });

  it('gives the originator of notes their use for treatment only', () => {
    const clinic = new Clinic();
    const note = clinic.record(NOTE);
    const author = asPerson(clinic.a);
    expect([clinic.rule(note, 'TREAT', author), clinic.rule(note, 'HRESCH', author)]).toEqual([
      'author',
      'law-psychotherapy-notes',
    ]);
  });
});

describe('tags of another generation', () => {
  it('permit nothing, and let an exception deny, since nobody can say that it does not', () => {
    const clinic = new Clinic();
    const record = clinic.record({ tagGeneration: 2 });
    clinic.grant({});
    expect(clinic.rule(record)).toBe('no-consent');
    clinic.grant({ tagGeneration: 2 });
    expect(clinic.rule(record)).toBe('consent');
    clinic.grant({
      rule: { ...OPEN_RULE, categories: [TAG_B] },
      exceptions: [{ ...WHOLE, labels: [TAG_B] }],
    });
    expect(clinic.rule(record)).toBe('excluded');
  });
});

describe('an implicit policy', () => {
  it.each<[ImplicitPolicy, ClinicianRole | 'machine', Purpose, AccessRule]>([
    ['Policy-basic-normal', 'doctor', 'TREAT', 'policy'],
    ['Policy-basic-normal', 'nurse', 'ETREAT', 'policy'],
    ['Policy-basic-normal', 'doctor', 'HPAYMT', 'no-consent'],
    ['Policy-basic-normal', 'payer', 'HPAYMT', 'no-consent'],
    ['Policy-basic-normal', 'privacy-officer', 'TREAT', 'no-consent'],
    ['Policy-basic-normal', 'machine', 'TREAT', 'no-consent'],
    ['Policy-all-normal', 'doctor', 'TREAT', 'policy'],
    ['Policy-all-normal', 'payer', 'HPAYMT', 'policy'],
    ['Policy-all-normal', 'payer', 'TREAT', 'no-consent'],
    ['Policy-all-normal', 'auditor', 'HOPERAT', 'policy'],
    ['Policy-all-normal', 'machine', 'HPAYMT', 'policy'],
    ['Policy-all-normal', 'researcher', 'HRESCH', 'no-consent'],
    ['Policy-break-glass-only', 'doctor', 'TREAT', 'no-consent'],
    ['Policy-deny', 'doctor', 'TREAT', 'no-consent'],
  ])('%s lets a %s for %s: %s', (policy, role, purpose, rule) => {
    const clinic = new Clinic();
    if (policy !== 'Policy-break-glass-only') clinic.adopt(policy);
    const reader = role === 'machine' ? asPerson(clinic.b) : clinic.staff('asker', role);
    expect(clinic.rule(clinic.record(), purpose, reader)).toBe(rule);
    expect(clinic.rule(clinic.record({ confidentiality: 'R' }), purpose, reader)).toBe('no-consent');
  });

  const elsewhere = (wish: Partial<ConsentTerms['rule']> = {}): ConsentTerms['rule'] => ({
    ...OPEN_RULE,
    actors: [{ type: 'role', role: 'teacher' }],
    ...wish,
  });

  it.each<[string, Partial<ConsentTerms>, AccessRule]>([
    ['permits somebody else', { rule: elsewhere() }, 'no-consent'],
    ['permits somebody else treatment', { rule: elsewhere({ purposes: ['TREAT'] }) }, 'no-consent'],
    ['permits somebody else something else', { rule: elsewhere({ purposes: ['HPAYMT'] }) }, 'policy'],
    ['denies somebody else', { decision: 'deny', rule: elsewhere() }, 'policy'],
    ['permits somebody else, and has not begun', { rule: elsewhere(), period: LATER }, 'policy'],
    [
      'authorizes somebody else to read psychotherapy notes',
      { rule: elsewhere({ labels: [TAG_B] }), separateAuthorization: true },
      'policy',
    ],
    [
      'lets somebody else do research',
      {
        rule: elsewhere({ purposes: ['HRESCH'] }),
        agreement: { project: 'heart', terms: ['0'.repeat(64)] },
      },
      'policy',
    ],
  ])('opens what it opens unless a consent settles the purpose; one that %s: %s', (_what, wish, rule) => {
    const clinic = new Clinic();
    clinic.adopt('Policy-basic-normal');
    clinic.grant(wish);
    expect(clinic.rule(clinic.record())).toBe(rule);
  });
});
