import { describe, expect, test } from 'vitest';
import {
  asleep,
  built,
  drive,
  expectedOf,
  precommit,
  prevote,
  prevotes,
  proposal,
  type Row,
  runRow,
  seen,
  timeout,
  told,
  valid,
  work,
} from '../support/height.ts';

const rows: Row[] = [
  {
    desc: 'one vote on an idle chain wakes nobody',
    given: [],
    input: prevote('a', 0, null),
    effects: [],
  },
  {
    desc: 'many votes of one validator wake nobody',
    given: [prevote('a', 0, null), precommit('a', 0, null), prevote('a', 1, null)],
    input: prevote('a', 0, 'v'),
    effects: ['accuse a of double-vote'],
  },
  {
    desc: 'votes of the height from S, two of four, wake',
    given: [prevote('a', 0, null)],
    input: prevote('b', 0, null),
    effects: ['timer propose @0'],
  },
  {
    desc: 'votes from S wake in whatever rounds they are, and lead to the round that has S',
    given: [prevote('a', 3, null)],
    input: precommit('b', 3, null),
    self: 'c',
    effects: ['timer propose @0', 'timer propose @3'],
    state: { round: 3 },
  },
  {
    desc: 'votes from S in different rounds wake round 0',
    given: [prevote('a', 3, null)],
    input: precommit('b', 2, null),
    effects: ['timer propose @0'],
    state: { round: 0 },
  },
  {
    desc: 'the proposal of the proposer of round 0 wakes',
    given: [],
    input: proposal(0, 'v'),
    effects: ['timer propose @0', 'validate v'],
  },
  {
    desc: 'the proposal of a later round wakes nobody',
    given: [],
    input: proposal(1, 'v'),
    effects: [],
  },
  {
    desc: 'a proposal of another validator wakes nobody',
    given: [],
    input: proposal(0, 'v', { from: 'b' }),
    effects: [],
  },
  {
    desc: 'a proposer that is woken alone has a value built, an empty one if nothing is left',
    self: 'a',
    given: [],
    input: work,
    effects: ['timer propose @0', 'build @0'],
  },
  {
    desc: 'on a height that nobody woke nobody proposes',
    self: 'a',
    given: [],
    input: built(0, 'v', 'a'),
    effects: [],
  },
  {
    desc: 'on a height that nobody woke no timeout is heard: propose',
    given: [],
    input: timeout('propose', 0),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'on a height that nobody woke no timeout is heard: precommit',
    given: [],
    input: timeout('precommit', 0),
    effects: [],
    state: { round: 0 },
  },
  {
    desc: 'more work on a height that is awake changes nothing',
    given: [work],
    input: work,
    effects: [],
  },
  {
    desc: 'who was woken alone goes on when the proposal comes after its nil prevote',
    given: [work, timeout('propose', 0), proposal(0, 'v'), ...prevotes('ab', 0, 'v'), prevote('c', 0, 'v')],
    input: valid('v'),
    effects: ['precommit v @0'],
    state: { locked: 'v @0' },
  },
];

describe('idle heights', () => {
  test.each(rows)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  test('woken alone, a node votes nil once and is silent', () => {
    const first = drive(asleep('d'), [work, timeout('propose', 0)]);
    expect(told(first.effects)).toEqual(['timer propose @0', 'prevote nil @0']);
    const later = drive(first.state, [work, timeout('propose', 0), prevote('d', 0, null)]);
    expect(told(later.effects)).toEqual([]);
    expect(seen(later.state)).toMatchObject({ round: 0, step: 'prevote' });
  });
});
