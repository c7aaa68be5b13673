import { describe, expect, it } from 'vitest';
import {
  ACTION_TYPES,
  actionOf,
  bodyOf,
  checkTx,
  codeOf,
  ERRORS,
  type ErrorCode,
  type PlainValue,
  PROPOSAL_LIFETIME_HEIGHTS,
  TX_VALIDITY_MS_MAX,
  type Tx,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital, keyOf } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  consentTerms,
  decide,
  enrol,
  enrolment,
  granting,
  grantTo,
  personOf,
  rotation,
  submit,
} from '../../kit/people.ts';

const noop = actionOf('chain.noop', {});

function setting(): { chain: Chain; a: Hospital; b: Hospital } {
  const chain = createChain();
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  return { chain, a, b };
}

/** What the mempool is told, with the tip's time as its clock. */
function advice(chain: Chain, tx: Tx, at: { nowMs?: number; height?: number } = {}): 'OK' | ErrorCode {
  const { state, tip, isReplayed } = chain.view();
  const { nowMs = tip.time, height = tip.height } = at;
  try {
    checkTx(state, { ...chain.deps, isReplayed, height }, tx, nowMs);
    return 'OK';
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

describe('a transaction that may not stand in a block', () => {
  it('is refused by the pool and left out of blocks with the same code', () => {
    const { chain, a } = setting();
    const patient = enrol(chain, a, 'patient 1');
    submit(chain, patient, rotation(chain, patient.id, keyOf('second key')));
    const committed = chain.tx(a.id, a.account, [noop]);
    chain.commit([committed]);
    const { time } = chain.view().tip;
    const cases: [Tx, ErrorCode][] = [
      [chain.tx(a.id, a.account, [noop], { genesis: '0'.repeat(64) }), 'TX_NETWORK_MISMATCH'],
      [chain.tx(a.id, a.account, [noop], { validUntil: time - 1 }), 'TX_EXPIRED'],
      [
        chain.tx(a.id, a.account, [noop], { validUntil: time + TX_VALIDITY_MS_MAX + 2_000 }),
        'TX_VALIDITY_TOO_LONG',
      ],
      [committed, 'TX_DUPLICATE'],
      [chain.tx(personOf('nobody').id, keyOf('nobody'), [noop]), 'TX_ACCOUNT_UNKNOWN'],
      [chain.tx(patient.id, patient.key, [noop]), 'TX_KEY_ROTATED'],
      [chain.tx(patient.id, keyOf('a thief'), [noop]), 'TX_SIGNATURE_INVALID'],
    ];
    for (const [tx, code] of cases) {
      expect(advice(chain, tx)).toBe(code);
      const { refused, block } = chain.build([tx]);
      expect([...refused]).toEqual([[tx.id, code]]);
      expect(block.txs).toEqual([]);
    }
  });

  it('is judged by its validity, whose both ends are inside', () => {
    const { chain, a } = setting();
    const { time } = chain.view().tip;
    const tx = chain.tx(a.id, a.account, [noop], { validUntil: time + TX_VALIDITY_MS_MAX });
    expect(advice(chain, tx, { nowMs: time - 1 })).toBe('TX_VALIDITY_TOO_LONG');
    expect(advice(chain, tx, { nowMs: time })).toBe('OK');
    expect(advice(chain, tx, { nowMs: tx.validUntil })).toBe('OK');
    expect(advice(chain, tx, { nowMs: tx.validUntil + 1 })).toBe('TX_EXPIRED');
  });

  it('is known by its payload, so that a signature written twice does not make it new', () => {
    const { chain, a } = setting();
    const tx = chain.tx(a.id, a.account, [noop]);
    chain.commit([tx]);
    const { state, tip } = chain.view();
    const asked: string[] = [];
    const rules = { ...chain.deps, height: tip.height };
    const isReplayed = (hash: string) => {
      asked.push(hash);
      return true;
    };
    expect(() => checkTx(state, { ...rules, isReplayed }, tx, tip.time)).toThrow(ERRORS.TX_DUPLICATE);
    expect(asked).toEqual([tx.payloadHash]);
  });
});

describe('an action that cannot work', () => {
  it('is told to the sender by the pool, and fails with the same code in a block', () => {
    const { chain, a, b } = setting();
    const patient = enrol(chain, a, 'patient 1');
    const sender = asPerson(a);
    const cases: [{ type: string; version: number; body: PlainValue }, ErrorCode][] = [
      [{ ...noop, type: 'chain.destroy' }, 'TX_ACTION_UNKNOWN'],
      [{ ...noop, type: 'toString' }, 'TX_ACTION_UNKNOWN'],
      [{ ...noop, version: 2 }, 'TX_ACTION_UNKNOWN'],
      [{ ...noop, body: null }, 'TX_ACTION_MALFORMED'],
      [{ ...noop, body: { text: 'hello' } }, 'TX_ACTION_MALFORMED'],
      [grantTo(chain, patient.id, b.id), 'TX_NOT_PERMITTED'],
    ];
    for (const [action, code] of cases) {
      expect(advice(chain, chain.tx(sender.id, sender.key, [noop, action]))).toBe(code);
      expect(codeOfSubmit(chain, sender, action)).toBe(code);
    }
    expect(advice(chain, chain.tx(patient.id, patient.key, [grantTo(chain, patient.id, b.id)]))).toBe('OK');
  });

  it('of an institution that was removed is refused', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d, e] = chain.hospitals as unknown as [Hospital, Hospital, Hospital, Hospital, Hospital];
    decide(chain, { type: 'remove', institution: e.id, confirmName: null }, [a, b, c, d]);
    const tx = chain.tx(e.id, e.account, [enrolment(chain, e, 'patient 1')]);
    expect(advice(chain, tx)).toBe('TX_NOT_PERMITTED');
    expect(advice(chain, chain.tx(e.id, e.account, [noop]))).toBe('OK');
  });

  it('over a quota of its sender is refused', () => {
    const { chain, a } = setting();
    const propose = (name: string) =>
      actionOf('institutions.propose', { change: { type: 'admit', card: hospital(name).card } });
    const last = chain.tx(a.id, a.account, [propose('Lorze')]);
    expect(codeOfSubmit(chain, asPerson(a), ...['Sihl', 'Emme', 'Kander'].map(propose))).toBe('OK');
    expect(advice(chain, last)).toBe('OK');
    expect(codeOfSubmit(chain, asPerson(a), propose('Simme'))).toBe('OK');
    expect(advice(chain, last)).toBe('TX_QUOTA_EXCEEDED');
    const firstLapses = chain.view().tip.height - 1 + PROPOSAL_LIFETIME_HEIGHTS;
    expect(advice(chain, last, { height: firstLapses - 1 })).toBe('TX_QUOTA_EXCEEDED');
    expect(advice(chain, last, { height: firstLapses })).toBe('OK');
  });
});

describe('the registry of actions', () => {
  it('gives back the body that it was given', () => {
    const { chain, a } = setting();
    const terms = consentTerms(chain, a.id);
    const action = granting(a.id, terms);
    expect(action).toMatchObject({ type: 'consent.grant', version: 3 });
    expect(bodyOf({ ...action, type: 'consent.grant' })).toEqual({ patient: a.id, terms });
  });

  it('names every action as module.verb, in order', () => {
    expect(ACTION_TYPES).toEqual([...ACTION_TYPES].sort());
    for (const type of ACTION_TYPES) expect(type).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
  });

  it('refuses to make an action whose body does not have its form', () => {
    const body = { root: 'not hex', count: 1, schema: 'fhir-r4' };
    expect(() => actionOf('anchor.commit', body)).toThrow(ERRORS.ENCODING_INVALID);
  });
});
