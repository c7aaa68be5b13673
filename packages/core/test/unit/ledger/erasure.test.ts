import { describe, expect, it } from 'vitest';
import {
  ACCESSES,
  type AccessItem,
  type Action,
  actionOf,
  currentEpoch,
  ERASED_RECORDS,
  ERASURE_REQUESTS,
  ERASURES,
  type ErasureRow,
  erasureRequestState,
  type Hex32,
  isErasureComplete,
  readRow,
  requireAccess,
  requireReleasable,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital } from '../../kit/chain.ts';
import { asPerson, credential, enrol, letIn, type Person, submit } from '../../kit/people.ts';
import { amendment, newRecord, opening, recordAt, registered, registration } from '../../kit/records.ts';
import { expectRefused, verdicts } from '../../kit/verdicts.ts';

interface Setting {
  readonly chain: Chain;
  readonly a: Hospital;
  readonly b: Hospital;
  readonly author: Person;
  readonly patient: Person;
  readonly records: readonly [Hex32, Hex32];
}

/** Two records of one batch, in the order in which an erasure names them. */
function setting(): Setting {
  const chain = createChain(FOUNDERS.slice(0, 4));
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  const author = asPerson(a);
  const patient = enrol(chain, a, 'patient 1');
  const ids = registered(chain, author, patient.id, newRecord('one'), newRecord('two'));
  return { chain, a, b, author, patient, records: [...ids].sort() as [Hex32, Hex32] };
}

function erasing({ patient }: Setting, ...records: readonly Hex32[]): Action {
  return actionOf('record.erase', { patient: patient.id, records, reason: 'patient-request' });
}

function requesting({ patient }: Setting, ...records: readonly Hex32[]): Action {
  return actionOf('record.requestErasure', { patient: patient.id, records, reason: 'consent-withdrawn' });
}

function refusing({ patient }: Setting, request: number): Action {
  return actionOf('record.refuseErasure', { patient: patient.id, request, ground: 'legal-obligation' });
}

const receipt = (...erasures: readonly number[]): Action => actionOf('custody.erased', { erasures });

function erasureAt({ chain }: Setting, index: number): ErasureRow {
  const row = readRow(chain.view().state, ERASURES, index);
  if (row === undefined) throw new Error('no such erasure');
  return row;
}

describe('an erasure', () => {
  it('marks its records, stands in the gapless list, and names every custodian that owes a receipt', () => {
    const told = setting();
    const { chain, a, author, patient, records } = told;
    const result = submit(chain, author, erasing(told, records[0]));
    expect(result).toMatchObject({ code: 'OK', outcomes: [{ id: patient.id, index: 0 }] });
    const { height, time } = chain.view().tip;
    expect(recordAt(chain, records[0]).erasedHeight).toBe(height);
    expect(recordAt(chain, records[1]).erasedHeight).toBeNull();
    expect(readRow(chain.view().state, ERASED_RECORDS, records[0])?.erasure).toBe(0);
    const owing = chain.hospitals.map(({ id }) => ({ custodian: id, height: null, time: null }));
    owing.sort((one, two) => (one.custodian < two.custodian ? -1 : 1));
    expect(erasureAt(told, 0)).toEqual({
      ...{ patient: patient.id, author: a.id, by: a.id, reason: 'patient-request', records: [records[0]] },
      ...{ receipts: owing, height, time, salt: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    submit(chain, author, erasing(told, records[1]));
    expect(erasureAt(told, 1).records).toEqual([records[1]]);
  });

  it('is of the author or one of its clinicians, of one patient, and of each record once', () => {
    const told = setting();
    const { chain, a, b, author, patient, records } = told;
    const other = enrol(chain, a, 'patient 2').id;
    expectRefused(chain, asPerson(b), 'TX_NOT_PERMITTED', erasing(told, records[0]));
    expectRefused(chain, credential(chain, b, 'doctor of b'), 'TX_NOT_PERMITTED', erasing(told, records[0]));
    expectRefused(chain, patient, 'TX_NOT_PERMITTED', erasing(told, records[0]));
    expectRefused(chain, author, 'RECORD_NOT_FOUND', erasing(told, '0'.repeat(64)));
    const theirs = { patient: other, records: [records[0]], reason: 'unlawful' } as const;
    expectRefused(chain, author, 'RECORD_NOT_FOUND', actionOf('record.erase', theirs));
    expect(verdicts(chain, credential(chain, a, 'doctor of a'), erasing(told, records[0]))).toEqual([
      'OK',
      'OK',
    ]);
    submit(chain, author, erasing(told, records[0]));
    expectRefused(chain, author, 'RECORD_ERASED', erasing(told, ...records));
  });

  it('denies every access from its block on, to the author too, and leaves the record out of every query', () => {
    const told = setting();
    const { chain, author, patient, records } = told;
    submit(chain, author, erasing(told, records[0]));
    const query = { type: 'query', tags: [], months: null, fromIndex: 0 } as const;
    const items = (wanted: Parameters<typeof opening>[1]): readonly AccessItem[] => {
      const index = submit(chain, author, opening(patient.id, wanted)).outcomes[0]?.index ?? -1;
      return readRow(chain.view().state, ACCESSES, patient.id, index)?.items ?? [];
    };
    expect(items(records).map(({ rule }) => rule)).toEqual(['record-erased', 'author']);
    expect(items(query).map(({ record }) => record)).toEqual([records[1]]);
  });

  it('ends a permit that was given before', () => {
    const told = setting();
    const { chain, author, patient, records } = told;
    const access = submit(chain, author, opening(patient.id, records)).outcomes[0]?.index as number;
    const question = { patient: patient.id, access, reader: author.id };
    const asked = (): Hex32 => {
      const { state, tip } = chain.view();
      return requireReleasable(state, question, requireAccess(state, question, tip.time), 0, tip.time);
    };
    expect(asked()).toBe(records[0]);
    submit(chain, author, erasing(told, records[0]));
    expect(asked).toThrow(expect.objectContaining({ code: 'ACCESS_REVOKED' }));
  });

  it('ends the record: it is not amended, not retracted, and not registered again', () => {
    const told = setting();
    const { chain, author, patient } = told;
    const [one] = registered(chain, author, patient.id, newRecord('three')) as [Hex32];
    submit(chain, author, erasing(told, one));
    const retracted = actionOf('record.retract', { record: one });
    expect(verdicts(chain, author, retracted)[1]).toBe('RECORD_ERASED');
    const amended = amendment(chain, patient.id, newRecord('four', { amends: one }));
    expectRefused(chain, author, 'RECORD_ERASED', amended);
    expectRefused(chain, author, 'RECORD_EXISTS', registration(chain, patient.id, newRecord('three')));
  });

  it('asks the custodians of every epoch that may hold shares by then', () => {
    const told = setting();
    const { chain, author, records } = told;
    const fifth = hospital('Sihl');
    letIn(chain, fifth, chain.hospitals.slice(0, 3));
    while (currentEpoch(chain.view().state) === 0) chain.commit([]);
    submit(chain, author, erasing(told, records[0]));
    const owing = erasureAt(told, 0).receipts.map(({ custodian }) => custodian);
    expect(owing).toHaveLength(5);
    expect(owing).toContain(fifth.id);
  });
});

describe('the receipts of an erasure', () => {
  it('are each custodian’s own, once, and make it complete when all are there', () => {
    const told = setting();
    const { chain, author, patient, records } = told;
    submit(chain, author, erasing(told, records[0]));
    submit(chain, author, erasing(told, records[1]));
    for (const [place, each] of chain.hospitals.entries()) {
      expect(isErasureComplete(erasureAt(told, 0))).toBe(false);
      expect(submit(chain, asPerson(each), receipt(0, 1)).code).toBe('OK');
      const own = erasureAt(told, 1).receipts.find(({ custodian }) => custodian === each.id);
      const { height, time } = chain.view().tip;
      expect(own).toEqual({ custodian: each.id, height, time });
      expectRefused(chain, asPerson(each), 'ERASURE_RECEIPTED', receipt(place % 2));
    }
    expect([0, 1].map((index) => isErasureComplete(erasureAt(told, index)))).toEqual([true, true]);
    expectRefused(chain, patient, 'TX_NOT_PERMITTED', receipt(0));
    expectRefused(chain, author, 'ERASURE_NOT_FOUND', receipt(2));
  });

  it('of one action are all taken or none, in ascending order', () => {
    const told = setting();
    const { chain, author, records } = told;
    submit(chain, author, erasing(told, records[0]));
    submit(chain, author, erasing(told, records[1]));
    submit(chain, author, receipt(1));
    expectRefused(chain, author, 'ERASURE_RECEIPTED', receipt(0, 1));
    expect(() => receipt(1, 0)).toThrow();
    expect(() => receipt(0, 0)).toThrow();
  });

  it('of a hospital that came later are not asked for', () => {
    const told = setting();
    const { chain, author, records } = told;
    submit(chain, author, erasing(told, records[0]));
    const fifth = hospital('Sihl');
    letIn(chain, fifth, chain.hospitals.slice(0, 3));
    expectRefused(chain, asPerson(fifth), 'TX_NOT_PERMITTED', receipt(0));
  });
});

describe('a request to erase', () => {
  it('is the patient’s, changes no record, and is met when the author erases', () => {
    const told = setting();
    const { chain, b, author, patient, records } = told;
    expectRefused(chain, author, 'TX_NOT_PERMITTED', requesting(told, records[0]));
    const other = enrol(chain, b, 'patient 3');
    expect(verdicts(chain, other, requesting(told, records[0]))[1]).toBe('TX_NOT_PERMITTED');
    const result = submit(chain, patient, requesting(told, ...records));
    expect(result).toMatchObject({ code: 'OK', outcomes: [{ id: patient.id, index: 0 }] });
    expect(recordAt(chain, records[0]).erasedHeight).toBeNull();
    const stateOf = (): string => {
      const { state } = chain.view();
      const row = readRow(state, ERASURE_REQUESTS, patient.id, 0);
      return row === undefined ? 'none' : erasureRequestState(state, row);
    };
    expect(stateOf()).toBe('open');
    submit(chain, author, erasing(told, records[0]));
    expect(stateOf()).toBe('open');
    submit(chain, author, erasing(told, records[1]));
    expect(stateOf()).toBe('erased');
    expectRefused(chain, author, 'ERASURE_ANSWERED', refusing(told, 0));
    expectRefused(chain, patient, 'RECORD_ERASED', requesting(told, records[0]));
  });

  it('is refused by the institution with a ground of the law, once', () => {
    const told = setting();
    const { chain, b, author, patient, records } = told;
    submit(chain, patient, requesting(told, records[0]));
    expectRefused(chain, asPerson(b), 'TX_NOT_PERMITTED', refusing(told, 0));
    expectRefused(chain, author, 'ERASURE_NOT_FOUND', refusing(told, 1));
    expect(submit(chain, author, refusing(told, 0)).code).toBe('OK');
    const { state, tip } = chain.view();
    const { height, time } = tip;
    const refused = { ground: 'legal-obligation', by: author.id, height, time };
    expect(readRow(state, ERASURE_REQUESTS, patient.id, 0)?.refused).toEqual(refused);
    expectRefused(chain, author, 'ERASURE_ANSWERED', refusing(told, 0));
  });
});
