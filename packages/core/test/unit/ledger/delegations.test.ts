// Who acts for a patient, and whose word ends: within the scope, until the end, and not a block longer.
import { describe, expect, it } from 'vitest';
import {
  ACCESSES,
  type Action,
  actionOf,
  CONSENTS_PER_PATIENT_MAX,
  COUNTS,
  createOverlay,
  type DelegationTerms,
  EMERGENCY_LIFETIME_MS,
  ERASURE_REQUESTS_PER_PATIENT_MAX,
  type Hex32,
  readRow,
  requireAccess,
  requireReleasable,
  STANDING_DELEGATIONS_MAX,
} from '../../../src/index.ts';
import { type Chain, createChain, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  credential,
  enrol,
  grantTo,
  type Person,
  revoking,
  submit,
} from '../../kit/people.ts';
import { newRecord, opened, opening, registered } from '../../kit/records.ts';
import { putRow } from '../../kit/rows.ts';

const HOUR_MS = 3_600_000;

class Family {
  readonly chain: Chain = createChain();
  readonly a: Hospital = this.chain.hospitals[0] as Hospital;
  readonly b: Hospital = this.chain.hospitals[1] as Hospital;
  readonly child: Person = enrol(this.chain, this.a, 'child');
  readonly mother: Person = enrol(this.chain, this.b, 'mother');
  readonly doctor: Person = credential(this.chain, this.b, 'doctor of b');
  readonly record: Hex32 = registered(
    this.chain,
    asPerson(this.a),
    this.child.id,
    newRecord('one'),
  )[0] as Hex32;
  readonly note: Hex32 = registered(
    this.chain,
    asPerson(this.a),
    this.child.id,
    newRecord('note', { effects: ['closed-to-patient', 'separate-authorization'] }),
  )[0] as Hex32;

  get time(): number {
    return this.chain.view().tip.time;
  }

  appointment(wish: Partial<DelegationTerms> = {}): Action {
    return actionOf('identity.appointDelegate', {
      patient: this.child.id,
      delegate: this.mother.id,
      kind: 'guardian',
      scopes: ['audit', 'consent', 'read'],
      period: { from: this.time - HOUR_MS, until: this.time + 10 * HOUR_MS },
      ...wish,
    });
  }

  /** Its index; a refusal fails the test. */
  appoint(wish: Partial<DelegationTerms> = {}, by: Person = asPerson(this.a)): number {
    const { code, outcomes } = submit(this.chain, by, this.appointment(wish));
    if (code !== 'OK') throw new Error(code);
    return outcomes[0]?.index as number;
  }

  end(index: number, by: Person): string {
    return codeOfSubmit(
      this.chain,
      by,
      actionOf('identity.endDelegation', { patient: this.child.id, index }),
    );
  }

  rule(by: Person, record: Hex32 = this.record, purpose: 'FAMRQT' | 'TREAT' = 'FAMRQT'): string {
    return opened(this.chain, by, this.child.id, [record], purpose).row.items[0]?.rule ?? 'none';
  }

  grant(by: Person): string {
    return codeOfSubmit(
      this.chain,
      by,
      grantTo(this.chain, this.child.id, this.doctor.id, { categories: [] }),
    );
  }

  readLog(by: Person): string {
    return codeOfSubmit(this.chain, by, actionOf('access.readLog', { patient: this.child.id }));
  }

  /** An empty block so much later. */
  pass(ms: number): void {
    this.chain.commit([], { time: this.time + ms });
  }
}

describe('a delegate', () => {
  it('A delegate acts within its scope and never after its end; a withdrawn credential opens nothing from that block on, also with a consent that names it.', () => {
    const family = new Family();
    const { chain, mother, doctor, child } = family;
    expect([family.rule(mother), family.grant(mother), family.readLog(mother)]).toEqual([
      'no-consent',
      'TX_NOT_PERMITTED',
      'TX_NOT_PERMITTED',
    ]);

    const reads = family.appoint({ scopes: ['read'] });
    expect([family.rule(mother), family.grant(mother), family.readLog(mother)]).toEqual([
      'delegate',
      'TX_NOT_PERMITTED',
      'TX_NOT_PERMITTED',
    ]);
    // Within the very block of its end nothing opens any more.
    const end = actionOf('identity.endDelegation', { patient: child.id, index: reads });
    const { outcomes } = submit(chain, asPerson(family.a), end);
    expect(outcomes).toEqual([{ id: child.id, index: reads }]);
    expect([family.rule(mother), family.end(reads, mother)]).toEqual(['no-consent', 'DELEGATION_ENDED']);

    family.appoint({ scopes: ['consent'], period: { from: family.time, until: family.time + HOUR_MS } });
    expect([family.rule(mother), family.readLog(mother)]).toEqual(['no-consent', 'TX_NOT_PERMITTED']);
    expect(family.grant(mother)).toBe('OK');
    expect(family.rule(doctor, family.record, 'TREAT')).toBe('consent');
    family.pass(HOUR_MS);
    // What it granted stands; itself it does nothing more, nor takes anything back.
    expect([family.grant(mother), codeOfSubmit(chain, mother, revoking(child.id, 0))]).toEqual([
      'TX_NOT_PERMITTED',
      'TX_NOT_PERMITTED',
    ]);

    const before = opened(chain, doctor, child.id, [family.record]);
    expect(before.row.items[0]?.rule).toBe('consent');
    const withdrawal = actionOf('identity.withdrawCredential', { index: 0 });
    const inOneBlock = chain.commit([
      chain.tx(family.b.id, family.b.account, [withdrawal]),
      chain.tx(doctor.id, doctor.key, [opening(child.id, [family.record])]),
    ]);
    const [, accessed] = inOneBlock.execution.results;
    const denied = readRow(chain.view().state, ACCESSES, child.id, accessed?.outcomes[0]?.index ?? -1);
    expect(denied?.items[0]?.rule).toBe('credential-ended');
    const { state, tip } = chain.view();
    const question = { patient: child.id, access: before.access, reader: doctor.id };
    const row = requireAccess(state, question, tip.time);
    expect(() => requireReleasable(state, question, row, 0, tip.time)).toThrow(
      expect.objectContaining({ code: 'ACCESS_REVOKED', data: { rule: 'credential-ended' } }),
    );
    expect(family.rule(doctor, family.record, 'TREAT')).toBe('credential-ended');
  });

  it('has the rights of the patient and no more: the law closes to both what it closes', () => {
    const family = new Family();
    family.appoint({ scopes: ['read'] });
    expect(family.rule(family.child, family.note)).toBe('law-closed-to-patient');
    expect(family.rule(family.mother, family.note)).toBe('law-closed-to-patient');
    // What a stranger may not open is not told by its law.
    const stranger = enrol(family.chain, family.b, 'stranger');
    expect(family.rule(stranger, family.note)).toBe('no-consent');
  });

  it('who is a clinician acts in the name of the patient for a request of the patient, and for nothing else', () => {
    const family = new Family();
    family.appoint({ delegate: family.doctor.id, scopes: ['read'], kind: 'proxy' }, family.child);
    expect(family.rule(family.doctor)).toBe('delegate');
    expect(family.rule(family.doctor, family.record, 'TREAT')).toBe('no-consent');
    submit(family.chain, asPerson(family.b), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(family.rule(family.doctor)).toBe('credential-ended');
  });

  it.each([
    ['a guardian by the patient', { kind: 'guardian' }, 'child', 'TX_NOT_PERMITTED'],
    ['a guardian by another hospital', { kind: 'guardian' }, 'b', 'TX_NOT_PERMITTED'],
    ['a proxy by the hospital', { kind: 'proxy' }, 'a', 'TX_NOT_PERMITTED'],
    ['a proxy by a stranger', { kind: 'proxy' }, 'mother', 'TX_NOT_PERMITTED'],
    ['a hospital', { delegate: createChain().hospitals[1]?.id ?? '' }, 'a', 'VALUE_INVALID'],
    ['what is over already', { period: { from: 0, until: 1 } }, 'a', 'VALUE_INVALID'],
    ['what ends before it begins', { period: { from: 2, until: 1 } }, 'a', 'TX_ACTION_MALFORMED'],
  ] as const)('is not appointed: %s', (_what, wish, by, code) => {
    const family = new Family();
    const sender = by === 'a' || by === 'b' ? asPerson(family[by]) : family[by];
    expect(codeOfSubmit(family.chain, sender, family.appointment(wish))).toBe(code);
  });

  it('is ended by the patient, by itself and by who appointed, and by nobody else', () => {
    const family = new Family();
    const { child, mother } = family;
    const indexes = [0, 1, 2].map(() => family.appoint());
    expect(family.end(0, family.doctor)).toBe('TX_NOT_PERMITTED');
    expect(
      indexes.map((index, at) => family.end(index, [child, mother, asPerson(family.a)][at] as Person)),
    ).toEqual(['OK', 'OK', 'OK']);
    expect(family.end(7, child)).toBe('DELEGATION_NOT_FOUND');
  });

  it('is one of a bounded number at a time; what has ended makes room', () => {
    const family = new Family();
    for (let at = 0; at < STANDING_DELEGATIONS_MAX; at += 1) family.appoint();
    expect(codeOfSubmit(family.chain, asPerson(family.a), family.appointment())).toBe('TX_QUOTA_EXCEEDED');
    family.pass(10 * HOUR_MS + EMERGENCY_LIFETIME_MS);
    expect(codeOfSubmit(family.chain, asPerson(family.a), family.appointment())).toBe('OK');
  });

  it('fills at most half of what a patient has for life, and so does who appoints it: the last word is the patient’s', () => {
    const family = new Family();
    const { chain, child, mother, record } = family;
    family.appoint();
    const view = chain.view();
    const state = createOverlay(view.state);
    for (const [list, max] of [
      ['consents', CONSENTS_PER_PATIENT_MAX],
      ['delegations', CONSENTS_PER_PATIENT_MAX],
      ['erasureRequests', ERASURE_REQUESTS_PER_PATIENT_MAX],
    ] as const)
      putRow(state, COUNTS, [list, child.id], { count: max / 2, salt: '0'.repeat(32) });
    const code = (by: Person, action: Action): string | undefined =>
      chain.build([chain.tx(by.id, by.key, [action])], { view: { ...view, state } }).execution.results[0]
        ?.code;
    const body = { patient: child.id, records: [record], reason: 'patient-request' } as const;
    const words = [
      grantTo(chain, child.id, family.doctor.id, { categories: [] }),
      actionOf('record.requestErasure', body),
    ];
    expect(words.map((action) => code(mother, action))).toEqual(['TX_QUOTA_EXCEEDED', 'TX_QUOTA_EXCEEDED']);
    expect(words.map((action) => code(child, action))).toEqual(['OK', 'OK']);
    expect(code(asPerson(family.a), family.appointment())).toBe('TX_QUOTA_EXCEEDED');
    expect(code(child, family.appointment({ kind: 'proxy' }))).toBe('OK');
  });
});
