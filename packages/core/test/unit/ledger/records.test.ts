import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionOf,
  BATCH_LIST,
  BATCHES,
  batchOf,
  CUSTODY_GRACE_HEIGHTS,
  currentEpoch,
  type Hex32,
  listCount,
  type NewRecord,
  PATIENT_RECORDS,
  RECORDS_PER_BATCH_MAX,
  type RecordRegisterBody,
  readRow,
  TX_BYTES_MAX,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  credential,
  decide,
  enrol,
  enrolment,
  letIn,
  type Person,
  personOf,
  runAbove,
  submit,
  TAG_A,
} from '../../kit/people.ts';
import {
  amendment,
  newRecord,
  receiptsOf,
  recordAt,
  registerBody,
  registered,
  registration,
  tagsWith,
} from '../../kit/records.ts';
import { advice, expectRefused, verdicts } from '../../kit/verdicts.ts';

interface Setting {
  readonly chain: Chain;
  readonly a: Hospital;
  readonly b: Hospital;
  readonly author: Person;
  readonly patient: Hex32;
}

function setting(count = 4): Setting {
  const chain = createChain(FOUNDERS.slice(0, count));
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  return { chain, a, b, author: asPerson(a), patient: enrol(chain, a, 'patient 1').id };
}

function registering(body: RecordRegisterBody, changes: Partial<RecordRegisterBody> = {}): Action {
  return actionOf('record.register', { ...body, ...changes });
}

/** A fifth hospital joins: the custodians of epoch 1 are five, from the height after the tip. */
function admitFifth(chain: Chain): void {
  letIn(chain, hospital('Sihl'), chain.hospitals.slice(0, 3));
  while (currentEpoch(chain.view().state) === 0) chain.commit([]);
}

describe('a registration', () => {
  it('enters each record of the batch with its marks, its place, and who wrote it', () => {
    const { chain, a, author, patient } = setting();
    const first = newRecord('one', { effects: ['redisclosure-notice'], month: null, tags: tagsWith(TAG_A) });
    const second = newRecord('two', { confidentiality: 'R', emergency: true, tagGeneration: 3 });
    const result = submit(chain, author, registration(chain, patient, first, second));
    const batch = batchOf({ records: [first, second] });
    expect(result).toMatchObject({ code: 'OK', outcomes: [{ id: batch, index: 0 }] });
    const { state, tip } = chain.view();
    for (const [position, record] of [first, second].entries()) {
      const { commitment, pointsHash: _, ...marks } = record;
      expect(recordAt(chain, commitment)).toEqual({
        ...marks,
        patient,
        author: a.id,
        writer: a.id,
        batch,
        position,
        index: position,
        version: 1,
        first: commitment,
        amendedBy: null,
        retractedHeight: null,
        erasedHeight: null,
        height: tip.height,
        time: tip.time,
        salt: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(readRow(state, PATIENT_RECORDS, patient, position)?.record).toBe(commitment);
    }
    const { salt } = recordAt(chain, first.commitment);
    const row = { patient, author: a.id, count: 2, epoch: 0, root: batch, height: tip.height, salt };
    expect(readRow(state, BATCHES, batch)).toEqual(row);
  });

  it('goes on with the gapless lists of its patient and of all batches', () => {
    const { chain, a, author, patient } = setting();
    const other = enrol(chain, a, 'patient 2').id;
    const [one, two, three] = ['one', 'two', 'three'].map((name) => newRecord(name)) as [
      NewRecord,
      NewRecord,
      NewRecord,
    ];
    const outcomes = [
      submit(chain, author, registration(chain, patient, one)),
      submit(chain, author, registration(chain, other, two)),
      submit(chain, author, registration(chain, patient, three)),
    ].map((result) => result.outcomes[0]?.index);
    expect(outcomes).toEqual([0, 0, 1]);
    const { state } = chain.view();
    expect([patient, other].map((owner) => listCount(state, 'records', owner))).toEqual([2, 1]);
    expect(listCount(state, 'batches', null)).toBe(3);
    expect([0, 1, 2, 3].map((index) => readRow(state, BATCH_LIST, index))).toEqual([
      ...[one, two, three].map((record) => batchOf({ records: [record] })),
      undefined,
    ]);
  });

  it('is written by the institution or by a clinician whose credential stands', () => {
    const { chain, a, b, author, patient } = setting();
    const doctor = credential(chain, a, 'doctor 1');
    const [id] = registered(chain, doctor, patient, newRecord('one')) as [Hex32];
    expect(recordAt(chain, id)).toMatchObject({ writer: doctor.id, author: a.id });
    const next = registration(chain, patient, newRecord('two'));
    expectRefused(chain, credential(chain, b, 'doctor 2'), 'TX_NOT_PERMITTED', next);
    expectRefused(chain, personOf('patient 1'), 'TX_NOT_PERMITTED', next);
    submit(chain, author, actionOf('identity.withdrawCredential', { index: 0 }));
    expectRefused(chain, doctor, 'TX_NOT_PERMITTED', next);
    expect(verdicts(chain, author, next)).toEqual(['OK', 'OK']);
  });

  it('by an institution that was removed, or by its clinician, is refused', () => {
    const { chain, a, author, patient } = setting(5);
    const doctor = credential(chain, a, 'doctor 1');
    const action = registration(chain, patient, newRecord('one'));
    decide(chain, { type: 'remove', institution: a.id, confirmName: null }, chain.hospitals.slice(1, 5));
    expectRefused(chain, author, 'TX_NOT_PERMITTED', action);
    expectRefused(chain, doctor, 'TX_NOT_PERMITTED', action);
  });

  it('is of an own patient: neither of another institution, nor of nobody, nor of who is no patient', () => {
    const { chain, a, b, author } = setting();
    const theirs = enrol(chain, b, 'patient 2').id;
    const doctor = credential(chain, a, 'doctor 1').id;
    expectRefused(chain, author, 'TX_NOT_PERMITTED', registration(chain, theirs, newRecord('one')));
    expectRefused(chain, author, 'TX_NOT_PERMITTED', registration(chain, doctor, newRecord('one')));
    expectRefused(chain, author, 'TX_NOT_PERMITTED', registration(chain, a.id, newRecord('one')));
    expectRefused(chain, author, 'ACCOUNT_NOT_FOUND', registration(chain, '0'.repeat(64), newRecord('one')));
  });

  it('amends nothing, has at least one record, tags in order and in their number, and effects each once', () => {
    const { chain, author, patient } = setting();
    const record = newRecord('one');
    const malformed = (changes: Partial<NewRecord>): Action => {
      const body = registerBody(chain, patient, [record]);
      const good = actionOf('record.register', body);
      const [wire] = (good.body as unknown as { records: [Record<string, unknown>] }).records;
      const fields = good.body as Readonly<Record<string, never>>;
      return { ...good, body: { ...fields, records: [{ ...wire, ...changes }] as never } };
    };
    const tag = (digit: number): Uint8Array => new Uint8Array(16).fill(digit);
    const tags = Array.from({ length: 16 }, (_, at) => tag(at));
    expect(verdicts(chain, author, malformed({ tags: tags as never }))[0]).toBe('OK');
    for (const changes of [
      { amends: tag(1) },
      { amends: new Uint8Array(32) },
      { tags: tags.slice(1) },
      { tags: [...tags, tag(16)] },
      { tags: [...tags].reverse() },
      { tags: tags.with(1, tag(0)) },
      { effects: ['withheld-from-payers', 'closed-to-patient'] },
      { effects: ['unheard-of'] },
      { confidentiality: 'X' },
      { month: 120_000 },
      { tagGeneration: 0 },
      { title: 'free text' },
    ] as Partial<NewRecord>[])
      expectRefused(chain, author, 'TX_ACTION_MALFORMED', malformed(changes));
    const { body } = actionOf('record.register', registerBody(chain, patient, [record]));
    const empty = { ...(body as Readonly<Record<string, never>>), records: [] };
    expectRefused(chain, author, 'TX_ACTION_MALFORMED', {
      type: 'record.register',
      version: 1,
      body: empty,
    });
  });

  it('of a full batch with the receipts of the largest set fits into one transaction', () => {
    const { chain, author, patient } = setting(7);
    const records = Array.from({ length: RECORDS_PER_BATCH_MAX }, (_, at) => newRecord(`record ${at}`));
    const tx = chain.tx(author.id, author.key, [registration(chain, patient, ...records)]);
    expect(chain.commit([tx]).execution.results[0]?.code).toBe('OK');
    // 64 custodians need 43 receipts of 85 bytes.
    expect(tx.bytes.length + 43 * 85).toBeLessThan(TX_BYTES_MAX);
    expect(listCount(chain.view().state, 'records', patient)).toBe(RECORDS_PER_BATCH_MAX);
  });
});

describe('a record that exists', () => {
  it('is not registered again: neither its batch, nor in another, nor twice in one', () => {
    const { chain, a, author, patient } = setting();
    const [one, two] = [newRecord('one'), newRecord('two')];
    registered(chain, author, patient, one);
    const other = enrol(chain, a, 'patient 2').id;
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, patient, one));
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, other, one));
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, patient, two, one));
    const otherPoints = { ...two, pointsHash: one.pointsHash };
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, patient, two, otherPoints));
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, patient, two, two));
    const later = registration(chain, patient, two);
    expectRefused(chain, author, 'RECORD_EXISTS', later, later);
  });
});

describe('the receipts of a registration', () => {
  it.each([
    { custodians: 3, needed: 3 },
    { custodians: 4, needed: 3 },
    { custodians: 7, needed: 5 },
  ])('are at least $needed of $custodians custodians', ({ custodians, needed }) => {
    const { chain, author, patient } = setting(custodians);
    const signed = (count: number): Action => {
      const indexes = Array.from({ length: count }, (_, at) => at + 1);
      return registering(registerBody(chain, patient, [newRecord('one')], { indexes }));
    };
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', signed(needed - 1));
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', signed(0));
    expect(verdicts(chain, author, signed(needed))).toEqual(['OK', 'OK']);
    expect(verdicts(chain, author, signed(custodians))).toEqual(['OK', 'OK']);
  });

  it('are of this patient, this author, this batch, this epoch, this root and this count', () => {
    const { chain, author, patient } = setting();
    const body = registerBody(chain, patient, [newRecord('one')]);
    const batch = batchOf(body);
    const statement = { patient, author: author.id, batch, epoch: 0, root: batch, count: 1 };
    const other = 'ab'.repeat(32);
    admitFifth(chain);
    const with4 = (changes: Partial<typeof statement>): Action => {
      const said = receiptsOf(chain, statement).map(({ index }) => index);
      return registering(body, { receipts: receiptsOf(chain, { ...statement, ...changes }, said) });
    };
    expect(verdicts(chain, author, with4({}))).toEqual(['OK', 'OK']);
    const owners = [{ patient: other }, { author: other }];
    for (const changes of [...owners, { batch: other }, { epoch: 1 }, { root: other }, { count: 2 }])
      expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', with4(changes));
    const more = { records: [...body.records, newRecord('two')] };
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', registering(body, more));
  });

  it('are each valid, in the order of the custodians, each once, even when there are enough beside', () => {
    const { chain, author, patient } = setting();
    const body = registerBody(chain, patient, [newRecord('one')], { indexes: [1, 2, 3, 4] });
    const [one, two, three, four] = body.receipts as [
      (typeof body.receipts)[0],
      (typeof body.receipts)[0],
      (typeof body.receipts)[0],
      (typeof body.receipts)[0],
    ];
    expect(verdicts(chain, author, registering(body))).toEqual(['OK', 'OK']);
    for (const receipts of [
      [one, one, two],
      [one, two, two, three],
      [three, two, four],
      [one, two, three, { ...three, index: 4 }],
      [one, two, three, { ...four, index: 5 }],
      [one, two, three, { ...four, signature: '00'.repeat(64) }],
    ])
      expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', registering(body, { receipts }));
    expectRefused(chain, author, 'TX_ACTION_MALFORMED', {
      ...registering(body),
      body: {
        ...(registering(body).body as object),
        receipts: [{ index: 0, signature: new Uint8Array(64) }],
      },
    });
  });

  it('by a hospital that is no custodian of the epoch do not count', () => {
    const { chain, author, patient } = setting();
    const body = registerBody(chain, patient, [newRecord('one')], { epoch: 0 });
    admitFifth(chain);
    const statement = { patient, batch: batchOf(body), epoch: 1, root: batchOf(body), count: 1 };
    const five = receiptsOf(chain, statement, [1, 2, 3, 4, 5]);
    expect(verdicts(chain, author, registering(body, { epoch: 1, receipts: five }))).toEqual(['OK', 'OK']);
    // The same five, told to be the four of epoch 0.
    const places = five.map((receipt) => ({ ...receipt, index: Math.min(receipt.index, 4) }));
    expectRefused(
      chain,
      author,
      'CUSTODY_RECEIPTS_MISSING',
      registering(body, { epoch: 0, receipts: places }),
    );
  });

  it('of another network do not count', () => {
    const { chain, author, patient } = setting();
    const elsewhere = createChain(FOUNDERS.slice(0, 4), {}, 'dev-elsewhere');
    const body = registerBody(elsewhere, patient, [newRecord('one')]);
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', registering(body));
  });

  it('cannot be enough where there are fewer than three custodians', () => {
    for (const count of [1, 2]) {
      const { chain, author, patient } = setting(count);
      expectRefused(chain, author, 'CUSTODY_TOO_FEW', registration(chain, patient, newRecord('one')));
    }
  });
});

describe('a registration for a custody epoch', () => {
  it('that is not yet, or no longer, the current one is refused', () => {
    const { chain, author, patient } = setting();
    const body = registerBody(chain, patient, [newRecord('one')]);
    for (const epoch of [1, 7])
      expectRefused(chain, author, 'CUSTODY_EPOCH_WRONG', registering(body, { epoch }));
  });

  it('that just ended is taken for a grace of some heights', () => {
    const { chain, author, patient } = setting();
    admitFifth(chain);
    const old = registering(registerBody(chain, patient, [newRecord('one')], { epoch: 0 }));
    const fresh = registration(chain, patient, newRecord('one'));
    const { height } = chain.view().tip;
    const from = height + 1;
    const at = (action: Action, above: number) => runAbove(chain, above - 1, author, action).code;
    expect(at(old, from)).toBe('OK');
    expect(at(old, from + CUSTODY_GRACE_HEIGHTS - 1)).toBe('OK');
    expect(at(old, from + CUSTODY_GRACE_HEIGHTS)).toBe('CUSTODY_EPOCH_WRONG');
    expect(at(fresh, from + CUSTODY_GRACE_HEIGHTS)).toBe('OK');
    const told = (tip: number) => advice(chain, chain.tx(author.id, author.key, [old]), tip);
    expect([from + CUSTODY_GRACE_HEIGHTS - 2, from + CUSTODY_GRACE_HEIGHTS - 1].map(told)).toEqual([
      'OK',
      'CUSTODY_EPOCH_WRONG',
    ]);
    submit(chain, author, old);
    expect(
      readRow(chain.view().state, BATCHES, recordAt(chain, newRecord('one').commitment).batch)?.epoch,
    ).toBe(0);
  });

  it('two changes back is refused, however short the time', () => {
    const { chain, author, patient } = setting();
    const body = registerBody(chain, patient, [newRecord('one')], { epoch: 0 });
    admitFifth(chain);
    letIn(chain, hospital('Emme'), chain.hospitals.slice(0, 4));
    while (currentEpoch(chain.view().state) === 1) chain.commit([]);
    expectRefused(chain, author, 'CUSTODY_EPOCH_WRONG', registering(body));
  });
});

describe('an amendment', () => {
  it('is a new version that links the old; nothing is overwritten', () => {
    const { chain, author, patient } = setting();
    const [one] = registered(chain, author, patient, newRecord('one')) as [Hex32];
    const before = recordAt(chain, one);
    const two = newRecord('two', { amends: one });
    const three = newRecord('three', { amends: two.commitment });
    expect(submit(chain, author, amendment(chain, patient, two)).outcomes[0]?.index).toBe(1);
    expect(codeOfSubmit(chain, author, amendment(chain, patient, three))).toBe('OK');
    expect(recordAt(chain, one)).toEqual({ ...before, amendedBy: two.commitment });
    expect(recordAt(chain, two.commitment)).toMatchObject({
      version: 2,
      amends: one,
      amendedBy: three.commitment,
      index: 1,
    });
    expect(recordAt(chain, three.commitment)).toMatchObject({ version: 3, amendedBy: null, index: 2 });
  });

  it('is of the newest version of a record of this patient and this institution, not retracted', () => {
    const { chain, a, b, author, patient } = setting();
    const other = enrol(chain, a, 'patient 2').id;
    const [one, two] = registered(chain, author, patient, newRecord('one'), newRecord('two')) as [
      Hex32,
      Hex32,
    ];
    const amending = (of: Hex32, owner = patient): Action =>
      amendment(chain, owner, newRecord('new', { amends: of }));
    expectRefused(chain, author, 'RECORD_NOT_FOUND', amending('0'.repeat(64)));
    expectRefused(chain, author, 'RECORD_NOT_FOUND', amending(one, other));
    const theirs = enrol(chain, b, 'patient 3').id;
    expectRefused(chain, asPerson(b), 'TX_NOT_PERMITTED', amending(one, theirs));
    submit(chain, author, amendment(chain, patient, newRecord('newer', { amends: one })));
    expectRefused(chain, author, 'RECORD_AMENDED', amending(one));
    submit(chain, author, actionOf('record.retract', { record: two }));
    expectRefused(chain, author, 'RECORD_RETRACTED', amending(two));
  });

  it('names for each of its records one that it amends, each another', () => {
    const { chain, author, patient } = setting();
    const [one] = registered(chain, author, patient, newRecord('one')) as [Hex32];
    const amends = (name: string, of: Hex32 | null): NewRecord => newRecord(name, { amends: of });
    for (const records of [
      [amends('two', null)],
      [amends('two', one), amends('three', null)],
      [amends('two', one), amends('three', one)],
    ])
      expectRefused(chain, author, 'TX_ACTION_MALFORMED', amendment(chain, patient, ...records));
    const own = amends('two', newRecord('three').commitment);
    expectRefused(chain, author, 'RECORD_NOT_FOUND', amendment(chain, patient, own, amends('three', one)));
  });

  it('needs all that a registration needs', () => {
    const { chain, author, patient } = setting();
    const [one] = registered(chain, author, patient, newRecord('one')) as [Hex32];
    const body = registerBody(chain, patient, [newRecord('two', { amends: one })], { indexes: [1, 2] });
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', actionOf('record.amend', body));
    const early = actionOf('record.amend', { ...body, epoch: 1 });
    expectRefused(chain, author, 'CUSTODY_EPOCH_WRONG', early);
    const again = amendment(chain, patient, { ...newRecord('one'), amends: one });
    expectRefused(chain, author, 'RECORD_EXISTS', again);
  });
});

describe('a retraction', () => {
  it('is entered beside the record, once, by its institution or a clinician of it', () => {
    const { chain, a, b, author, patient } = setting();
    const doctor = credential(chain, a, 'doctor 1');
    const records = [newRecord('one'), newRecord('two')];
    const [one, two] = registered(chain, author, patient, ...records) as [Hex32, Hex32];
    const retraction = (record: Hex32): Action => actionOf('record.retract', { record });
    const before = recordAt(chain, two);
    expect(codeOfSubmit(chain, asPerson(b), retraction(two))).toBe('TX_NOT_PERMITTED');
    expect(codeOfSubmit(chain, personOf('patient 1'), retraction(two))).toBe('TX_NOT_PERMITTED');
    expect(submit(chain, doctor, retraction(two))).toMatchObject({
      code: 'OK',
      outcomes: [{ id: two, index: 1 }],
    });
    expect(recordAt(chain, two)).toEqual({ ...before, retractedHeight: chain.view().tip.height });
    expect(codeOfSubmit(chain, author, retraction(two))).toBe('RECORD_RETRACTED');
    expect(codeOfSubmit(chain, author, retraction('0'.repeat(64)))).toBe('RECORD_NOT_FOUND');
    submit(chain, author, actionOf('identity.withdrawCredential', { index: 0 }));
    expect(codeOfSubmit(chain, doctor, retraction(one))).toBe('TX_NOT_PERMITTED');
  });
});

describe('several actions of one transaction', () => {
  it('may rest on one another: the pool takes what the block takes', () => {
    const { chain, a, author } = setting();
    const patient = personOf('patient 9').id;
    const actions = [
      enrolment(chain, a, 'patient 9'),
      actionOf('record.register', registerBody(chain, patient, [newRecord('one')], { author: a.id })),
      actionOf(
        'record.amend',
        registerBody(chain, patient, [newRecord('two', { amends: newRecord('one').commitment })], {
          author: a.id,
        }),
      ),
    ];
    expect(verdicts(chain, author, ...actions)).toEqual(['OK', 'OK']);
  });

  it('are each checked by the pool, up to the first that fails only as it runs', () => {
    const { chain, author, patient } = setting();
    const few = registering(registerBody(chain, patient, [newRecord('one')], { indexes: [1, 2] }));
    const noop = actionOf('chain.noop', {});
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', noop, few);
    expectRefused(chain, author, 'CUSTODY_RECEIPTS_MISSING', few, noop);
    const failing = actionOf('identity.withdrawCredential', { index: 0 });
    expect(verdicts(chain, author, failing, few)).toEqual(['OK', 'CREDENTIAL_NOT_FOUND']);
  });
});
