import { describe, expect, it } from 'vitest';
import {
  type AccessRow,
  actionOf,
  ConsiliumError,
  codeOf,
  type Hex32,
  requireAccess,
  requireReleasable,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  credential,
  decide,
  enrol,
  grantTo,
  type Person,
  revoking,
  submit,
  TAG_A,
} from '../../kit/people.ts';
import { newRecord, opened, registered, tagsWith } from '../../kit/records.ts';

interface Setting {
  readonly chain: Chain;
  readonly a: Hospital;
  readonly b: Hospital;
  readonly patient: Person;
  readonly doctor: Person;
  readonly records: readonly Hex32[];
  readonly access: number;
  readonly row: AccessRow;
}

/** A doctor of b may open, by consent 0, the first of two records of hospital a. */
function setting(): Setting {
  const chain = createChain(FOUNDERS.slice(0, 5));
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  const patient = enrol(chain, a, 'patient 1');
  const doctor = credential(chain, b, 'doctor 1');
  const records = registered(
    chain,
    asPerson(a),
    patient.id,
    newRecord('one', { tags: tagsWith(TAG_A) }),
    newRecord('two'),
  );
  submit(chain, patient, grantTo(chain, patient.id, b.id));
  const { access, row } = opened(chain, doctor, patient.id, records);
  return { chain, a, b, patient, doctor, records, access, row };
}

type Asked = { reader?: Hex32; patient?: Hex32; access?: number; place?: number; time?: number };

/** The record whose share may leave, or the code (and the rule) by which it may not. */
function released(from: Setting, asked: Asked = {}): string {
  const { chain, doctor, patient, access } = from;
  const { state, tip } = chain.view();
  const { place = 0, time = tip.time } = asked;
  const question = {
    patient: asked.patient ?? patient.id,
    reader: asked.reader ?? doctor.id,
    access: asked.access ?? access,
  };
  try {
    const row = requireAccess(state, question, time);
    return requireReleasable(state, question, row, place, time);
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    return [codeOf(error), error.data['rule']].filter(Boolean).join(' ');
  }
}

describe('a share may leave', () => {
  it('for an access of this patient, of this reader, at a place that the ledger permitted', () => {
    const from = setting();
    expect(released(from)).toBe(from.records[0]);
    expect(released(from, { place: 1 })).toBe('ACCESS_DENIED no-consent');
    expect(released(from, { place: 2 })).toBe('RECORD_NOT_FOUND');
    expect(released(from, { access: 1 })).toBe('ACCESS_NOT_FOUND');
    expect(released(from, { patient: enrol(from.chain, from.a, 'patient 2').id })).toBe('ACCESS_NOT_FOUND');
    expect(released(from, { reader: from.b.id })).toBe('ACCESS_OTHER_READER');
  });

  it("until just before it expires, by the later of the block's and the custodian's clock", () => {
    const from = setting();
    expect(released(from, { time: from.row.expires - 1 })).toBe(from.records[0]);
    expect(released(from, { time: from.row.expires })).toBe('ACCESS_EXPIRED');
    expect(released(from, { time: from.row.expires, place: 1 })).toBe('ACCESS_EXPIRED');
  });

  it('while the consent stands', () => {
    const from = setting();
    expect(codeOfSubmit(from.chain, from.patient, revoking(from.patient.id, 0))).toBe('OK');
    expect(released(from)).toBe('ACCESS_REVOKED no-consent');
  });

  it('while no later consent excludes it', () => {
    const from = setting();
    const exclusion = grantTo(from.chain, from.patient.id, from.doctor.id, {
      categories: [],
      excludedLabels: [TAG_A],
    });
    expect(codeOfSubmit(from.chain, from.patient, exclusion)).toBe('OK');
    expect(released(from)).toBe('ACCESS_REVOKED excluded');
  });

  it('while the consent has not ended by the clock', () => {
    const from = setting();
    const { time } = from.chain.view().tip;
    submit(from.chain, from.patient, revoking(from.patient.id, 0));
    const until = time + 60_000;
    submit(
      from.chain,
      from.patient,
      grantTo(from.chain, from.patient.id, from.b.id, { period: { from: time, until } }),
    );
    expect(released(from, { time: until - 1 })).toBe(from.records[0]);
    expect(released(from, { time: until })).toBe('ACCESS_REVOKED no-consent');
  });

  it('while the credential stands', () => {
    const from = setting();
    submit(from.chain, asPerson(from.b), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(released(from)).toBe('ACCESS_REVOKED credential-ended');
  });

  it("while the reader's institution is one", () => {
    const from = setting();
    const voters = from.chain.hospitals.filter((each) => each !== from.b);
    decide(from.chain, { type: 'remove', institution: from.b.id, confirmName: null }, voters);
    expect(released(from)).toBe('ACCESS_REVOKED credential-ended');
  });

  it('while the record is not retracted', () => {
    const from = setting();
    const [record] = from.records as [Hex32];
    submit(from.chain, asPerson(from.a), actionOf('record.retract', { record }));
    expect(released(from)).toBe('ACCESS_REVOKED record-retracted');
  });

  it('for the purpose of the access, and never at a place that was denied, whatever was granted since', () => {
    const from = setting();
    const wide = grantTo(from.chain, from.patient.id, from.b.id, {
      categories: [],
      excludedLabels: [],
      purposes: ['HPAYMT'],
    });
    submit(from.chain, from.patient, wide);
    submit(from.chain, from.patient, revoking(from.patient.id, 0));
    expect(released(from)).toBe('ACCESS_REVOKED no-consent');
    submit(
      from.chain,
      from.patient,
      grantTo(from.chain, from.patient.id, from.b.id, { categories: [], excludedLabels: [] }),
    );
    expect(released(from)).toBe(from.records[0]);
    expect(released(from, { place: 1 })).toBe('ACCESS_DENIED no-consent');
  });
});
