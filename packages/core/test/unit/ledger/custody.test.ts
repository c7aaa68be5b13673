import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionOf,
  BATCHES,
  type BatchRow,
  type ConfirmedBatch,
  CUSTODY_ACCUSATIONS,
  CUSTODY_EPOCHS,
  type CustodyEpoch,
  createOverlay,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  dealersOf,
  type Execution,
  fromHex,
  type GovernedChange,
  type Hex32,
  hashHex,
  listCount,
  nextValidators,
  type Receipt,
  readRow,
  STATE_VALUE_BYTES_MAX,
  signValidatorCard,
  utf8,
  VALIDATORS_MAX,
  type ValidatorCard,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  credential,
  decide,
  enrol,
  letIn,
  type Person,
  stripSignatures,
  submit,
} from '../../kit/people.ts';
import { newRecord, receiptsOf, recordAt, registered } from '../../kit/records.ts';
import { createRows, putRow } from '../../kit/rows.ts';
import { expectRefused, verdicts } from '../../kit/verdicts.ts';

function epochAt(chain: Chain, epoch = currentEpoch(chain.view().state)): CustodyEpoch {
  const found = custodyEpoch(chain.view().state, epoch);
  if (found === undefined) throw new Error('no such epoch');
  return found;
}

function sorted(hospitals: readonly Hospital[]): readonly Hospital[] {
  return [...hospitals].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The voters decide it, and blocks are made until its custodians are known. Gives the height that decided it. */
function change(chain: Chain, what: GovernedChange, voters: readonly Hospital[]): number {
  return untilMoved(chain, () => decide(chain, what, voters));
}

function untilMoved(chain: Chain, decided: () => void): number {
  const before = currentEpoch(chain.view().state);
  decided();
  const { height } = chain.view().tip;
  while (currentEpoch(chain.view().state) === before) chain.commit([]);
  return height;
}

function admit(chain: Chain, name: string, voters: readonly Hospital[] = chain.hospitals): number {
  return untilMoved(chain, () => letIn(chain, hospital(name), voters.slice(0, quorum(chain))));
}

function remove(chain: Chain, gone: Hospital, voters: readonly Hospital[]): number {
  const others = voters.filter((each) => each !== gone).slice(0, quorum(chain));
  return change(chain, { type: 'remove', institution: gone.id, confirmName: gone.name }, others);
}

function quorum(chain: Chain): number {
  return Math.floor((2 * nextValidators(chain.view().state).length) / 3) + 1;
}

describe('a custody epoch', () => {
  it('is begun by the genesis, with the founders as custodians, by id, with the keys of their cards', () => {
    const chain = createChain();
    const { state } = chain.view();
    expect(currentEpoch(state)).toBe(0);
    expect(epochAt(chain)).toEqual({
      fromHeight: 1,
      custodians: sorted(chain.hospitals).map(({ id, card }) => ({
        id,
        signingKey: card.validatorKey,
        custodyKey: card.custodyKey,
      })),
    });
    expect(readRow(state, CUSTODY_EPOCHS, 1)).toBeUndefined();
  });

  it('follows a joining and a leaving at the height from which the new set decides', () => {
    const chain = createChain();
    const joined = admit(chain, 'Sihl');
    expect(epochAt(chain, 1)).toMatchObject({ fromHeight: joined + 2 });
    expect(epochAt(chain, 1).custodians.map(({ id }) => id)).toEqual(
      sorted([...chain.hospitals, hospital('Sihl')]).map(({ id }) => id),
    );
    const [a] = chain.hospitals as [Hospital];
    const left = remove(chain, a, [...chain.hospitals, hospital('Sihl')]);
    expect(epochAt(chain, 2)).toMatchObject({ fromHeight: left + 2 });
    expect(custodianIndex(epochAt(chain, 2), a.id)).toBeUndefined();
    expect(listCount(chain.view().state, 'custodyEpochs', null)).toBe(3);
  });

  it('is not yet the new one in the block between', () => {
    const chain = createChain();
    letIn(chain, hospital('Sihl'), chain.hospitals.slice(0, 3));
    expect(currentEpoch(chain.view().state)).toBe(0);
    const { execution } = chain.commit([]);
    expect(currentEpoch(chain.view().state)).toBe(1);
    expect(execution.validators).toHaveLength(5);
  });

  it('stays while the set stays', () => {
    const chain = createChain();
    for (let count = 0; count < 3; count += 1) chain.commit([]);
    expect(currentEpoch(chain.view().state)).toBe(0);
  });

  it('begins at once when a hospital was removed and admitted again in one block, with another custody key', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [e] = chain.hospitals.slice(4) as [Hospital];
    const custodyKey = hashHex(utf8('another custody key'));
    const card = signValidatorCard({ ...stripSignatures(e.card), custodyKey }, e.account, e.validator);
    const execution = replaceCard(chain, e, card);
    expect(execution.validatorsAfterNext).toEqual(execution.validators);
    expect(epochAt(chain, 1).fromHeight).toBe(chain.view().tip.height + 1);
    const place = (custodianIndex(epochAt(chain, 1), e.id) as number) - 1;
    expect(epochAt(chain, 1).custodians[place]).toMatchObject({ id: e.id, custodyKey });
    expect(epochAt(chain, 0).custodians[place]).toMatchObject({ id: e.id, custodyKey: e.card.custodyKey });
    for (let count = 0; count < 2; count += 1) chain.commit([]);
    expect(currentEpoch(chain.view().state)).toBe(1);
  });

  it('begins with the new set when it came back with another validator key', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [e] = chain.hospitals.slice(4) as [Hospital];
    const { validator } = hospital('Kander');
    const content = { ...stripSignatures(e.card), validatorKey: validator.publicKey };
    replaceCard(chain, e, signValidatorCard(content, e.account, validator));
    expect(currentEpoch(chain.view().state)).toBe(0);
    const { height } = chain.view().tip;
    for (let count = 0; count < 2; count += 1) chain.commit([]);
    expect(currentEpoch(chain.view().state)).toBe(1);
    expect(epochAt(chain, 1).fromHeight).toBe(height + 2);
    const place = (custodianIndex(epochAt(chain, 1), e.id) as number) - 1;
    expect(epochAt(chain, 1).custodians[place]).toMatchObject({ signingKey: validator.publicKey });
  });

  it('numbers its custodians from 1', () => {
    const chain = createChain();
    const places = sorted(chain.hospitals).map(({ id }) => custodianIndex(epochAt(chain), id));
    expect(places).toEqual([1, 2, 3, 4]);
    expect(custodianIndex(epochAt(chain), hospital('Sihl').id)).toBeUndefined();
  });
});

/** The fifth of five is removed and admitted with this card, both decided in one block. */
function replaceCard(chain: Chain, gone: Hospital, card: ValidatorCard): Execution {
  const [a, b, c, d] = chain.hospitals as unknown as [Hospital, Hospital, Hospital, Hospital];
  const removal = { type: 'remove', institution: gone.id, confirmName: null } as const;
  const proposed = submit(chain, asPerson(a), actionOf('institutions.propose', { change: removal }));
  const removing = approval(proposed.outcomes[0]?.id as Hex32);
  for (const voter of [b, c]) submit(chain, asPerson(voter), removing);
  const admission = actionOf('institutions.propose', { change: { type: 'admit', card } });
  const last = chain.tx(d.id, d.account, [removing, admission]);
  const admitting = approval(chain.build([last]).execution.results[0]?.outcomes[1]?.id as Hex32);
  const votes = [a, b, c].map((voter) => chain.tx(voter.id, voter.account, [admitting]));
  const joining = chain.tx(gone.id, gone.account, [actionOf('institutions.join', {})]);
  const { execution } = chain.commit([last, ...votes, joining]);
  expect(execution.results.map(({ code }) => code)).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
  return execution;
}

function approval(proposal: Hex32): Action {
  return actionOf('institutions.approve', { proposal });
}

/** Four hospitals, one batch of two records, then a fifth: the batch is to move from epoch 0 to 1. */
function moving(): { chain: Chain; a: Person; batch: Hex32; row: () => BatchRow | undefined } {
  const chain = createChain();
  const [first] = chain.hospitals as [Hospital];
  const patient = enrol(chain, first, 'patient 1').id;
  const [one] = registered(chain, asPerson(first), patient, newRecord('one'), newRecord('two')) as [Hex32];
  const { batch } = recordAt(chain, one);
  admit(chain, 'Sihl');
  return { chain, a: asPerson(first), batch, row: () => readRow(chain.view().state, BATCHES, batch) };
}

const NEW_ROOT = hashHex(utf8('root over the new points'));
const OTHER_ROOT = hashHex(utf8('another root'));

function confirmation(epoch: number, ...batches: readonly ConfirmedBatch[]): Action {
  return actionOf('custody.confirm', { epoch, batches });
}

function signedFor(
  chain: Chain,
  batch: Hex32,
  said: { root?: Hex32; epoch?: number; count?: number; indexes?: readonly number[] } = {},
): readonly Receipt[] {
  const { root = NEW_ROOT, epoch = currentEpoch(chain.view().state), count = 2, indexes } = said;
  return receiptsOf(chain, { batch, epoch, root, count }, indexes);
}

describe('a confirmation', () => {
  it('moves a batch to the current epoch and its new root; all else of it stays', () => {
    const { chain, a, batch, row } = moving();
    const before = row() as BatchRow;
    const confirmed = confirmation(1, { batch, root: NEW_ROOT, receipts: signedFor(chain, batch) });
    expect(submit(chain, a, confirmed)).toMatchObject({ code: 'OK', outcomes: [{ id: null, index: null }] });
    expect(row()).toEqual({ ...before, epoch: 1, root: NEW_ROOT });
  });

  it('may be sent by any institution, and by nobody else', () => {
    const { chain, batch } = moving();
    const confirmed = confirmation(1, { batch, root: NEW_ROOT, receipts: signedFor(chain, batch) });
    const doctor = credential(chain, chain.hospitals[0] as Hospital, 'doctor 1');
    expectRefused(chain, doctor, 'TX_NOT_PERMITTED', confirmed);
    expect(verdicts(chain, asPerson(hospital('Sihl')), confirmed)).toEqual(['OK', 'OK']);
  });

  it('of a batch that has moved changes nothing, so that the first root stays', () => {
    const { chain, a, batch, row } = moving();
    const to = (root: Hex32) => ({ batch, root, receipts: signedFor(chain, batch, { root }) });
    expect(codeOfSubmit(chain, a, confirmation(1, to(NEW_ROOT), to(OTHER_ROOT)))).toBe('OK');
    expect(row()?.root).toBe(NEW_ROOT);
    expect(codeOfSubmit(chain, a, confirmation(1, to(OTHER_ROOT)))).toBe('OK');
    expect(row()).toMatchObject({ epoch: 1, root: NEW_ROOT });
  });

  it('needs receipts of the new custodians over this batch, root and count, as many as a registration', () => {
    const { chain, a, batch } = moving();
    const given = (receipts: readonly Receipt[]): Action =>
      confirmation(1, { batch, root: NEW_ROOT, receipts });
    const indexes = [1, 2, 3];
    expect(verdicts(chain, a, given(signedFor(chain, batch, { indexes })))).toEqual(['OK', 'OK']);
    for (const receipts of [
      [],
      signedFor(chain, batch, { indexes: [1, 2] }),
      signedFor(chain, batch, { indexes, root: OTHER_ROOT }),
      signedFor(chain, batch, { indexes, count: 1 }),
      signedFor(chain, batch, { indexes, epoch: 0 }),
      signedFor(chain, OTHER_ROOT, { indexes }),
      signedFor(chain, batch, { indexes: [2, 1, 3] }),
    ])
      expectRefused(chain, a, 'CUSTODY_RECEIPTS_MISSING', given(receipts));
  });

  it('is refused as a whole for one batch that is not proven', () => {
    const { chain, a, batch, row } = moving();
    const good = { batch, root: NEW_ROOT, receipts: signedFor(chain, batch) };
    const bad = { batch, root: OTHER_ROOT, receipts: signedFor(chain, batch) };
    expectRefused(chain, a, 'CUSTODY_RECEIPTS_MISSING', confirmation(1, good, bad));
    const unknown = { batch: OTHER_ROOT, root: NEW_ROOT, receipts: signedFor(chain, OTHER_ROOT) };
    expectRefused(chain, a, 'RECORD_NOT_FOUND', confirmation(1, good, unknown));
    expect(row()?.epoch).toBe(0);
  });

  it('is for the current epoch only', () => {
    const { chain, a, batch, row } = moving();
    const to = (epoch: number): Action =>
      confirmation(epoch, { batch, root: NEW_ROOT, receipts: signedFor(chain, batch, { epoch }) });
    for (const epoch of [0, 2]) expectRefused(chain, a, 'CUSTODY_EPOCH_WRONG', to(epoch));
    const toOne = to(1);
    admit(chain, 'Emme');
    expectRefused(chain, a, 'CUSTODY_EPOCH_WRONG', toOne);
    expect(codeOfSubmit(chain, a, to(2))).toBe('OK');
    expect(row()?.epoch).toBe(2);
  });

  it('where fewer than three custodians are left is refused', () => {
    const chain = createChain(FOUNDERS.slice(0, 3));
    const [a, b, c] = chain.hospitals as unknown as [Hospital, Hospital, Hospital];
    const patient = enrol(chain, a, 'patient 1').id;
    const [one] = registered(chain, asPerson(a), patient, newRecord('one')) as [Hex32];
    const { batch } = recordAt(chain, one);
    // All three must vote; the one that leaves votes too.
    change(chain, { type: 'remove', institution: c.id, confirmName: c.name }, [a, b, c]);
    const receipts = signedFor(chain, batch, { count: 1, indexes: [1, 2] });
    expectRefused(
      chain,
      asPerson(a),
      'CUSTODY_TOO_FEW',
      confirmation(1, { batch, root: NEW_ROOT, receipts }),
    );
  });
});

function accusation(from: number, to: number, dealer: Hex32): Action {
  return actionOf('custody.accuse', { from, to, dealer });
}

describe('the dealers of a change', () => {
  it('are as many as open a record: the first by index of those that stay', () => {
    const chain = createChain();
    admit(chain, 'Sihl');
    const [one, two] = sorted(chain.hospitals).map(({ id }) => id);
    expect(dealersOf(chain.view().state, 0, 1)).toEqual([one, two]);
  });

  it('that left deal only when too few stayed', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const old = sorted(chain.hospitals);
    const ids = old.map(({ id }) => id);
    const removed = (gone: readonly number[]): readonly Hex32[] => {
      const state = createOverlay(chain.view().state);
      const { custodians } = epochAt(chain, 0);
      const rest = custodians.filter((_, place) => !gone.includes(place));
      putRow(state, CUSTODY_EPOCHS, [1], { fromHeight: 9, custodians: rest });
      return dealersOf(state, 0, 1);
    };
    expect(removed([0])).toEqual([ids[1], ids[2]]);
    expect(removed([1, 2])).toEqual([ids[0], ids[3]]);
    expect(removed([0, 1, 2])).toEqual([ids[3], ids[4]]);
    expect(removed([0, 1, 2, 4])).toEqual([ids[0], ids[3]]);
  });

  it('are fixed anew without one whom so many custodians accuse that one of them is honest', () => {
    const { chain } = moving();
    const [one, two, three, four] = sorted(chain.hospitals) as [Hospital, Hospital, Hospital, Hospital];
    const dealers = () => dealersOf(chain.view().state, 0, 1);
    expect(dealers()).toEqual([one.id, two.id]);
    expect(codeOfSubmit(chain, asPerson(three), accusation(0, 1, one.id))).toBe('OK');
    expect(codeOfSubmit(chain, asPerson(three), accusation(0, 1, one.id))).toBe('OK');
    expect(dealers()).toEqual([one.id, two.id]);
    expect(codeOfSubmit(chain, asPerson(four), accusation(0, 1, one.id))).toBe('OK');
    expect(dealers()).toEqual([two.id, three.id]);
    const row = readRow(chain.view().state, CUSTODY_ACCUSATIONS, 0, 1, one.id);
    expect(row).toEqual([three.id, four.id]);
    for (const accuser of [one, four]) submit(chain, asPerson(accuser), accusation(0, 1, two.id));
    expect(dealers()).toEqual([three.id, four.id]);
    for (const accuser of [one, two]) submit(chain, asPerson(accuser), accusation(0, 1, three.id));
    expect(dealers()).toEqual([one.id, four.id]);
  });

  it('that are convicted come after those that left: nobody is bound to a liar while another is there', () => {
    const chain = createChain();
    const { custodians } = epochAt(chain, 0);
    const [one, two, three, four] = custodians.map(({ id }) => id) as [Hex32, Hex32, Hex32, Hex32];
    const strangers = ['x', 'y', 'z'].map((name) => ({
      id: hashHex(utf8(name)),
      signingKey: hashHex(utf8(`v ${name}`)),
      custodyKey: hashHex(utf8(`c ${name}`)),
    }));
    const [first] = custodians as [(typeof custodians)[0]];
    const state = createOverlay(chain.view().state);
    putRow(state, CUSTODY_EPOCHS, [1], { fromHeight: 9, custodians: [first, ...strangers] });
    expect(dealersOf(state, 0, 1)).toEqual([one, two]);
    const [x, y] = strangers.map(({ id }) => id) as [Hex32, Hex32];
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, one], [x]);
    expect(dealersOf(state, 0, 1)).toEqual([one, two]);
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, one], [x, y]);
    expect(dealersOf(state, 0, 1)).toEqual([two, three]);
    for (const dealer of [two, three]) putRow(state, CUSTODY_ACCUSATIONS, [0, 1, dealer], [x, y]);
    expect(dealersOf(state, 0, 1)).toEqual([one, four]);
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, four], [x, y]);
    expect(dealersOf(state, 0, 1)).toEqual([one, two]);
  });

  it('are convicted by more than a third of those who get the shares, not of those who had them', () => {
    const chain = createChain();
    const { custodians } = epochAt(chain, 0);
    const [one, two, three] = custodians.map(({ id }) => id) as [Hex32, Hex32, Hex32];
    const joined = ['x', 'y', 'z'].map((name) => ({
      id: hashHex(utf8(name)),
      signingKey: hashHex(utf8(`v ${name}`)),
      custodyKey: hashHex(utf8(`c ${name}`)),
    }));
    const [x, y, z] = joined.map(({ id }) => id) as [Hex32, Hex32, Hex32];
    const state = createOverlay(chain.view().state);
    putRow(state, CUSTODY_EPOCHS, [1], { fromHeight: 9, custodians: [...custodians, ...joined] });
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, one], [x, y]);
    expect(dealersOf(state, 0, 1)).toEqual([one, two]);
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, one], [x, y, z]);
    expect(dealersOf(state, 0, 1)).toEqual([two, three]);
  });

  it('of one change are not convicted by accusations in another', () => {
    const { chain } = moving();
    const [one, two, three] = sorted(chain.hospitals) as [Hospital, Hospital, Hospital];
    for (const accuser of [two, three]) submit(chain, asPerson(accuser), accusation(0, 1, one.id));
    admit(chain, 'Emme');
    const { state } = chain.view();
    expect(dealersOf(state, 0, 1)).not.toContain(one.id);
    expect(dealersOf(state, 0, 2)).toContain(one.id);
    expect(dealersOf(state, 1, 2)).toContain(one.id);
  });
});

describe('an accusation', () => {
  it('is for the current epoch, of a change that leads to it', () => {
    const { chain, a } = moving();
    const [dealer] = dealersOf(chain.view().state, 0, 1) as [Hex32];
    for (const [from, to] of [
      [1, 1],
      [0, 0],
      [0, 2],
      [1, 2],
      [2, 1],
    ] as const)
      expectRefused(chain, a, 'CUSTODY_EPOCH_WRONG', accusation(from, to, dealer));
    expect(verdicts(chain, a, accusation(0, 1, dealer))).toEqual(['OK', 'OK']);
    admit(chain, 'Emme');
    expectRefused(chain, a, 'CUSTODY_EPOCH_WRONG', accusation(0, 1, dealer));
  });

  it('is spoken by a custodian of the new epoch', () => {
    const { chain } = moving();
    const [dealer] = dealersOf(chain.view().state, 0, 1) as [Hex32];
    const doctor = credential(chain, chain.hospitals[0] as Hospital, 'doctor 1');
    expectRefused(chain, doctor, 'TX_NOT_PERMITTED', accusation(0, 1, dealer));
    expect(verdicts(chain, asPerson(hospital('Sihl')), accusation(0, 1, dealer))).toEqual(['OK', 'OK']);
    letIn(chain, hospital('Emme'), chain.hospitals.slice(0, quorum(chain)));
    // Joined, but its set does not decide yet.
    const early = accusation(0, 1, dealer);
    expectRefused(chain, asPerson(hospital('Emme')), 'TX_NOT_PERMITTED', early);
  });

  it('is of a dealer of that change, and of nobody who is not or no longer one', () => {
    const { chain } = moving();
    const [one, two, three, four] = sorted(chain.hospitals) as [Hospital, Hospital, Hospital, Hospital];
    const by = (accuser: Hospital, dealer: Hex32) =>
      verdicts(chain, asPerson(accuser), accusation(0, 1, dealer));
    expect(by(one, three.id)).toEqual(['VALUE_INVALID', 'VALUE_INVALID']);
    expect(by(one, hospital('Sihl').id)).toEqual(['VALUE_INVALID', 'VALUE_INVALID']);
    for (const accuser of [three, four]) submit(chain, asPerson(accuser), accusation(0, 1, one.id));
    expect(by(two, one.id)).toEqual(['VALUE_INVALID', 'VALUE_INVALID']);
    expect(by(one, three.id)).toEqual(['OK', 'OK']);
  });

  it('of every dealer by every custodian of the largest set fits into its rows', () => {
    const state = createRows();
    const all = Array.from({ length: VALIDATORS_MAX }, (_, at) => hashHex(utf8(`hospital ${at}`)));
    putRow(state, CUSTODY_ACCUSATIONS, [0, 1, all[0] as Hex32], all);
    const key = CUSTODY_ACCUSATIONS.keyOf(0, 1, all[0] as Hex32);
    const value = state.get(CUSTODY_ACCUSATIONS.number, key) as Uint8Array;
    expect(value.length).toBeLessThan(STATE_VALUE_BYTES_MAX);
    expect(key).toHaveLength(48);
    expect(key.subarray(16)).toEqual(fromHex(all[0] as Hex32));
  });
});
