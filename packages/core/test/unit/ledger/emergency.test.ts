import { describe, expect, it } from 'vitest';
import {
  actionOf,
  ConsiliumError,
  createOverlay,
  EMERGENCIES_OPEN_MAX,
  EMERGENCY_LIFETIME_MS,
  EMERGENCY_OPINION_MS_MAX,
  EMERGENCY_REVIEW_MS,
  EMERGENCY_STANDINGS,
  type Hex32,
  isSuspended,
  listCount,
  type NewRecord,
  OPEN_RULE,
  requireAccess,
  requireReleasable,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital } from '../../kit/chain.ts';
import {
  ANYTHING,
  breaking,
  broken,
  lastAccess,
  named,
  opinionFor,
  passTo,
  readerKeyOf,
  reinstate,
  review,
  signed,
  staff,
  worklist,
} from '../../kit/emergencies.ts';
import {
  asPerson,
  consentTerms,
  decide,
  enrol,
  granting,
  type Person,
  submit,
  TAG_A,
  TAG_B,
} from '../../kit/people.ts';
import { newRecord, opened, registered, tagsWith } from '../../kit/records.ts';
import { putRow } from '../../kit/rows.ts';
import { expectRefused } from '../../kit/verdicts.ts';

/** A patient of hospital a who is brought to hospital b. */
class Ward {
  readonly chain: Chain = createChain(FOUNDERS.slice(0, 4));
  readonly a: Hospital = this.chain.hospitals[0] as Hospital;
  readonly b: Hospital = this.chain.hospitals[1] as Hospital;
  readonly patient: Person = enrol(this.chain, this.a, 'patient 1');
  readonly rescuer: Person = staff(this.chain, this.b, 'rescuer', { emergency: true });
  readonly doctor: Person = staff(this.chain, this.b, 'doctor');
  readonly officer: Person = staff(this.chain, this.b, 'officer', { role: 'privacy-officer' });
  /** Of the emergency dataset, and not. */
  readonly allergy: Hex32 = this.record('allergy', { emergency: true, tags: tagsWith(TAG_A) });
  readonly letter: Hex32 = this.record('letter', { tags: tagsWith(TAG_B) });

  record(name: string, wish: Partial<NewRecord> = {}): Hex32 {
    return registered(this.chain, asPerson(this.a), this.patient.id, newRecord(name, wish))[0] as Hex32;
  }

  open(reader: Person = this.rescuer, wish: Parameters<typeof broken>[3] = {}): readonly string[] {
    return broken(this.chain, reader, this.patient.id, wish);
  }

  /** By the doctor, for an access of the rescuer. */
  word(wish: Parameters<typeof opinionFor>[3] = {}, by: Person = this.doctor) {
    return signed(this.chain, by, opinionFor(this.chain, this.patient.id, this.rescuer.id, wish));
  }

  get time(): number {
    return this.chain.view().tip.time;
  }
}

describe('Break-glass: refused without the privilege; impossible to hide; opens the emergency dataset and nothing else', () => {
  it('without the privilege everything is denied, and the attempt stands in the log of the patient', () => {
    const ward = new Ward();
    const selection = named(ward.allergy);
    const attempts = [ward.doctor, asPerson(ward.b), asPerson(ward.a), ward.patient, ward.officer];
    for (const [before, reader] of attempts.entries()) {
      expect(ward.open(reader, { selection })).toEqual(['deny emergency-privilege']);
      expect(listCount(ward.chain.view().state, 'accesses', ward.patient.id)).toBe(before + 1);
      expect(lastAccess(ward.chain, ward.patient.id)).toMatchObject({
        reader: reader.id,
        purpose: 'BTG',
        emergency: { reason: 'unconscious', second: null, worklist: null },
      });
    }
    expect(worklist(ward.chain, ward.b.id)).toEqual([]);
    expect(worklist(ward.chain, ward.a.id)).toEqual([]);
  });

  it('a privilege that was withdrawn is none', () => {
    const ward = new Ward();
    submit(ward.chain, asPerson(ward.b), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(['deny credential-ended']);
  });

  it('with it the dataset opens for two hours, flagged, with its reason, and nothing else does', () => {
    const ward = new Ward();
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy, ward.letter) })).toEqual([
      'permit emergency',
      'deny emergency-dataset',
    ]);
    const access = lastAccess(ward.chain, ward.patient.id);
    expect(access).toMatchObject({
      kind: 'open',
      reader: ward.rescuer.id,
      purpose: 'BTG',
      emergency: { reason: 'unconscious', second: null, worklist: 0 },
      expires: access.time + 2 * 3_600_000,
    });
  });

  it('a search finds the current dataset and enters nothing of the rest', () => {
    const ward = new Ward();
    const old = ward.record('old', { emergency: true });
    submit(ward.chain, asPerson(ward.a), actionOf('record.retract', { record: old }));
    expect(ward.open()).toEqual(['permit emergency']);
    expect(lastAccess(ward.chain, ward.patient.id).items[0]?.record).toBe(ward.allergy);
    expect(ward.open(ward.rescuer, { selection: { ...ANYTHING, tags: [TAG_B] } })).toEqual([]);
  });

  it('every opening stands in the worklist of the own institution without a gap, due in 72 hours', () => {
    const ward = new Ward();
    const other = staff(ward.chain, ward.a, 'rescuer of a', { emergency: true });
    for (const reader of [ward.rescuer, other, ward.rescuer]) ward.open(reader);
    ward.open(ward.rescuer, { selection: named(ward.letter) });
    const rows = worklist(ward.chain, ward.b.id);
    expect(rows).toHaveLength(2);
    for (const row of rows)
      expect(row).toMatchObject({
        clinician: ward.rescuer.id,
        patient: ward.patient.id,
        reason: 'unconscious',
        due: row.time + 72 * 3_600_000,
        review: null,
      });
    expect(rows.map(({ access }) => access)).toEqual([0, 2]);
    expect(worklist(ward.chain, ward.a.id)).toEqual([expect.objectContaining({ clinician: other.id })]);
  });

  it('law stands above: what needs a separate authorization stays closed, with a second signature too', () => {
    const ward = new Ward();
    const notes = ward.record('notes', { emergency: true, effects: ['separate-authorization'] });
    const selection = named(notes);
    expect(ward.open(ward.rescuer, { selection })).toEqual(['deny law-psychotherapy-notes']);
    expect(ward.open(ward.rescuer, { selection, second: ward.word() })).toEqual([
      'deny law-psychotherapy-notes',
    ]);
  });

  it('a policy that denies all leaves the glass whole', () => {
    const ward = new Ward();
    decide(ward.chain, { type: 'policy', policy: 'Policy-deny' }, ward.chain.hospitals.slice(0, 3));
    expect(ward.open()).toEqual(['deny no-consent']);
  });

  it('neither for somebody else nor under a project nor without a reason', () => {
    const ward = new Ward();
    const plain = { patient: ward.patient.id, selection: ANYTHING, readerKey: readerKeyOf('x') } as const;
    const emergency = { reason: 'unconscious', second: null } as const;
    for (const wish of [
      { purpose: 'BTG', onBehalfOf: ward.rescuer.id, project: null, emergency },
      { purpose: 'BTG', onBehalfOf: null, project: 'CLAIM-1', emergency },
      { purpose: 'BTG', onBehalfOf: null, project: null, emergency: null },
      { purpose: 'TREAT', onBehalfOf: null, project: null, emergency },
    ] as const)
      expectRefused(
        ward.chain,
        asPerson(ward.b),
        'TX_ACTION_MALFORMED',
        actionOf('access.open', { ...plain, ...wish }),
      );
  });
});

describe('what a consent says of emergencies', () => {
  const told = (purposes: readonly ('BTG' | 'ETREAT' | 'TREAT')[], decision: 'permit' | 'deny'): string => {
    const ward = new Ward();
    const terms = consentTerms(ward.chain, ward.b.id);
    const rule = { ...OPEN_RULE, purposes };
    submit(ward.chain, ward.patient, granting(ward.patient.id, { ...terms, decision, rule, exceptions: [] }));
    return ward.open(ward.rescuer, { selection: named(ward.allergy, ward.letter) }).join();
  };

  it('a denial that names them closes, one of treatment in general does not', () => {
    expect(told(['BTG'], 'deny')).toBe('deny excluded,deny excluded');
    expect(told(['ETREAT'], 'deny')).toBe('deny excluded,deny excluded');
    expect(told(['TREAT'], 'deny')).toBe('permit emergency,deny emergency-dataset');
    expect(told([], 'deny')).toBe('permit emergency,deny emergency-dataset');
  });

  it('a permit does not widen the dataset', () => {
    expect(told(['BTG'], 'permit')).toBe('permit emergency,deny emergency-dataset');
  });

  it('an exception that names no purpose is of those of its root', () => {
    const ward = new Ward();
    const rule = { ...OPEN_RULE, purposes: ['BTG'] as const, confidentiality: 'V' as const };
    const exceptions = [{ ...OPEN_RULE, period: null, labels: [TAG_A] }];
    const terms = { ...consentTerms(ward.chain, ward.b.id), rule, exceptions };
    submit(ward.chain, ward.patient, granting(ward.patient.id, terms));
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(['deny excluded']);
  });
});

describe('a second signature', () => {
  it('opens more than the dataset, and is named by the entry and the worklist', () => {
    const ward = new Ward();
    const second = ward.word();
    expect(ward.open(ward.rescuer, { second })).toEqual(['permit emergency', 'permit emergency']);
    const emergency = { reason: 'unconscious', second: ward.doctor.id };
    expect(lastAccess(ward.chain, ward.patient.id)).toMatchObject({ emergency });
    expect(worklist(ward.chain, ward.b.id)).toEqual([expect.objectContaining(emergency)]);
  });

  it('is for this patient, reader, reader key, reason and time only', () => {
    const ward = new Ward();
    const other = enrol(ward.chain, ward.a, 'patient 2').id;
    const later = ward.time + EMERGENCY_OPINION_MS_MAX / 4;
    for (const wish of [
      { patient: other },
      { reader: ward.officer.id },
      { readerKey: readerKeyOf('another') },
      { reason: 'disaster' },
    ] as const) {
      const second = ward.word(wish);
      expectRefused(
        ward.chain,
        ward.rescuer,
        'EMERGENCY_SECOND_INVALID',
        breaking(ward.patient.id, { second }),
      );
    }
    const moved = { ...ward.word(), until: later };
    expectRefused(
      ward.chain,
      ward.rescuer,
      'EMERGENCY_SECOND_INVALID',
      breaking(ward.patient.id, { second: moved }),
    );
  });

  it('is of another clinician who treats, whose credential stands, and of nobody else', () => {
    const ward = new Ward();
    const gone = staff(ward.chain, ward.a, 'gone');
    submit(ward.chain, asPerson(ward.a), actionOf('identity.withdrawCredential', { index: 0 }));
    for (const by of [ward.rescuer, ward.officer, ward.patient, asPerson(ward.a), gone])
      expectRefused(
        ward.chain,
        ward.rescuer,
        'EMERGENCY_SECOND_INVALID',
        breaking(ward.patient.id, { second: ward.word({}, by) }),
      );
    const nurse = staff(ward.chain, ward.a, 'nurse', { role: 'nurse' });
    expect(ward.open(ward.rescuer, { second: ward.word({}, nurse) })).toHaveLength(2);
  });

  it('serves once: neither the same word nor another for the same key opens again', () => {
    const ward = new Ward();
    const second = ward.word();
    ward.open(ward.rescuer, { second });
    for (const again of [second, ward.word({ until: second.until + 1 })])
      expectRefused(
        ward.chain,
        ward.rescuer,
        'EMERGENCY_SECOND_INVALID',
        breaking(ward.patient.id, { second: again }),
      );
    const both = [ward.word({ readerKey: readerKeyOf('two') })].flatMap((word) =>
      ['first', 'second'].map(() =>
        breaking(ward.patient.id, {
          readerKey: readerKeyOf('two'),
          second: word,
          selection: named(ward.letter),
        }),
      ),
    );
    expect(submit(ward.chain, ward.rescuer, ...both)).toMatchObject({
      code: 'EMERGENCY_SECOND_INVALID',
      failedAction: 1,
    });
  });

  it('is spent by an attempt that is denied', () => {
    const ward = new Ward();
    const second = ward.word({ reader: ward.officer.id });
    expect(ward.open(ward.officer, { second, selection: named(ward.letter) })).toEqual([
      'deny emergency-privilege',
    ]);
    expectRefused(
      ward.chain,
      ward.officer,
      'EMERGENCY_SECOND_INVALID',
      breaking(ward.patient.id, { second }),
    );
  });

  it('is given in the emergency: neither over nor far ahead', () => {
    const ward = new Ward();
    const at = (until: number): string =>
      submit(
        ward.chain,
        ward.rescuer,
        breaking(ward.patient.id, { second: ward.word({ until }), selection: named(ward.letter) }),
      ).code;
    // A block comes a second after the one before.
    expect(at(ward.time + 1_000)).toBe('EMERGENCY_SECOND_INVALID');
    expect(at(ward.time + 1_001 + EMERGENCY_OPINION_MS_MAX)).toBe('EMERGENCY_SECOND_INVALID');
    expect(at(ward.time + 1_000 + EMERGENCY_OPINION_MS_MAX)).toBe('OK');
  });
});

describe('Break-glass: reviewed; suspended when overdue', () => {
  it('by a privacy officer of the institution, who neither opened nor said that it was needed, once', () => {
    const ward = new Ward();
    const both = staff(ward.chain, ward.b, 'both', { role: 'privacy-officer', emergency: true });
    const stranger = staff(ward.chain, ward.a, 'officer of a', { role: 'privacy-officer' });
    ward.open(both);
    const refused = [ward.rescuer, ward.doctor, both];
    for (const by of refused) expect(review(ward.chain, by, 0, 'justified').code).toBe('TX_NOT_PERMITTED');
    expect(review(ward.chain, asPerson(ward.b), 0, 'justified').code).toBe('TX_NOT_PERMITTED');
    // The worklist of another institution is its own.
    expect(review(ward.chain, stranger, 0, 'justified').code).toBe('EMERGENCY_NOT_FOUND');
    expect(review(ward.chain, ward.officer, 1, 'justified').code).toBe('EMERGENCY_NOT_FOUND');
    const { code, outcomes } = review(ward.chain, ward.officer, 0, 'justified');
    expect([code, outcomes]).toEqual(['OK', [{ id: both.id, index: 0 }]]);
    expect(worklist(ward.chain, ward.b.id)[0]?.review).toMatchObject({
      by: ward.officer.id,
      verdict: 'justified',
      time: ward.time,
    });
    expect(review(ward.chain, ward.officer, 0, 'unjustified').code).toBe('EMERGENCY_REVIEWED');
  });

  it('who gave the second signature does not review it', () => {
    const ward = new Ward();
    const nurse = staff(ward.chain, ward.b, 'nurse', { role: 'nurse' });
    ward.open(ward.rescuer, { second: ward.word({}, nurse) });
    const index = listCount(ward.chain.view().state, 'credentials', ward.b.id) - 1;
    submit(ward.chain, asPerson(ward.b), actionOf('identity.withdrawCredential', { index }));
    staff(ward.chain, ward.b, 'nurse', { role: 'privacy-officer' });
    expect(review(ward.chain, nurse, 0, 'justified').code).toBe('TX_NOT_PERMITTED');
    expect(review(ward.chain, ward.officer, 0, 'justified').code).toBe('OK');
  });

  it('what is overdue suspends the next use by the time of its block, and no sooner', () => {
    const ward = new Ward();
    ward.open();
    const { due } = worklist(ward.chain, ward.b.id)[0] ?? { due: 0 };
    const { state } = ward.chain.view();
    expect([due - 1, due].map((time) => isSuspended(state, ward.rescuer.id, time))).toEqual([false, true]);
    // A block comes a second after the one before.
    passTo(ward.chain, due - 2_001);
    expect(ward.open()).toEqual(['permit emergency']);
    passTo(ward.chain, due - 1_000);
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(['deny emergency-suspended']);
    // Nobody sets it right but the review of what is overdue.
    expect(reinstate(ward.chain, asPerson(ward.b), ward.rescuer.id).code).toBe('EMERGENCY_NOT_SUSPENDED');
    expect(review(ward.chain, ward.officer, 0, 'justified').code).toBe('OK');
    expect(ward.open()).toEqual(['permit emergency']);
  });

  it('what was found unjustified suspends at once, until the institution reinstates', () => {
    const ward = new Ward();
    ward.open();
    ward.open();
    expect(review(ward.chain, ward.officer, 1, 'unjustified').code).toBe('OK');
    const denied = ['deny emergency-suspended'];
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(denied);
    // Another finding does not set it right.
    expect(review(ward.chain, ward.officer, 0, 'justified').code).toBe('OK');
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(denied);
    expect(reinstate(ward.chain, asPerson(ward.a), ward.rescuer.id).code).toBe('TX_NOT_PERMITTED');
    expect(reinstate(ward.chain, ward.officer, ward.rescuer.id).code).toBe('TX_NOT_PERMITTED');
    expect(reinstate(ward.chain, asPerson(ward.b), ward.rescuer.id).code).toBe('OK');
    expect(reinstate(ward.chain, asPerson(ward.b), ward.rescuer.id).code).toBe('EMERGENCY_NOT_SUSPENDED');
    expect(ward.open()).toEqual(['permit emergency']);
  });

  it('a new credential for the same account does not shake off a suspension', () => {
    const ward = new Ward();
    ward.open();
    review(ward.chain, ward.officer, 0, 'unjustified');
    submit(ward.chain, asPerson(ward.b), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(staff(ward.chain, ward.b, 'rescuer', { emergency: true }).id).toBe(ward.rescuer.id);
    expect(ward.open(ward.rescuer, { selection: named(ward.allergy) })).toEqual(['deny emergency-suspended']);
  });

  it('with 1,024 openings unreviewed the next one is refused', () => {
    const ward = new Ward();
    const open = Array.from({ length: EMERGENCIES_OPEN_MAX }, (_, index) => ({
      index,
      due: ward.time + EMERGENCY_REVIEW_MS,
    }));
    const { state } = ward.chain.view();
    const full = { open, suspended: false, salt: '00'.repeat(16) };
    const overlay = createOverlay(state);
    putRow(overlay, EMERGENCY_STANDINGS, [ward.rescuer.id], full);
    const view = { ...ward.chain.view(), state: overlay };
    const tx = ward.chain.tx(ward.rescuer.id, ward.rescuer.key, [breaking(ward.patient.id)]);
    expect(ward.chain.build([tx], { view }).execution.results[0]?.code).toBe('TX_QUOTA_EXCEEDED');
  });
});

describe('shares of an emergency are released', () => {
  /** The code (and rule) by which a record is refused at `time`. */
  const refusal = (ward: Ward, access: number, time: number, place = 0): string => {
    const { state } = ward.chain.view();
    const question = { patient: ward.patient.id, access, reader: ward.rescuer.id };
    try {
      return requireReleasable(state, question, requireAccess(state, question, time), place, time);
    } catch (error) {
      if (!(error instanceof ConsiliumError)) throw error;
      return `${error.code} ${error.data['rule'] ?? ''}`.trim();
    }
  };

  it('for two hours', () => {
    const ward = new Ward();
    ward.open();
    expect(refusal(ward, 0, ward.time + EMERGENCY_LIFETIME_MS - 1)).toBe(ward.allergy);
    expect(refusal(ward, 0, ward.time + EMERGENCY_LIFETIME_MS)).toBe('ACCESS_EXPIRED');
  });

  it('until a review finds one unjustified, or another one is overdue', () => {
    const ward = new Ward();
    ward.open();
    const { due } = worklist(ward.chain, ward.b.id)[0] ?? { due: 0 };
    passTo(ward.chain, due - 60_000);
    ward.open();
    expect(refusal(ward, 1, due - 1)).toBe(ward.allergy);
    expect(refusal(ward, 1, due)).toBe('ACCESS_REVOKED emergency-suspended');
    review(ward.chain, ward.officer, 1, 'unjustified');
    expect(refusal(ward, 1, ward.time)).toBe('ACCESS_REVOKED emergency-suspended');
  });

  it('beyond the dataset only while the credential of who gave the second signature stands', () => {
    const ward = new Ward();
    ward.open(ward.rescuer, { second: ward.word(), selection: named(ward.allergy, ward.letter) });
    expect(refusal(ward, 0, ward.time, 1)).toBe(ward.letter);
    submit(ward.chain, asPerson(ward.b), actionOf('identity.withdrawCredential', { index: 1 }));
    expect(refusal(ward, 0, ward.time, 1)).toBe('ACCESS_REVOKED emergency-dataset');
    expect(refusal(ward, 0, ward.time)).toBe(ward.allergy);
  });

  it('that of treatment stays what it was', () => {
    const ward = new Ward();
    const { row } = opened(ward.chain, ward.doctor, ward.patient.id, [ward.allergy]);
    expect(row).toMatchObject({ emergency: null, purpose: 'TREAT' });
    expect(worklist(ward.chain, ward.b.id)).toEqual([]);
  });
});
