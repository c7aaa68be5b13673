import { describe, expect, test } from 'vitest';
import {
  asleep,
  drive,
  expectedOf,
  inHand,
  invalid,
  lockAt,
  polka,
  prevote,
  prevotes,
  proposal,
  type Row,
  runRow,
  seen,
  timeout,
  told,
  toRound,
  valid,
  value,
  work,
} from '../support/height.ts';

/** d locked v in round 0 and w, by the polka of round 1, in round 2. Round 3 is its own; now it is round 4. */
const movedLock = [
  work,
  ...lockAt(0, 'v'),
  timeout('precommit', 0),
  timeout('precommit', 1),
  polka('abc', 1, 'w'),
  ...inHand('w', 'b'),
  proposal(2, 'w', { validRound: 1 }),
  ...prevotes('ab', 2, 'w', 1),
  timeout('precommit', 2),
  timeout('precommit', 3),
];

/** d prevoted v in round 0, gave up waiting, and saw the polka after its nil precommit. */
const missedLock = [
  work,
  proposal(0, 'v'),
  valid('v'),
  ...prevotes('a', 0, 'v'),
  timeout('prevote', 0),
  ...prevotes('b', 0, 'v'),
];

const rows: Row[] = [
  {
    desc: 'a polka for the valid value that was prevoted locks it, and it is precommitted',
    given: [work, proposal(0, 'v'), valid('v'), ...prevotes('a', 0, 'v')],
    input: prevote('b', 0, 'v'),
    effects: ['precommit v @0'],
    state: { step: 'precommit', locked: 'v @0', valid: 'v @0' },
  },
  {
    desc: 'a lock of round 0 is respected: a fresh proposal of another value in round 1 gets prevote nil',
    given: [work, ...lockAt(0, 'v'), timeout('precommit', 0)],
    input: proposal(1, 'w'),
    effects: ['prevote nil @1'],
    state: { round: 1, step: 'prevote', locked: 'v @0', valid: 'v @0' },
  },
  {
    desc: 'the locked value, proposed afresh by who built it, is prevoted again',
    given: [work, ...lockAt(0, 'v'), ...[0, 1, 2, 3].map((round) => timeout('precommit', round))],
    input: proposal(4, 'v'),
    effects: ['prevote v @4'],
    state: { locked: 'v @0' },
  },
  {
    desc: 'a polka of a round below the lock does not unlock: a stale validRound gets prevote nil',
    given: [...toRound(1), ...lockAt(1, 'v'), timeout('precommit', 1), polka('abc', 0, 'w')],
    input: proposal(2, 'w', { validRound: 0 }),
    effects: ['prevote nil @2'],
    state: { locked: 'v @1' },
  },
  {
    desc: 'a polka of the locked round itself unlocks',
    given: [
      ...toRound(1),
      ...lockAt(1, 'v'),
      timeout('precommit', 1),
      polka('abc', 1, 'w'),
      ...inHand('w', 'b'),
    ],
    input: proposal(2, 'w', { validRound: 1 }),
    effects: ['prevote w @2 of @1'],
    state: { locked: 'v @1', valid: 'v @1' },
  },
  {
    desc: 'a polka of a round after the lock unlocks',
    given: [
      work,
      ...lockAt(0, 'v'),
      timeout('precommit', 0),
      timeout('precommit', 1),
      polka('abc', 1, 'w'),
      ...inHand('w', 'b'),
    ],
    input: proposal(2, 'w', { validRound: 1 }),
    effects: ['prevote w @2 of @1'],
    state: { step: 'prevote', locked: 'v @0' },
  },
  {
    desc: 'a proposal with a validRound whose polka is not in hand waits',
    given: [...toRound(2), ...inHand('w', 'b'), ...prevotes('ab', 1, 'w')],
    input: proposal(2, 'w', { validRound: 1 }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'late prevotes that complete its polka after the proposal trigger rule 5',
    given: [
      ...toRound(2),
      ...inHand('w', 'b'),
      ...prevotes('ab', 1, 'w'),
      proposal(2, 'w', { validRound: 1 }),
    ],
    input: prevote('c', 1, 'w'),
    effects: ['prevote w @2 of @1'],
  },
  {
    desc: 'prevotes that answer different proposals of a value are not its polka',
    given: [
      ...toRound(2),
      ...inHand('w', 'b'),
      ...prevotes('ab', 1, 'w'),
      proposal(2, 'w', { validRound: 1 }),
    ],
    input: prevote('c', 1, 'w', 0),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'a polka of that round for another value is not the polka of the proposal',
    given: [...toRound(2), ...inHand('w', 'b'), polka('abc', 1, 'v')],
    input: proposal(2, 'w', { validRound: 1 }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'an invalid value gets prevote nil, polka or not',
    given: [...toRound(2), polka('abc', 1, 'w'), proposal(2, 'w', { validRound: 1 })],
    input: invalid('w'),
    effects: ['prevote nil @2'],
  },
  {
    desc: 'a lock that moved does not free the first value: a fresh proposal of the locked one gets prevote nil',
    given: movedLock,
    input: proposal(4, 'w'),
    effects: ['prevote nil @4'],
    state: { locked: 'w @2' },
  },
  {
    desc: 'a lock that moved answers a proposal whose polka is at or after every earlier precommit',
    given: movedLock,
    input: proposal(4, 'w', { validRound: 1 }),
    effects: ['prevote w @4 of @1'],
    state: { locked: 'w @2' },
  },
  {
    desc: 'a polka of this round for another value moves the lock',
    given: [
      work,
      ...lockAt(0, 'v'),
      timeout('precommit', 0),
      proposal(1, 'w'),
      ...inHand('w', 'b'),
      ...prevotes('ab', 1, 'w'),
    ],
    input: prevote('c', 1, 'w'),
    effects: ['precommit w @1'],
    state: { locked: 'w @1', valid: 'w @1' },
  },
  {
    desc: 'a polka that comes after the own precommit gives the valid value and no lock',
    given: missedLock.slice(0, -1),
    input: prevote('b', 0, 'v'),
    effects: [],
    state: { step: 'precommit', locked: 'none', valid: 'v @0' },
  },
  {
    desc: 'after a missed lock the valid value is proposed again, with its polka and its round',
    given: [...missedLock, ...[0, 1].map((round) => timeout('precommit', round))],
    input: timeout('precommit', 2),
    effects: ['timer propose @3', 'propose v @3 of @0 with polka @0', 'prevote v @3 of @0'],
    state: { locked: 'none' },
  },
  {
    desc: 'who is locked proposes what it is locked on',
    given: [work, ...lockAt(0, 'v'), ...[0, 1].map((round) => timeout('precommit', round))],
    input: timeout('precommit', 2),
    effects: ['timer propose @3', 'propose v @3 of @0 with polka @0', 'prevote v @3 of @0'],
  },
  {
    desc: 'a nil polka moves on at once, and the lock stays',
    given: [work, ...lockAt(0, 'v'), timeout('precommit', 0), proposal(1, 'w'), ...prevotes('a', 1, null)],
    input: prevote('b', 1, null),
    effects: ['precommit nil @1'],
    state: { step: 'precommit', locked: 'v @0' },
  },
  {
    desc: 'a polka that is there before the own prevote locks as soon as that is cast',
    given: [work, ...inHand('v', 'a'), ...prevotes('abc', 0, 'v')],
    input: timeout('propose', 0),
    effects: ['prevote nil @0', 'precommit v @0'],
    state: { step: 'precommit', locked: 'v @0' },
  },
  {
    desc: 'a nil polka is waited for until the own prevote is cast',
    given: [work, ...prevotes('ab', 0, null)],
    input: prevote('c', 0, null),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'a second polka of a round changes nothing: rule 7 fires once',
    given: [work, ...lockAt(0, 'v'), ...inHand('w', 'b')],
    input: polka('abc', 0, 'w'),
    effects: ['accuse a of double-vote', 'accuse b of double-vote'],
    state: { locked: 'v @0', valid: 'v @0' },
  },
  {
    desc: 'a polka for a value that is not judged yet has it validated first',
    given: [work, value('v', 'a'), timeout('propose', 0), ...prevotes('ab', 0, 'v')],
    input: prevote('c', 0, 'v'),
    effects: ['validate v'],
    state: { step: 'prevote', locked: 'none' },
  },
  {
    desc: 'a polka that waited for the verdict locks when it comes',
    given: [work, value('v', 'a'), timeout('propose', 0), ...prevotes('abc', 0, 'v')],
    input: valid('v'),
    effects: ['precommit v @0'],
    state: { locked: 'v @0' },
  },
  {
    desc: 'a polka for a value that is not in hand has it fetched',
    given: [work, timeout('propose', 0), ...prevotes('ab', 0, 'v')],
    input: prevote('c', 0, 'v'),
    effects: ['fetch v'],
  },
];

describe('locks', () => {
  test.each(rows)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  test('a lock and the valid value live through any number of rounds', () => {
    const rounds = Array.from({ length: 50 }, (_, round) => timeout('precommit', round));
    const { state } = drive(asleep('d'), [work, ...lockAt(0, 'v'), ...rounds]);
    expect(seen(state)).toMatchObject({ round: 50, locked: 'v @0', valid: 'v @0' });
  });

  test('the proposal of a valid value carries a polka of at least a quorum for it', () => {
    const given = [...missedLock, ...[0, 1, 2].map((round) => timeout('precommit', round))];
    const { effects } = drive(asleep('d'), given);
    const polkas = effects.flatMap((effect) =>
      effect.type === 'sign' && effect.message.kind === 'proposal' ? [effect.message.polka] : [],
    );
    expect(polkas.map((each) => each?.signatures.map(({ index }) => index))).toEqual([[0, 1, 3]]);
    expect(told(effects)).toContain('propose v @3 of @0 with polka @0');
  });
});
