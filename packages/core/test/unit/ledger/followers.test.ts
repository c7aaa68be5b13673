import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionOf,
  createOverlay,
  encode,
  FOLLOWERS,
  followerRole,
  followersShape,
  type GovernedChange,
  hashHex,
  INSTITUTIONS,
  nextValidators,
  OBSERVERS_MAX,
  readRow,
  utf8,
  VALIDATORS_MAX,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital, keyOf } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  decide,
  enrol,
  enrolment,
  grantTo,
  join,
  letIn,
  propose,
  rotation,
} from '../../kit/people.ts';

const admission = (name: string): GovernedChange => ({ type: 'admit', card: hospital(name).card });
const observation = (name: string): GovernedChange => ({ type: 'observe', card: hospital(name).card });
const removal = ({ id }: Hospital): GovernedChange => ({
  type: 'remove',
  institution: id,
  confirmName: null,
});

function roleOf(chain: Chain, { id }: Hospital) {
  return followerRole(chain.view().state, id);
}

describe('a learner', () => {
  it('is in the set only after its own word, once', () => {
    const chain = createChain();
    const newcomer = hospital('Sihl');
    expect(
      codeOfSubmit(chain, asPerson(chain.hospitals[0] as Hospital), actionOf('institutions.join', {})),
    ).toBe('TX_NOT_PERMITTED');
    letIn(chain, newcomer, chain.hospitals.slice(0, 3));
    expect(join(chain, newcomer).code).toBe('TX_NOT_PERMITTED');
    for (let count = 0; count < 2; count += 1) chain.commit([]);
    expect(nextValidators(chain.view().state)).toHaveLength(5);
    expect(join(chain, newcomer).code).toBe('TX_NOT_PERMITTED');
  });

  it('acts for its patients before it votes', () => {
    const chain = createChain();
    const newcomer = hospital('Sihl');
    decide(chain, admission('Sihl'), chain.hospitals.slice(0, 3));
    const patient = enrol(chain, newcomer, 'a patient of Sihl');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, newcomer.id))).toBe('OK');
  });

  it('is removed without a word about fault tolerance, and cannot join any more', () => {
    const chain = createChain();
    const voters = chain.hospitals.slice(0, 3);
    decide(chain, admission('Sihl'), voters);
    decide(chain, removal(hospital('Sihl')), voters);
    expect(roleOf(chain, hospital('Sihl'))).toBeUndefined();
    expect(join(chain, hospital('Sihl')).code).toBe('TX_NOT_PERMITTED');
    chain.commit([]);
    expect(nextValidators(chain.view().state)).toHaveLength(4);
  });

  it('is admitted again as a learner', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d, e] = chain.hospitals as [Hospital, Hospital, Hospital, Hospital, Hospital];
    decide(chain, removal(e), [a, b, c, d]);
    chain.commit([]);
    letIn(chain, e, [a, b, c]);
    expect(readRow(chain.view().state, INSTITUTIONS, e.id)).toMatchObject({
      status: 'active',
      membership: 2,
    });
    for (let count = 0; count < 2; count += 1) chain.commit([]);
    expect(nextValidators(chain.view().state)).toHaveLength(5);
  });

  it('takes its place in the set beforehand: beyond the largest set nobody is admitted', () => {
    const chain = createChain();
    const [a] = chain.hospitals as [Hospital];
    const codeWith = (learners: number) => codeAmong(chain, a, admission('Sihl'), learners, 'learner');
    expect(codeWith(VALIDATORS_MAX - 4)).toBe('VALUE_INVALID');
    expect(codeWith(VALIDATORS_MAX - 5)).toBe('OK');
  });
});

/** The answer to a proposal where so many of a role are let in already. */
function codeAmong(
  chain: Chain,
  sender: Hospital,
  change: GovernedChange,
  count: number,
  role: 'learner' | 'observer',
): string | undefined {
  const view = chain.view();
  const state = createOverlay(view.state);
  const rows = Array.from({ length: count }, (_, index) => ({
    institution: hashHex(utf8(`follower ${index}`)),
    role,
    sinceHeight: 1,
  }));
  state.put(FOLLOWERS.number, FOLLOWERS.keyOf(), encode(followersShape, rows));
  const tx = chain.tx(sender.id, sender.account, [actionOf('institutions.propose', { change })]);
  return chain.build([tx], { view: { ...view, state } }).execution.results[0]?.code;
}

describe('an observer', () => {
  it('is let in by the vote, never joins, and changes nothing but its own key and addresses', () => {
    const chain = createChain();
    const voters = chain.hospitals.slice(0, 3);
    const auditor = hospital('Auditor');
    const open = propose(chain, voters[0] as Hospital, admission('Sihl')).outcomes[0]?.id ?? '';
    decide(chain, observation('Auditor'), voters);
    expect(roleOf(chain, auditor)).toBe('observer');
    const refused: readonly Action[] = [
      actionOf('institutions.join', {}),
      actionOf('institutions.approve', { proposal: open }),
      actionOf('anchor.commit', { root: '11'.repeat(32), count: 1, schema: 'fhir-r4' }),
      enrolment(chain, auditor, 'patient of nobody'),
    ];
    for (const action of refused)
      expect(codeOfSubmit(chain, asPerson(auditor), action)).toBe('TX_NOT_PERMITTED');
    const moved = actionOf('institutions.move', { addresses: ['/ip4/192.0.2.7/tcp/4001'] });
    expect(codeOfSubmit(chain, asPerson(auditor), moved)).toBe('OK');
    expect(readRow(chain.view().state, INSTITUTIONS, auditor.id)?.addresses).toEqual([
      '/ip4/192.0.2.7/tcp/4001',
    ]);
    const second = keyOf('Auditor, second key');
    expect(codeOfSubmit(chain, asPerson(auditor), rotation(chain, auditor.id, second))).toBe('OK');
    expect(nextValidators(chain.view().state)).toHaveLength(4);
  });

  it('is no grantee of a consent', () => {
    const chain = createChain();
    const [a] = chain.hospitals as [Hospital];
    decide(chain, observation('Auditor'), chain.hospitals.slice(0, 3));
    const patient = enrol(chain, a, 'patient 1');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, hospital('Auditor').id))).toBe(
      'INSTITUTION_NOT_FOUND',
    );
  });

  it('is removed like anybody else, and may come back as a hospital', () => {
    const chain = createChain();
    const voters = chain.hospitals.slice(0, 3);
    const auditor = hospital('Auditor');
    decide(chain, observation('Auditor'), voters);
    expect(propose(chain, voters[0] as Hospital, admission('Auditor')).code).toBe('INSTITUTION_EXISTS');
    decide(chain, removal(auditor), voters);
    expect(roleOf(chain, auditor)).toBeUndefined();
    expect(readRow(chain.view().state, INSTITUTIONS, auditor.id)?.status).toBe('removed');
    letIn(chain, auditor, voters);
    expect(readRow(chain.view().state, INSTITUTIONS, auditor.id)?.status).toBe('active');
  });

  it('is one of sixteen', () => {
    const chain = createChain();
    const [a] = chain.hospitals as [Hospital];
    expect(codeAmong(chain, a, observation('Auditor'), OBSERVERS_MAX, 'observer')).toBe('VALUE_INVALID');
    expect(codeAmong(chain, a, observation('Auditor'), OBSERVERS_MAX - 1, 'observer')).toBe('OK');
  });
});
