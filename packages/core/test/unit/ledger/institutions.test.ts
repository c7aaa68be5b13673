import { describe, expect, it } from 'vitest';
import {
  ACCOUNTS,
  actionOf,
  CHANGE_PROPOSALS,
  createOverlay,
  encode,
  followers,
  type GovernedChange,
  type Hex32,
  hashHex,
  INSTITUTION_NAMES,
  INSTITUTIONS,
  KEYS,
  nextValidators,
  OPEN_PROPOSALS,
  OPEN_PROPOSALS_MAX,
  openProposals,
  openProposalsShape,
  PROPOSAL_LIFETIME_HEIGHTS,
  readRow,
  SET_HISTORY,
  signValidatorCard,
  utf8,
  VALIDATOR_SETS,
  validatorSetHash,
  validatorsAfterNext,
  validatorsAt,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital, keyOf } from '../../kit/chain.ts';
import {
  approve,
  asPerson,
  codeOfSubmit,
  credential,
  decide,
  enrol,
  grantTo,
  join,
  letIn,
  propose,
  rotation,
  runAbove,
  stripSignatures,
  submit,
} from '../../kit/people.ts';

const admission = (name: string): GovernedChange => ({ type: 'admit', card: hospital(name).card });
const removal = (of: Hospital, confirmName: string | null = null): GovernedChange => ({
  type: 'remove',
  institution: of.id,
  confirmName,
});

function four(chain: Chain): [Hospital, Hospital, Hospital, Hospital] {
  return chain.hospitals as unknown as [Hospital, Hospital, Hospital, Hospital];
}

function institutionOf(chain: Chain, id: Hex32) {
  return readRow(chain.view().state, INSTITUTIONS, id);
}

function setIds(chain: Chain, height: number): readonly Hex32[] | undefined {
  return validatorsAt(chain.view().state, height)?.map((validator) => validator.id);
}

describe('admission of a hospital', () => {
  it('is decided by more than two thirds of the power and makes a learner, whose own word puts it into the set at the second height after', () => {
    const chain = createChain();
    const [a, b, c] = four(chain);
    const newcomer = hospital('Sihl');
    const proposed = propose(chain, a, admission('Sihl'));
    const id = proposed.outcomes[0]?.id as Hex32;
    expect(approve(chain, b, id).code).toBe('OK');
    expect(institutionOf(chain, newcomer.id)).toBeUndefined();

    expect(approve(chain, c, id).code).toBe('OK');
    const decidedAt = chain.view().tip.height;
    expect(institutionOf(chain, newcomer.id)).toMatchObject({
      name: 'Sihl',
      status: 'active',
      membership: 1,
    });
    expect(readRow(chain.view().state, ACCOUNTS, newcomer.id)?.kind).toBe('institution');
    expect(followers(chain.view().state)).toEqual([
      { institution: newcomer.id, role: 'learner', sinceHeight: decidedAt },
    ]);
    for (let count = 0; count < 3; count += 1) chain.commit([]);
    expect(setIds(chain, chain.view().tip.height + 2)).not.toContain(newcomer.id);

    expect(join(chain, newcomer).code).toBe('OK');
    const joinedAt = chain.view().tip.height;
    expect(followers(chain.view().state)).toEqual([]);
    expect(setIds(chain, joinedAt + 1)).not.toContain(newcomer.id);
    expect(setIds(chain, joinedAt + 2)).toContain(newcomer.id);

    const next = chain.commit([]).block.header;
    expect(next.validatorsHash).not.toBe(next.nextValidatorsHash);
    expect(next.nextValidatorsHash).toBe(validatorSetHash(nextValidators(chain.view().state)));
    const after = chain.commit([], { author: newcomer.id }).block.header;
    expect(after.validatorsHash).toBe(next.nextValidatorsHash);
    expect(after.height).toBe(joinedAt + 2);
  });

  it('closes its proposal, which cannot be approved again', () => {
    const chain = createChain();
    const [a, b, c, d] = four(chain);
    const id = decide(chain, admission('Sihl'), [a, b, c]);
    expect(approve(chain, d, id).code).toBe('PROPOSAL_NOT_FOUND');
    const { state, tip } = chain.view();
    expect(openProposals(state, tip.height)).toEqual([]);
    expect(readRow(state, CHANGE_PROPOSALS, id)).toBeUndefined();
  });

  it('by a network of one hospital is decided with its own proposal', () => {
    const chain = createChain(['Aare']);
    const [a] = four(chain);
    expect(propose(chain, a, admission('Sihl')).code).toBe('OK');
    expect(institutionOf(chain, hospital('Sihl').id)?.status).toBe('active');
  });

  it('of two hospitals that are decided, and join, in one block makes one set with both', () => {
    const chain = createChain();
    const [a, b, c] = four(chain);
    const ids = ['Sihl', 'Emme'].map((name) => propose(chain, a, admission(name)).outcomes[0]?.id as Hex32);
    for (const id of ids) approve(chain, b, id);
    const approvals = ids.map((proposal) => actionOf('institutions.approve', { proposal }));
    expect(submit(chain, asPerson(c), ...approvals).code).toBe('OK');
    const joining = ['Sihl', 'Emme'].map((name) =>
      chain.tx(hospital(name).id, hospital(name).account, [actionOf('institutions.join', {})]),
    );
    chain.commit(joining);
    expect(validatorsAfterNext(chain.view().state)).toHaveLength(6);
  });

  it('is refused for a hospital that is in, or one that takes a name or key in use', () => {
    const chain = createChain();
    const [a] = four(chain);
    expect(propose(chain, a, admission('Birs')).code).toBe('INSTITUTION_EXISTS');
    const { card, account, validator } = hospital('Sihl');
    const content = stripSignatures(card);
    for (const clash of [{ name: 'Birs' }, { networkKey: a.network.publicKey }]) {
      const clashing = signValidatorCard({ ...content, ...clash }, account, validator);
      expect(propose(chain, a, { type: 'admit', card: clashing }).code).toBe('INSTITUTION_EXISTS');
    }
  });

  it('is refused for a card whose signature or keys are wrong', () => {
    const chain = createChain();
    const [a] = four(chain);
    const { card, account } = hospital('Sihl');
    const forged = { ...card, name: 'Sihl and friends' };
    expect(propose(chain, a, { type: 'admit', card: forged }).code).toBe('KEY_INVALID');
    const content = { ...stripSignatures(card), validatorKey: account.publicKey };
    const oneKey = signValidatorCard(content, account, account);
    expect(propose(chain, a, { type: 'admit', card: oneKey }).code).toBe('KEY_INVALID');
  });

  it('with development keys is refused on a chain that is not for development', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), {}, 'cantons');
    const [a] = four(chain);
    expect(propose(chain, a, { type: 'admit', card: hospital('Sihl', true).card }).code).toBe('KEY_INVALID');
    expect(propose(chain, a, { type: 'admit', card: hospital('Sihl', false).card }).code).toBe('OK');
  });

  it('looks again when it is decided: what became impossible meanwhile is refused', () => {
    const chain = createChain();
    const [a, b, c] = four(chain);
    const other = hospital('Emme');
    const sameName = signValidatorCard(
      { ...stripSignatures(other.card), name: 'Sihl' },
      other.account,
      other.validator,
    );
    const late = propose(chain, a, { type: 'admit', card: sameName }).outcomes[0]?.id as Hex32;
    decide(chain, admission('Sihl'), [a, b, c]);
    expect([b, c].map((voter) => approve(chain, voter, late).code)).toEqual(['OK', 'INSTITUTION_EXISTS']);
  });
});

describe('a proposal', () => {
  it('may come from, and be approved by, members of the set only', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    const newcomer = hospital('Sihl');
    const open = propose(chain, a, admission('Emme')).outcomes[0]?.id as Hex32;
    const admitted = propose(chain, a, admission('Sihl')).outcomes[0]?.id as Hex32;
    for (const voter of [b, c, d]) expect(approve(chain, voter, admitted).code).toBe('OK');
    expect(approve(chain, newcomer, open).code).toBe('TX_NOT_PERMITTED');
    expect(join(chain, newcomer).code).toBe('OK');
    // Joined, but its validator decides no height yet.
    const { height } = chain.view().tip;
    const early = [
      actionOf('institutions.propose', { change: removal(a) }),
      actionOf('institutions.approve', { proposal: open }),
    ];
    for (const action of early) {
      expect(runAbove(chain, height, asPerson(newcomer), action).code).toBe('TX_NOT_PERMITTED');
    }
    chain.commit([]);
    expect(approve(chain, newcomer, open).code).toBe('OK');
  });

  it('is approved once by each', () => {
    const chain = createChain();
    const [a, b] = four(chain);
    const id = propose(chain, a, admission('Sihl')).outcomes[0]?.id as Hex32;
    expect(approve(chain, a, id).code).toBe('PROPOSAL_APPROVED');
    expect(approve(chain, b, id).code).toBe('OK');
    expect(approve(chain, b, id).code).toBe('PROPOSAL_APPROVED');
  });

  it('that says what an open one says is refused; one that says more is not', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c] = four(chain);
    expect(propose(chain, a, removal(c)).code).toBe('OK');
    expect(propose(chain, b, removal(c)).code).toBe('PROPOSAL_EXISTS');
    expect(propose(chain, b, removal(c, c.name)).code).toBe('OK');
  });

  it('is one of four that an institution may have open', () => {
    const chain = createChain();
    const [a, b] = four(chain);
    for (const name of ['Sihl', 'Emme', 'Kander', 'Simme']) {
      expect(propose(chain, a, admission(name)).code).toBe('OK');
    }
    expect(propose(chain, a, admission('Lorze')).code).toBe('TX_QUOTA_EXCEEDED');
    expect(propose(chain, b, admission('Lorze')).code).toBe('OK');
  });

  it('finds no room among as many as the state holds, whoever left them open', () => {
    const chain = createChain();
    const [a] = four(chain);
    const left = Array.from({ length: OPEN_PROPOSALS_MAX }, (_, index) => {
      const id = hashHex(utf8(`proposal ${index}`));
      return { id, proposer: id, changeHash: id, lastHeight: 1_000 };
    });
    const view = chain.view();
    const fill = (count: number) => {
      const state = createOverlay(view.state);
      state.put(
        OPEN_PROPOSALS.number,
        OPEN_PROPOSALS.keyOf(),
        encode(openProposalsShape, left.slice(0, count)),
      );
      const tx = chain.tx(a.id, a.account, [actionOf('institutions.propose', { change: admission('Sihl') })]);
      return chain.build([tx], { view: { ...view, state } }).execution.results[0]?.code;
    };
    expect(fill(OPEN_PROPOSALS_MAX)).toBe('TX_QUOTA_EXCEEDED');
    expect(fill(OPEN_PROPOSALS_MAX - 1)).toBe('OK');
  });

  it('that nobody knows is not found', () => {
    const chain = createChain();
    const [a] = four(chain);
    expect(approve(chain, a, '0'.repeat(64)).code).toBe('PROPOSAL_NOT_FOUND');
  });

  it('lapses after its lifetime, and frees its place', () => {
    const chain = createChain();
    const [a, b] = four(chain);
    const id = propose(chain, a, admission('Sihl')).outcomes[0]?.id as Hex32;
    const { state, tip } = chain.view();
    const lastHeight = tip.height + PROPOSAL_LIFETIME_HEIGHTS;
    expect(openProposals(state, lastHeight).map((open) => open.id)).toEqual([id]);
    expect(openProposals(state, lastHeight + 1)).toEqual([]);

    const approval = actionOf('institutions.approve', { proposal: id });
    const again = actionOf('institutions.propose', { change: admission('Sihl') });
    expect(runAbove(chain, lastHeight - 1, asPerson(b), approval).code).toBe('OK');
    expect(runAbove(chain, lastHeight, asPerson(b), approval).code).toBe('PROPOSAL_NOT_FOUND');
    expect(runAbove(chain, lastHeight, asPerson(b), again).code).toBe('OK');
  });

  it('counts only the approvals of those who are in the set when it is decided', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    const e = chain.hospitals[4] as Hospital;
    const id = propose(chain, e, admission('Sihl')).outcomes[0]?.id as Hex32;
    decide(chain, removal(e), [a, b, c, d]);
    chain.commit([]);
    expect(approve(chain, a, id).code).toBe('OK');
    expect(readRow(chain.view().state, CHANGE_PROPOSALS, id)?.approvals).toEqual([a.id]);
    expect(approve(chain, b, id).code).toBe('OK');
    expect(institutionOf(chain, hospital('Sihl').id)).toBeUndefined();
    expect(approve(chain, c, id).code).toBe('OK');
    expect(institutionOf(chain, hospital('Sihl').id)?.status).toBe('active');
  });
});

describe('removal of a hospital', () => {
  it('ends its actions at once, its validator at the second height after, and keeps its account', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    decide(chain, removal(a), [a, b, c, d]);
    const decidedAt = chain.view().tip.height;
    expect(institutionOf(chain, a.id)).toMatchObject({ status: 'removed', removedHeight: decidedAt });
    const anchor = actionOf('anchor.commit', { root: '11'.repeat(32), count: 1, schema: 'fhir-r4' });
    expect(codeOfSubmit(chain, asPerson(a), anchor)).toBe('TX_NOT_PERMITTED');
    expect(setIds(chain, decidedAt + 1)).toContain(a.id);
    expect(setIds(chain, decidedAt + 2)).not.toContain(a.id);
    expect(codeOfSubmit(chain, asPerson(a), rotation(chain, a.id, keyOf('Aare, second key')))).toBe('OK');
    expect(readRow(chain.view().state, INSTITUTION_NAMES, 'Aare')).toBe(a.id);
  });

  it('ends the credentials of its clinicians, and its patients go on', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    const doctor = credential(chain, a, 'a doctor of Aare');
    const patient = enrol(chain, a, 'a patient of Aare');
    decide(chain, removal(a), [b, c, d, chain.hospitals[4] as Hospital]);
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, doctor.id))).toBe('CREDENTIAL_WITHDRAWN');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, a.id))).toBe('INSTITUTION_NOT_FOUND');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, b.id))).toBe('OK');
  });

  it('of one that is not there or was removed is refused', () => {
    const chain = createChain(FOUNDERS.slice(0, 6));
    const [a, b, c, d] = four(chain);
    const e = chain.hospitals[4] as Hospital;
    const missing: GovernedChange = { type: 'remove', institution: '0'.repeat(64), confirmName: null };
    expect(propose(chain, a, missing).code).toBe('INSTITUTION_NOT_FOUND');
    decide(chain, removal(a), [b, c, d, e, chain.hospitals[5] as Hospital]);
    expect(propose(chain, b, removal(a, 'Aare')).code).toBe('INSTITUTION_NOT_FOUND');
  });

  it('to below four is refused unless its name is given', () => {
    const chain = createChain();
    const [a, b, c, d] = four(chain);
    expect(propose(chain, a, removal(d)).code).toBe('SET_CHANGE_UNSAFE');
    expect(propose(chain, a, removal(d, 'Aare')).code).toBe('SET_CHANGE_UNSAFE');
    decide(chain, removal(d, d.name), [a, b, c]);
    chain.commit([]);
    expect(nextValidators(chain.view().state)).toHaveLength(3);
    expect(propose(chain, a, removal(c)).code).toBe('SET_CHANGE_UNSAFE');
  });

  it('of two, each safe alone, is refused for the second when it is decided', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    const e = chain.hospitals[4] as Hospital;
    const first = propose(chain, a, removal(d)).outcomes[0]?.id as Hex32;
    const second = propose(chain, a, removal(e)).outcomes[0]?.id as Hex32;
    for (const voter of [b, c]) {
      approve(chain, voter, first);
      approve(chain, voter, second);
    }
    expect(approve(chain, d, first).code).toBe('OK');
    expect(approve(chain, e, second).code).toBe('SET_CHANGE_UNSAFE');
    expect(institutionOf(chain, e.id)?.status).toBe('active');
  });

  it('of the last hospital is refused whatever is confirmed', () => {
    const chain = createChain(['Aare']);
    const [a] = four(chain);
    expect(propose(chain, a, removal(a, a.name)).code).toBe('SET_CHANGE_UNSAFE');
  });
});

describe('a removed hospital', () => {
  it('is admitted again to its old account, under a new name and keys if it likes', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    const e = chain.hospitals[4] as Hospital;
    const doctor = credential(chain, a, 'a doctor of Aare');
    decide(chain, removal(a), [b, c, d, e]);
    const content = { ...stripSignatures(a.card), name: 'Aare West', networkKey: keyOf('new').publicKey };
    const card = signValidatorCard(content, a.account, a.validator);
    chain.commit([]);
    const { validatorKey, networkKey } = a.card;
    const swapped = { ...content, validatorKey: networkKey, networkKey: validatorKey };
    const other = signValidatorCard(swapped, a.account, a.network);
    expect(propose(chain, b, { type: 'admit', card: other }).code).toBe('INSTITUTION_EXISTS');
    decide(chain, { type: 'admit', card }, [b, c, d]);
    const { state } = chain.view();
    expect(institutionOf(chain, a.id)).toMatchObject({ name: 'Aare West', status: 'active', membership: 2 });
    expect(readRow(state, INSTITUTION_NAMES, 'Aare')).toBeUndefined();
    expect(readRow(state, INSTITUTION_NAMES, 'Aare West')).toBe(a.id);
    expect(readRow(state, KEYS, keyOf('new').publicKey)).toMatchObject({ account: a.id, use: 'network' });
    // A credential of the first membership does not come back with it.
    const patient = enrol(chain, a, 'a patient of Aare West');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, doctor.id))).toBe('CREDENTIAL_WITHDRAWN');
  });

  it('is not admitted under an account key that it has rotated away', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d] = four(chain);
    decide(chain, removal(a), [b, c, d, chain.hospitals[4] as Hospital]);
    expect(codeOfSubmit(chain, asPerson(a), rotation(chain, a.id, keyOf('Aare, second key')))).toBe('OK');
    expect(propose(chain, b, { type: 'admit', card: a.card }).code).toBe('INSTITUTION_EXISTS');
  });
});

describe('the history of sets', () => {
  const window = 12;

  /** Changes of the set in two blocks so many heights apart; gives the first height of the first new set. */
  function changeTwice(chain: Chain, apart: number): number {
    const [a] = four(chain);
    letIn(chain, hospital('Sihl'), [a]);
    const fromHeight = chain.view().tip.height + 2;
    chain.commit([]);
    chain.commit([]);
    const b = hospital('Sihl');
    decide(chain, admission('Emme'), [a, b]);
    while (chain.view().tip.height < fromHeight - 2 + apart - 1) chain.commit([]);
    expect(join(chain, hospital('Emme')).code).toBe('OK');
    return fromHeight;
  }

  it('keeps a set as long as evidence of its last height is not too old', () => {
    const chain = createChain(['Aare'], { evidenceWindowHeights: window });
    const fromHeight = changeTwice(chain, window + 1);
    const { height } = chain.view().tip;
    expect(height - (fromHeight - 1)).toBe(window);
    expect(setIds(chain, fromHeight - 1)).toHaveLength(1);
    expect(setIds(chain, fromHeight)).toHaveLength(2);
    expect(setIds(chain, height + 2)).toHaveLength(3);
  });

  it('drops it with the next change after that', () => {
    const chain = createChain(['Aare'], { evidenceWindowHeights: window });
    const fromHeight = changeTwice(chain, window + 2);
    expect(setIds(chain, fromHeight - 1)).toBeUndefined();
    expect(setIds(chain, fromHeight)).toHaveLength(2);
  });

  it('has one entry per change, however many blocks follow', () => {
    const chain = createChain(['Aare']);
    letIn(chain, hospital('Sihl'), [four(chain)[0]]);
    for (let block = 0; block < 3; block += 1) chain.commit([]);
    expect(readRow(chain.view().state, SET_HISTORY)).toEqual({ first: 0, next: 2 });
    expect(readRow(chain.view().state, VALIDATOR_SETS, 'decided')).toBeUndefined();
  });
});
