import { describe, expect, it } from 'vitest';
import {
  ACCESS_LIFETIME_MS,
  ACCESSES,
  type AccessDecision,
  type AccessSelection,
  type Action,
  type ActorRef,
  actionOf,
  CONSENT_ACTORS_MAX,
  CONSENT_EXCEPTIONS_MAX,
  CONSENT_RECORDS_MAX,
  COUNTS,
  type ConsentRule,
  canonicalSet,
  concat,
  createDecider,
  decode,
  fromHex,
  GROUPS,
  type Hex32,
  hashHex,
  listCount,
  type NewRecord,
  OPEN_RULE,
  PATIENT_RECORDS,
  PURPOSES,
  type Purpose,
  proveState,
  RECORDS,
  RECORDS_PER_ACCESS_MAX,
  RECORDS_PER_BATCH_MAX,
  RECORDS_PER_QUERY_SCAN_MAX,
  readRow,
  STANDING_GROUPS_MAX,
  STANDING_VALUES_MAX,
  STATE_VALUE_BYTES_MAX,
  type StateQuery,
  type StateReader,
  selectRecords,
  stateKeyHash,
  stateQuery,
  stateValueHash,
  utf8,
  verifyStateProof,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  consentTerms,
  credential,
  credentialing,
  decide,
  enrol,
  granting,
  grantTo,
  type Person,
  personOf,
  revoking,
  submit,
  TAG_A,
  TAG_B,
  TAG_C,
  type TermsWish,
} from '../../kit/people.ts';
import {
  amendment,
  newRecord,
  opened,
  opening,
  READER_KEY,
  recordAt,
  registered,
  tagsWith,
} from '../../kit/records.ts';
import { createRows, putRow } from '../../kit/rows.ts';

type Wish = Partial<NewRecord>;

/** A clinician who may break the glass. */
function rescuerOf(chain: Chain, hospital: Hospital): Person {
  const action = credentialing(chain, hospital, 'rescuer', { emergency: true });
  if (codeOfSubmit(chain, asPerson(hospital), action) !== 'OK') throw new Error('no credential');
  return personOf('rescuer');
}

/** A patient of hospital a, with a doctor there and a doctor of b who has no relation to it. */
class Ward {
  readonly chain: Chain = createChain(FOUNDERS.slice(0, 5));
  readonly a: Hospital = this.chain.hospitals[0] as Hospital;
  readonly b: Hospital = this.chain.hospitals[1] as Hospital;
  readonly patient: Person = enrol(this.chain, this.a, 'patient 1');
  readonly own: Person = credential(this.chain, this.a, 'doctor of a');
  readonly doctor: Person = credential(this.chain, this.b, 'doctor of b');
  readonly rescuer: Person = rescuerOf(this.chain, this.b);
  private count = 0;

  /** Registered by hospital a, with tag A. */
  record(wish: Wish = {}, writer: Person = asPerson(this.a)): Hex32 {
    this.count += 1;
    const record = newRecord(`record ${this.count}`, { tags: tagsWith(TAG_A), ...wish });
    return registered(this.chain, writer, this.patient.id, record)[0] as Hex32;
  }

  /** The index of the consent. */
  grant(grantee: Hex32, terms: TermsWish = {}): number {
    const wide = { categories: [], excludedLabels: [], ...terms };
    const { code, outcomes } = submit(
      this.chain,
      this.patient,
      grantTo(this.chain, this.patient.id, grantee, wide),
    );
    if (code !== 'OK') throw new Error(code);
    return outcomes[0]?.index as number;
  }

  do(by: Person, action: Action): void {
    const code = codeOfSubmit(this.chain, by, action);
    if (code !== 'OK') throw new Error(code);
  }

  removeHospital(gone: Hospital): void {
    const voters = this.chain.hospitals.filter((each) => each !== gone);
    decide(this.chain, { type: 'remove', institution: gone.id, confirmName: null }, voters);
  }

  /** As the ledger entered it, and as it was told to who asked beforehand. */
  decision(record: Hex32, reader: Person = this.doctor, purpose: Purpose = 'TREAT'): AccessDecision {
    const { tip, state } = this.chain.view();
    const question = { patient: this.patient.id, reader: reader.id, purpose };
    const told = createDecider(state, question, tip.time + 1_000)(record);
    const [item] = opened(this.chain, reader, this.patient.id, [record], purpose).row.items;
    expect(item).toEqual({ record, ...told });
    return told;
  }
}

/** An exception of the consents here denies, their root permits. */
const denied = (rule: string, consent: number | null = null, tag: string | null = null) =>
  ({ decision: 'deny', rule, consent, provision: consent === null ? null : 1, tag }) as const;
const permitted = (rule: string, consent: number | null = null, tag: string | null = null) =>
  ({ decision: 'permit', rule, consent, provision: consent === null ? null : 0, tag }) as const;

const withdraw = (index: number): Action => actionOf('identity.withdrawCredential', { index });
const retract = (record: Hex32): Action => actionOf('record.retract', { record });

describe('the order of the rules', () => {
  it('first asks whether the record exists, and is of this patient', () => {
    const ward = new Ward();
    const other = enrol(ward.chain, ward.a, 'patient 2').id;
    const [theirs] = registered(ward.chain, asPerson(ward.a), other, newRecord('theirs')) as [Hex32];
    ward.do(asPerson(ward.b), withdraw(0));
    expect(ward.decision('0'.repeat(64))).toEqual(denied('record-unknown'));
    expect(ward.decision(theirs)).toEqual(denied('record-unknown'));
    expect(ward.decision(theirs, ward.own)).toEqual(denied('record-unknown'));
  });

  it('then whether the record is retracted, for whoever wrote it too', () => {
    const ward = new Ward();
    const record = ward.record({ effects: ['separate-authorization'] });
    ward.grant(ward.b.id);
    ward.do(asPerson(ward.a), retract(record));
    ward.do(asPerson(ward.b), withdraw(0));
    expect(ward.decision(record)).toEqual(denied('record-retracted'));
    expect(ward.decision(record, asPerson(ward.a))).toEqual(denied('record-retracted'));
  });

  it("then whether the reader's credential stands", () => {
    const ward = new Ward();
    const record = ward.record({ effects: ['separate-authorization'] });
    ward.grant(ward.b.id);
    ward.do(asPerson(ward.b), withdraw(0));
    ward.do(asPerson(ward.a), withdraw(0));
    expect(ward.decision(record)).toEqual(denied('credential-ended'));
    expect(ward.decision(record, ward.own)).toEqual(denied('credential-ended'));
    ward.do(asPerson(ward.b), credentialing(ward.chain, ward.b, 'doctor of b'));
    expect(ward.decision(ward.record())).toEqual(permitted('consent', 0));
  });

  it('then whether the law asks for a separate authorization, which no other consent and no author gives', () => {
    const ward = new Ward();
    const record = ward.record({ effects: ['separate-authorization'] }, ward.own);
    ward.grant(ward.b.id, { permittedLabels: [TAG_A] });
    expect(ward.decision(record)).toEqual(denied('law-psychotherapy-notes'));
    expect(ward.decision(record, asPerson(ward.a))).toEqual(denied('law-psychotherapy-notes'));
    expect(ward.decision(record, ward.own)).toEqual(permitted('author'));
  });

  it('with the other effects of the law on record it goes on', () => {
    const ward = new Ward();
    const effects = ['closed-to-patient', 'redisclosure-notice', 'withheld-from-payers'] as const;
    const record = ward.record({ effects });
    ward.grant(ward.b.id);
    expect(ward.decision(record)).toEqual(permitted('consent', 0));
  });

  it('then whether it is the authoring institution, whatever the patient excluded and whatever the purpose but research', () => {
    const ward = new Ward();
    const record = ward.record({ confidentiality: 'V' });
    ward.grant(ward.a.id, { excludedLabels: [TAG_A] });
    for (const purpose of PURPOSES.filter((each) => each !== 'HRESCH' && each !== 'BTG')) {
      expect(ward.decision(record, ward.own, purpose)).toEqual(permitted('author'));
      expect(ward.decision(record, asPerson(ward.a), purpose)).toEqual(permitted('author'));
    }
  });

  it("then the patient's consents; without any that speaks of it, no", () => {
    const ward = new Ward();
    const record = ward.record();
    expect(ward.decision(record)).toEqual(denied('no-consent'));
    ward.grant(ward.b.id);
    expect(ward.decision(record)).toEqual(permitted('consent', 0));
  });
});

describe('a consent', () => {
  it('to an institution is to its clinicians and itself; to a clinician it is to nobody else', () => {
    const ward = new Ward();
    const record = ward.record();
    const colleague = credential(ward.chain, ward.b, 'second doctor of b');
    const stranger = credential(ward.chain, ward.chain.hospitals[2] as Hospital, 'doctor of c');
    ward.grant(ward.doctor.id);
    expect(ward.decision(record)).toEqual(permitted('consent', 0));
    for (const reader of [colleague, asPerson(ward.b), stranger])
      expect(ward.decision(record, reader)).toEqual(denied('no-consent'));
    ward.grant(ward.b.id);
    for (const reader of [colleague, asPerson(ward.b)])
      expect(ward.decision(record, reader)).toEqual(permitted('consent', 1));
    expect(ward.decision(record, stranger)).toEqual(denied('no-consent'));
  });

  it('permits the purposes that it names and what lies under them, and none that is near', () => {
    const ward = new Ward();
    const record = ward.record();
    ward.grant(ward.b.id, { purposes: ['HOPERAT', 'TREAT'] });
    const outcomes = PURPOSES.filter(
      (purpose) => ward.decision(record, ward.doctor, purpose).decision === 'permit',
    );
    expect(outcomes).toEqual(['CAREMGT', 'ETREAT', 'HLEGAL', 'HOPERAT', 'TREAT']);
  });

  it('that excludes speaks of its own purposes only: a plain one of treatment does not close the emergency', () => {
    const ward = new Ward();
    const record = ward.record({ emergency: true });
    ward.grant(ward.b.id, { purposes: ['TREAT'], excludedLabels: [TAG_A] });
    expect(ward.decision(record)).toEqual(denied('excluded', 0, TAG_A));
    expect(ward.decision(record, ward.doctor, 'BTG')).toEqual(denied('emergency-privilege'));
    expect(ward.decision(record, ward.rescuer, 'BTG')).toEqual(permitted('emergency'));
    ward.grant(ward.b.id, { purposes: ['ETREAT'], excludedLabels: [TAG_A] });
    expect(ward.decision(record, ward.rescuer, 'BTG')).toEqual(denied('excluded', 1, TAG_A));
  });

  it('holds from its beginning until just before its end, and decides nothing else', () => {
    const ward = new Ward();
    const record = ward.record();
    const from = ward.chain.view().tip.time + 60_000;
    const until = from + 60_000;
    ward.grant(ward.b.id, { period: { from, until } });
    const ask = (time: number) =>
      createDecider(
        ward.chain.view().state,
        { patient: ward.patient.id, reader: ward.doctor.id, purpose: 'TREAT' },
        time,
      )(record).decision;
    expect([from - 1, from, until - 1, until].map(ask)).toEqual(['deny', 'permit', 'permit', 'deny']);
  });

  it('that is revoked permits and excludes nothing any more', () => {
    const ward = new Ward();
    const record = ward.record();
    ward.grant(ward.b.id);
    ward.grant(ward.b.id, { excludedLabels: [TAG_A] });
    expect(ward.decision(record)).toEqual(denied('excluded', 1, TAG_A));
    ward.do(ward.patient, revoking(ward.patient.id, 1));
    expect(ward.decision(record)).toEqual(permitted('consent', 0));
    ward.do(ward.patient, revoking(ward.patient.id, 0));
    expect(ward.decision(record)).toEqual(denied('no-consent'));
  });

  it('permits the categories that it names, or all; the deciding tag is told', () => {
    const ward = new Ward();
    const [a, b] = [ward.record(), ward.record({ tags: tagsWith(TAG_B) })];
    ward.grant(ward.b.id, { categories: [TAG_A, TAG_C] });
    expect(ward.decision(a)).toEqual(permitted('consent', 0, TAG_A));
    expect(ward.decision(b)).toEqual(denied('no-consent'));
    ward.grant(ward.b.id);
    expect(ward.decision(b)).toEqual(permitted('consent', 1));
  });

  it('excludes by the tag of any ancestor of a label, since a record carries them all', () => {
    const ward = new Ward();
    const sensitive = ward.record({ tags: tagsWith(TAG_A, TAG_B, TAG_C) });
    const plain = ward.record();
    ward.grant(ward.b.id, { excludedLabels: [TAG_C] });
    expect(ward.decision(sensitive)).toEqual(denied('excluded', 0, TAG_C));
    expect(ward.decision(plain)).toEqual(permitted('consent', 0));
  });

  it('excludes within its own root, and whichever other consent permits, before it or after', () => {
    const ward = new Ward();
    const record = ward.record({ tags: tagsWith(TAG_A, TAG_B) });
    ward.grant(ward.doctor.id, { permittedLabels: [TAG_B] });
    ward.grant(ward.b.id, { categories: [TAG_C], excludedLabels: [TAG_B] });
    ward.grant(ward.b.id, { excludedLabels: [TAG_A] });
    ward.grant(ward.b.id);
    expect(ward.decision(record)).toEqual(denied('excluded', 2, TAG_A));
  });

  it('opens what is restricted only by a label that it names', () => {
    const ward = new Ward();
    const levels = ['U', 'L', 'M', 'N', 'R', 'V'] as const;
    const records = levels.map((confidentiality) =>
      ward.record({ confidentiality, tags: tagsWith(TAG_A, TAG_B) }),
    );
    ward.grant(ward.b.id, { categories: [TAG_A] });
    const outcomes = () => records.map((record) => ward.decision(record).decision).join(' ');
    expect(outcomes()).toBe('permit permit permit permit deny deny');
    ward.grant(ward.b.id, { categories: [TAG_A], permittedLabels: [TAG_C] });
    expect(outcomes()).toBe('permit permit permit permit deny deny');
    ward.grant(ward.b.id, { categories: [TAG_A], permittedLabels: [TAG_B] });
    expect(outcomes()).toBe('permit permit permit permit permit permit');
    expect(ward.decision(records[5] as Hex32)).toEqual(permitted('consent', 2, TAG_B));
  });

  it('of a label opens no category that it does not name', () => {
    const ward = new Ward();
    const record = ward.record({ confidentiality: 'R', tags: tagsWith(TAG_B) });
    ward.grant(ward.b.id, { categories: [TAG_A], permittedLabels: [TAG_B] });
    expect(ward.decision(record)).toEqual(denied('no-consent'));
  });

  it('permits no record of another tag generation, and excludes every one when it excludes anything', () => {
    const ward = new Ward();
    const newer = ward.record({ tagGeneration: 2 });
    ward.grant(ward.b.id);
    expect(ward.decision(newer)).toEqual(denied('no-consent'));
    ward.grant(ward.b.id, { tagGeneration: 2 });
    expect(ward.decision(newer)).toEqual(permitted('consent', 1));
    ward.grant(ward.b.id, { excludedLabels: [TAG_C] });
    expect(ward.decision(newer)).toEqual(denied('excluded', 2));
    expect(ward.decision(ward.record())).toEqual(permitted('consent', 0));
  });

  it('of a data period speaks of its months, both ends inside; undated data it does not permit', () => {
    const ward = new Ward();
    const at = (month: number | null) => ward.record({ month, tags: tagsWith(TAG_A, TAG_B) });
    const records = [99, 100, 105, 106, null].map(at);
    const outcomes = () => records.map((record) => ward.decision(record).rule);
    const dataPeriod = { from: 100, until: 105 };
    ward.grant(ward.b.id, { dataPeriod });
    expect(outcomes()).toEqual(['no-consent', 'consent', 'consent', 'no-consent', 'no-consent']);
    ward.grant(ward.b.id);
    expect(outcomes()).toEqual(['consent', 'consent', 'consent', 'consent', 'consent']);
    ward.grant(ward.b.id, { dataPeriod, excludedLabels: [TAG_B] });
    expect(outcomes()).toEqual(['consent', 'excluded', 'excluded', 'consent', 'consent']);
  });

  it('to an institution that was removed since opens nothing', () => {
    const ward = new Ward();
    const record = ward.record();
    ward.grant(ward.b.id);
    ward.grant(ward.doctor.id);
    ward.removeHospital(ward.b);
    expect(ward.decision(record)).toEqual(denied('credential-ended'));
    expect(codeOfSubmit(ward.chain, asPerson(ward.b), opening(ward.patient.id, [record]))).toBe(
      'TX_NOT_PERMITTED',
    );
    const question = { patient: ward.patient.id, reader: ward.b.id, purpose: 'TREAT' } as const;
    const { state, tip } = ward.chain.view();
    expect(createDecider(state, question, tip.time)(record)).toEqual(denied('credential-ended'));
  });

  it('beyond the bound of consents that are not over is refused; one that is over makes room', () => {
    const ward = new Ward();
    for (let count = 0; count < 64; count += 8) {
      const grants = Array.from({ length: 8 }, () => grantTo(ward.chain, ward.patient.id, ward.b.id));
      expect(codeOfSubmit(ward.chain, ward.patient, ...grants)).toBe('OK');
    }
    const grant = grantTo(ward.chain, ward.patient.id, ward.b.id);
    expect(codeOfSubmit(ward.chain, ward.patient, grant)).toBe('TX_QUOTA_EXCEEDED');
    ward.do(ward.patient, revoking(ward.patient.id, 3));
    const { time } = ward.chain.view().tip;
    const short = grantTo(ward.chain, ward.patient.id, ward.b.id, {
      period: { from: time, until: time + 2_500 },
    });
    expect(codeOfSubmit(ward.chain, ward.patient, short)).toBe('OK');
    expect(codeOfSubmit(ward.chain, ward.patient, grant)).toBe('TX_QUOTA_EXCEEDED');
    expect(codeOfSubmit(ward.chain, ward.patient, grant)).toBe('OK');
    expect(codeOfSubmit(ward.chain, ward.patient, grant)).toBe('TX_QUOTA_EXCEEDED');
  });

  it('bounds what all of them list, since every access has all of it laid out: values, and groups', () => {
    const ward = new Ward();
    const grant = (rule: Partial<ConsentRule>): string => {
      const terms = consentTerms(ward.chain, ward.b.id);
      const wide = { ...terms, rule: { ...OPEN_RULE, ...rule }, exceptions: [] };
      return codeOfSubmit(ward.chain, ward.patient, granting(ward.patient.id, wide));
    };
    const groups = Array.from({ length: STANDING_GROUPS_MAX + 1 }, (_, index): ActorRef => {
      ward.do(asPerson(ward.b), actionOf('group.put', { index: null, members: [] }));
      return { type: 'group', institution: ward.b.id, index };
    });
    expect(grant({ actors: groups })).toBe('TX_QUOTA_EXCEEDED');
    expect(grant({ actors: groups.slice(0, -1) })).toBe('OK');
    expect(grant({ actors: groups.slice(-1) })).toBe('TX_QUOTA_EXCEEDED');
    expect(grant({ actors: groups.slice(0, 1) })).toBe('OK');
    const records = canonicalSet(
      Array.from({ length: CONSENT_RECORDS_MAX }, (_, at) => hashHex(utf8(`${at}`))),
    );
    const room = STANDING_VALUES_MAX - STANDING_GROUPS_MAX - 1;
    for (let left = room; left >= records.length; left -= records.length)
      expect(grant({ records })).toBe('OK');
    expect(grant({ records })).toBe('TX_QUOTA_EXCEEDED');
    expect(grant({ records: records.slice(0, room % records.length) })).toBe('OK');
    expect(grant({ records: records.slice(0, 1) })).toBe('TX_QUOTA_EXCEEDED');
  });

  it('looks through a group once for an access, however many provisions name it', () => {
    const ward = new Ward();
    ward.do(asPerson(ward.b), actionOf('group.put', { index: null, members: [] }));
    const actors: readonly ActorRef[] = Array(CONSENT_ACTORS_MAX).fill({
      type: 'group',
      institution: ward.b.id,
      index: 0,
    });
    const rule = { ...OPEN_RULE, actors };
    const exceptions = Array(CONSENT_EXCEPTIONS_MAX).fill({ ...rule, period: null });
    const terms = { ...consentTerms(ward.chain, ward.b.id), rule, exceptions };
    ward.do(ward.patient, granting(ward.patient.id, terms));
    const { state, tip } = ward.chain.view();
    let reads = 0;
    const counting: StateReader = {
      get: (table, key) => {
        if (table === GROUPS.number) reads += 1;
        return state.get(table, key);
      },
    };
    const question = { patient: ward.patient.id, reader: ward.doctor.id, purpose: 'TREAT' } as const;
    createDecider(counting, question, tip.time)(ward.record());
    expect(reads).toBeLessThanOrEqual(2);
    expect(reads).toBeGreaterThan(0);
  });
});

describe('a reader', () => {
  it('that the ledger does not know is denied; the patient opens what is the own, another patient nothing', () => {
    const ward = new Ward();
    const record = ward.record();
    const stranger = enrol(ward.chain, ward.b, 'patient 2');
    const { state, tip } = ward.chain.view();
    const ask = (reader: Hex32): AccessDecision => {
      const question = { patient: ward.patient.id, reader, purpose: 'PATRQT' } as const;
      return createDecider(state, question, tip.time)(record);
    };
    expect(ask('0'.repeat(64))).toEqual(denied('credential-ended'));
    expect(ask(ward.patient.id)).toEqual(permitted('own'));
    expect(ask(stranger.id)).toEqual(denied('no-consent'));
  });
});

describe('an access', () => {
  it('is entered with its reader, purpose, key, outcome and end, whatever came of it', () => {
    const ward = new Ward();
    const [one, two] = [ward.record(), ward.record({ tags: tagsWith(TAG_B) })];
    ward.grant(ward.b.id, { categories: [TAG_A] });
    const { row, access } = opened(ward.chain, ward.doctor, ward.patient.id, [two, one]);
    const { tip } = ward.chain.view();
    expect(access).toBe(0);
    expect(row).toEqual({
      kind: 'open',
      reader: ward.doctor.id,
      institution: ward.b.id,
      onBehalfOf: null,
      purpose: 'TREAT',
      project: null,
      emergency: null,
      readerKey: READER_KEY,
      items: [
        { record: two, ...denied('no-consent') },
        { record: one, ...permitted('consent', 0, TAG_A) },
      ],
      expires: tip.time + ACCESS_LIFETIME_MS,
      height: tip.height,
      time: tip.time,
      salt: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it("has the next index of its patient's list; denied attempts stand, and no row ever changes", () => {
    const ward = new Ward();
    const record = ward.record();
    const other = enrol(ward.chain, ward.a, 'patient 2').id;
    const entries = [
      opened(ward.chain, ward.doctor, ward.patient.id, [record]),
      opened(ward.chain, ward.own, ward.patient.id, [record]),
      opened(ward.chain, ward.doctor, ward.patient.id, [record], 'HPAYMT'),
    ];
    expect(entries.map(({ access }) => access)).toEqual([0, 1, 2]);
    expect(entries.map(({ row }) => row.items[0]?.decision)).toEqual(['deny', 'permit', 'deny']);
    expect(opened(ward.chain, ward.own, other, [record]).access).toBe(0);
    ward.do(asPerson(ward.a), retract(record));
    ward.grant(ward.b.id);
    const { state } = ward.chain.view();
    expect(listCount(state, 'accesses', ward.patient.id)).toBe(3);
    for (const { access, row } of entries)
      expect(readRow(state, ACCESSES, ward.patient.id, access)).toEqual(row);
    expect(readRow(state, ACCESSES, ward.patient.id, 3)).toBeUndefined();
  });

  it('is asked by institutions, clinicians and patients, of patients', () => {
    const ward = new Ward();
    const record = ward.record();
    const code = (by: Person, patient: Hex32) => codeOfSubmit(ward.chain, by, opening(patient, [record]));
    expect(code(asPerson(ward.b), ward.patient.id)).toBe('OK');
    expect(code(ward.patient, ward.patient.id)).toBe('OK');
    expect(code(ward.doctor, ward.doctor.id)).toBe('VALUE_INVALID');
    expect(code(ward.doctor, ward.b.id)).toBe('VALUE_INVALID');
    expect(code(ward.doctor, '0'.repeat(64))).toBe('ACCOUNT_NOT_FOUND');
  });

  it('names each record once, and at least one', () => {
    const ward = new Ward();
    const record = ward.record();
    const good = opening(ward.patient.id, [record]);
    expect(codeOfSubmit(ward.chain, ward.doctor, opening(ward.patient.id, [record, record]))).toBe(
      'TX_ACTION_MALFORMED',
    );
    const body = good.body as Readonly<Record<string, never>>;
    for (const selection of [
      { type: 'records', records: [] },
      { type: 'query', tags: [], months: null, fromIndex: -1 },
      { type: 'query', tags: [new Uint8Array(15)], months: null, fromIndex: 0 },
      { type: 'all' },
    ])
      expect(
        codeOfSubmit(ward.chain, ward.doctor, { ...good, body: { ...body, selection: selection as never } }),
      ).toBe('TX_ACTION_MALFORMED');
  });

  it('of as many records as one may hold fits into one transaction and one row', () => {
    const ward = new Ward();
    const ids: Hex32[] = [];
    for (let batch = 0; ids.length < RECORDS_PER_ACCESS_MAX; batch += 1) {
      const records = Array.from({ length: RECORDS_PER_BATCH_MAX }, (_, at) =>
        newRecord(`record ${batch}/${at}`, { tags: tagsWith(TAG_A) }),
      );
      ids.push(...registered(ward.chain, asPerson(ward.a), ward.patient.id, ...records));
    }
    ward.grant(ward.b.id, { categories: [TAG_A] });
    const { access, row } = opened(ward.chain, ward.doctor, ward.patient.id, ids);
    expect(row.items.map(({ record }) => record)).toEqual(ids);
    expect(row.items.every(({ decision }) => decision === 'permit')).toBe(true);
    const bytes = ward.chain
      .view()
      .state.get(ACCESSES.number, ACCESSES.keyOf(ward.patient.id, access)) as Uint8Array;
    expect(bytes.length).toBeLessThan(STATE_VALUE_BYTES_MAX);
    expect(decode(ACCESSES.shape, bytes, STATE_VALUE_BYTES_MAX)).toEqual(row);
    expect(() => opening(ward.patient.id, [...ids, 'ab'.repeat(32)])).toThrow(/canonical/);
  });
});

describe('the accesses of a patient', () => {
  it('are proven one by one and, by their count, complete, under the one root of a block', () => {
    const ward = new Ward();
    const record = ward.record();
    const rows = [ward.own, ward.doctor, ward.own].map(
      (reader) => opened(ward.chain, reader, ward.patient.id, [record]).row,
    );
    const { block } = ward.chain.commit([]);
    const proven = <V>({ table, key, decode: read }: StateQuery<V>): V | undefined => {
      const { state, tree } = ward.chain.view();
      const value = state.get(table, key);
      const keyHash = stateKeyHash(table, key);
      const proof = proveState(tree, keyHash);
      const valueHash = value === undefined ? null : stateValueHash(value);
      expect(verifyStateProof(block.header.stateRoot, keyHash, valueHash, proof)).toBe(true);
      return value === undefined ? undefined : read(value);
    };
    const patient = ward.patient.id;
    const count = proven(stateQuery(COUNTS, 'accesses', patient))?.count ?? 0;
    const log = Array.from({ length: count }, (_, index) => proven(stateQuery(ACCESSES, patient, index)));
    expect(log).toEqual(rows);
    expect(proven(stateQuery(ACCESSES, patient, count))).toBeUndefined();
    const other = enrol(ward.chain, ward.a, 'patient 2').id;
    expect(stateQuery(COUNTS, 'accesses', patient).key).toEqual(concat(Uint8Array.of(24), fromHex(patient)));
    expect(listCount(ward.chain.view().state, 'accesses', other)).toBe(0);
  });
});

type Query = Extract<AccessSelection, { type: 'query' }>;
const anything: Query = { type: 'query', tags: [], months: null, fromIndex: 0 };

describe('a query', () => {
  it('finds the newest versions that are not retracted, oldest first, permitted or not', () => {
    const ward = new Ward();
    const [one, two, three] = [ward.record(), ward.record(), ward.record()];
    const newer = newRecord('newer', { amends: one, tags: tagsWith(TAG_A) });
    ward.do(asPerson(ward.a), amendment(ward.chain, ward.patient.id, newer));
    ward.do(asPerson(ward.a), retract(two));
    const { row } = opened(ward.chain, ward.doctor, ward.patient.id, anything);
    expect(row.items).toEqual([
      { record: three, ...denied('no-consent') },
      { record: newer.commitment, ...denied('no-consent') },
    ]);
  });

  it('finds what has one of its tags, a month of its months, and stands from its index on', () => {
    const ward = new Ward();
    const records = [
      { month: 10, tags: tagsWith(TAG_A) },
      { month: 11, tags: tagsWith(TAG_A, TAG_B) },
      { month: null, tags: tagsWith(TAG_B) },
      { month: 13, tags: tagsWith(TAG_C) },
    ].map((wish) => ward.record(wish));
    const found = (wish: Partial<Query>) =>
      selectRecords(ward.chain.view().state, ward.patient.id, { ...anything, ...wish }).map((id) =>
        records.indexOf(id),
      );
    expect(found({})).toEqual([0, 1, 2, 3]);
    expect(found({ tags: [TAG_B] })).toEqual([1, 2]);
    expect(found({ tags: [TAG_B, TAG_C] })).toEqual([1, 2, 3]);
    expect(found({ tags: ['00'.repeat(16)] })).toEqual([]);
    expect(found({ months: { from: 10, until: 11 } })).toEqual([0, 1]);
    expect(found({ months: { from: 11, until: 13 } })).toEqual([1, 3]);
    expect(found({ months: { from: 13, until: 11 } })).toEqual([]);
    expect(found({ fromIndex: 2 })).toEqual([2, 3]);
    expect(found({ fromIndex: 9 })).toEqual([]);
    expect(found({ fromIndex: 1, tags: [TAG_A, TAG_B], months: { from: 0, until: 99 } })).toEqual([1]);
  });

  it('of nothing is entered all the same', () => {
    const ward = new Ward();
    const { access, row } = opened(ward.chain, ward.doctor, ward.patient.id, anything);
    expect([access, row.items]).toEqual([0, []]);
  });

  it('looks at a bounded stretch of the list, and stops when the access is full', () => {
    const ward = new Ward();
    const template = recordAt(ward.chain, ward.record());
    const state = createRows();
    const patient = ward.patient.id;
    const count = RECORDS_PER_QUERY_SCAN_MAX + 300;
    const ids = Array.from({ length: count }, (_, index) => hashHex(utf8(`record ${index}`)));
    for (const [index, record] of ids.entries()) {
      const tags = tagsWith(index >= RECORDS_PER_QUERY_SCAN_MAX - 1 ? TAG_B : TAG_A);
      putRow(state, PATIENT_RECORDS, [patient, index], { record, salt: template.salt });
      putRow(state, RECORDS, [record], { ...template, tags });
    }
    putRow(state, COUNTS, ['records', patient], { count, salt: template.salt });
    expect(selectRecords(state, patient, anything)).toEqual(ids.slice(0, RECORDS_PER_ACCESS_MAX));
    const late = (fromIndex: number) =>
      selectRecords(state, patient, { ...anything, tags: [TAG_B], fromIndex });
    expect(late(0)).toEqual([ids[RECORDS_PER_QUERY_SCAN_MAX - 1]]);
    expect(late(2)).toHaveLength(3);
    expect(late(600)).toEqual(
      ids.slice(RECORDS_PER_QUERY_SCAN_MAX - 1, RECORDS_PER_QUERY_SCAN_MAX - 1 + 256),
    );
  });
});
