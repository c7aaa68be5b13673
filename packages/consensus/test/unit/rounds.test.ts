import { describe, expect, test } from 'vitest';
import { type Effect, type Input, step } from '../../src/index.ts';
import {
  asleep,
  awake,
  built,
  drive,
  expectedOf,
  inHand,
  lockAt,
  type Name,
  precommit,
  precommits,
  prevote,
  prevotes,
  proposal,
  type Row,
  runRow,
  seen,
  timeout,
  told,
  toRound,
  work,
} from '../support/height.ts';

const beginning: Row[] = [
  {
    desc: 'a round begins with its timer',
    given: [],
    input: work,
    effects: ['timer propose @0'],
    state: { round: 0, step: 'propose' },
  },
  {
    desc: 'the proposer of the round has a value built',
    self: 'a',
    given: [],
    input: work,
    effects: ['timer propose @0', 'build @0'],
  },
  {
    desc: 'the built value is proposed, and prevoted by who built it',
    self: 'a',
    given: [work],
    input: built(0, 'v', 'a'),
    effects: ['propose v @0', 'prevote v @0'],
    state: { step: 'prevote' },
  },
  {
    desc: 'a value that is built after the proposer gave its round up is dropped',
    self: 'a',
    given: [work, timeout('propose', 0)],
    input: built(0, 'v', 'a'),
    effects: [],
  },
  {
    desc: 'a value that is built after the round is dropped',
    self: 'a',
    given: toRound(1),
    input: built(0, 'v', 'a'),
    effects: [],
  },
  {
    desc: 'a second value for one round is dropped',
    self: 'a',
    given: [work, built(0, 'v', 'a')],
    input: built(0, 'w', 'a'),
    effects: [],
  },
  {
    desc: 'a built value is dropped by who is not the proposer',
    given: [work],
    input: built(0, 'v', 'd'),
    effects: [],
  },
];

const timeouts: Row[] = [
  {
    desc: 'timeoutPropose without a proposal: prevote nil',
    given: [work],
    input: timeout('propose', 0),
    effects: ['prevote nil @0'],
    state: { step: 'prevote' },
  },
  {
    desc: 'timeoutPropose after the prevote is nothing',
    given: [work, proposal(0, 'v', { time: 1 })],
    input: timeout('propose', 0),
    effects: [],
  },
  {
    desc: 'timeoutPrevote without a polka: precommit nil',
    given: [work, timeout('propose', 0)],
    input: timeout('prevote', 0),
    effects: ['precommit nil @0'],
    state: { step: 'precommit' },
  },
  {
    desc: 'timeoutPrevote after the precommit is nothing',
    given: [work, ...lockAt(0, 'v')],
    input: timeout('prevote', 0),
    effects: [],
    state: { locked: 'v @0' },
  },
  {
    desc: 'timeoutPrecommit ends the round',
    given: [work, timeout('propose', 0), timeout('prevote', 0)],
    input: timeout('precommit', 0),
    effects: ['timer propose @1'],
    state: { round: 1, step: 'propose' },
  },
  ...(['propose', 'prevote', 'precommit'] as const).flatMap((kind): Row[] => [
    {
      desc: `timeouts of old rounds are ignored: ${kind}`,
      given: [...toRound(2), timeout('propose', 2)],
      input: timeout(kind, 1),
      effects: [],
      state: { round: 2, step: 'prevote' },
    },
    {
      desc: `timeouts of rounds that have not begun are ignored: ${kind}`,
      given: [...toRound(2), timeout('propose', 2)],
      input: timeout(kind, 3),
      effects: [],
      state: { round: 2, step: 'prevote' },
    },
  ]),
];

const quorumsOfAnyMix: Row[] = [
  {
    desc: 'Q prevotes of any mix start timeoutPrevote',
    given: [work, timeout('propose', 0), prevote('a', 0, 'v')],
    input: prevote('b', 0, 'w'),
    effects: ['timer prevote @0'],
  },
  {
    desc: 'timeoutPrevote starts once in a round',
    given: [work, timeout('propose', 0), prevote('a', 0, 'v'), prevote('b', 0, 'w')],
    input: prevote('c', 0, 'v'),
    effects: [],
  },
  {
    desc: 'timeoutPrevote does not start in step propose',
    given: [work, prevote('a', 0, 'v'), prevote('b', 0, 'w')],
    input: prevote('c', 0, null),
    effects: [],
  },
  {
    desc: 'timeoutPrevote starts on reaching step prevote when the prevotes are there already',
    given: [work, prevote('a', 0, 'v'), prevote('b', 0, 'w')],
    input: timeout('propose', 0),
    effects: ['prevote nil @0', 'timer prevote @0'],
  },
  {
    desc: 'who signs two prevotes counts once in a mix',
    given: [work, timeout('propose', 0), prevote('a', 0, 'v')],
    input: prevote('a', 0, 'w'),
    effects: ['accuse a of double-vote'],
  },
  {
    desc: 'the precommit timer runs from any step: propose',
    given: [work, ...precommits('ab', 0, null)],
    input: precommit('c', 0, 'v'),
    effects: ['timer precommit @0'],
    state: { step: 'propose' },
  },
  {
    desc: 'the precommit timer runs from any step: prevote',
    given: [work, timeout('propose', 0), ...precommits('ab', 0, null)],
    input: precommit('c', 0, 'v'),
    effects: ['timer precommit @0'],
    state: { step: 'prevote' },
  },
  {
    desc: 'the precommit timer runs from any step: precommit',
    given: [work, timeout('propose', 0), timeout('prevote', 0), precommit('a', 0, null)],
    input: precommit('b', 0, 'v'),
    effects: ['timer precommit @0'],
    state: { step: 'precommit' },
  },
  {
    desc: 'the precommit timer starts once in a round',
    given: [work, ...precommits('abc', 0, null)],
    input: precommit('a', 0, 'v'),
    effects: ['accuse a of double-vote'],
  },
];

const skips: Row[] = [
  {
    desc: 'S messages of one later round, two of four, skip to it',
    given: [work, prevote('a', 2, null)],
    input: precommit('b', 2, 'v'),
    effects: ['timer propose @2'],
    state: { round: 2, step: 'propose' },
  },
  {
    desc: 'one sender of a later round is not S',
    given: [work],
    input: prevote('a', 2, null),
    effects: [],
    state: { round: 0 },
  },
  {
    desc: 'a sender counts once, whatever it sent of the later round',
    given: [work, prevote('c', 2, 'v'), proposal(2, 'v')],
    input: precommit('c', 2, null),
    effects: [],
    state: { round: 0 },
  },
  {
    desc: 'the proposal of a later round is a message of it',
    given: [work, proposal(2, 'v', { time: 1 })],
    input: prevote('a', 2, null),
    effects: ['timer propose @2', 'prevote nil @2'],
    state: { round: 2 },
  },
  {
    desc: 'senders of different later rounds are not S of one',
    given: [work, prevote('a', 2, null)],
    input: prevote('b', 4, null),
    effects: [],
    state: { round: 0 },
  },
  {
    desc: 'messages of earlier rounds skip nowhere',
    given: [...toRound(3), prevote('a', 2, null)],
    input: prevote('b', 2, null),
    effects: [],
    state: { round: 3 },
  },
  {
    desc: 'a skip keeps the lock, and the proposer of the new round proposes what is valid',
    given: [work, ...lockAt(0, 'v'), prevote('a', 3, null)],
    input: prevote('b', 3, null),
    effects: [
      'timer propose @3',
      'propose v @3 of @0 with polka @0',
      'prevote v @3 of @0',
      'timer prevote @3',
    ],
    state: { round: 3, locked: 'v @0' },
  },
  {
    desc: 'a proposal that came early is looked at when its round begins',
    given: [work, proposal(1, 'v')],
    input: timeout('precommit', 0),
    effects: ['timer propose @1', 'validate v'],
  },
  {
    desc: 'a proposal that came early and is judged already is prevoted when its round begins',
    given: [work, ...inHand('v', 'b'), proposal(1, 'v')],
    input: timeout('precommit', 0),
    effects: ['timer propose @1', 'prevote v @1'],
  },
];

describe('how a round begins', () => {
  test.each(beginning)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });
});

describe('timeouts', () => {
  test.each(timeouts)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });
});

describe('quorums of any mix', () => {
  test.each(quorumsOfAnyMix)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });
});

describe('skipping rounds', () => {
  test.each(skips)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  const six: Name[] = ['a', 'b', 'c', 'd', 'e', 'f'];

  test('exactly one third is not S: of six, three skip and two do not', () => {
    const two = drive(awake('f', six), prevotes('ab', 1, null));
    expect(seen(two.state).round).toBe(0);
    expect(seen(drive(two.state, [prevote('c', 1, null)]).state).round).toBe(1);
  });

  test('exactly two thirds are not Q: of six, five start a timer and four do not', () => {
    const four = drive(awake('f', six), precommits('abcd', 0, null));
    expect(told(four.effects)).toEqual([]);
    expect(told(drive(four.state, [precommit('e', 0, null)]).effects)).toEqual(['timer precommit @0']);
  });
});

describe('timers and answers', () => {
  function lengths(effects: readonly Effect[]): number[] {
    return effects.flatMap((effect) => (effect.type === 'schedule' ? [effect.delayMs] : []));
  }

  test('wait longer with each round by the same step, up to their cap', () => {
    const passing = Array.from({ length: 40 }, (_, round) => timeout('precommit', round));
    const { effects } = drive(asleep('d'), [work, ...passing]);
    const waits = lengths(effects);
    expect(waits.slice(0, 3)).toEqual([1_500, 2_000, 2_500]);
    expect(waits.slice(26, 29)).toEqual([14_500, 15_000, 15_000]);
    expect(waits.at(-1)).toBe(15_000);
  });

  test('of prevotes and precommits take their own parameters', () => {
    const inputs: Input[] = [
      ...toRound(2),
      timeout('propose', 2),
      ...prevotes('ab', 2, 'v'),
      ...precommits('abc', 2, 'w'),
    ];
    expect(lengths(drive(asleep('d'), inputs).effects).slice(-2)).toEqual([1_000, 1_000]);
  });

  test('a fresh value is asked for with bounds that halve each round', () => {
    const bounds = [0, 4, 8].map((round) => {
      const { effects } = drive(asleep('a'), toRound(round));
      return effects.filter((effect) => effect.type === 'build').at(-1);
    });
    expect(bounds).toEqual([
      { type: 'build', round: 0, txsMax: 2_000, txBytesMax: 2_097_152 },
      { type: 'build', round: 4, txsMax: 125, txBytesMax: 131_072 },
      { type: 'build', round: 8, txsMax: 7, txBytesMax: 8_192 },
    ]);
  });

  test('a second value for one round is dropped while the first is still being signed', () => {
    const first = step(awake('a'), built(0, 'v', 'a'));
    expect(told(first.effects)).toEqual(['propose v @0']);
    expect(step(first.state, built(0, 'w', 'a'))).toEqual({ state: first.state, effects: [] });
  });

  test('the own vote is counted only when it comes back signed', () => {
    const before = drive(asleep('d'), [work, ...prevotes('ab', 0, null)]).state;
    const unsigned = step(before, timeout('propose', 0));
    expect(told(unsigned.effects)).toEqual(['prevote nil @0']);
    expect(seen(unsigned.state).step).toBe('prevote');
    expect(told(step(unsigned.state, prevote('d', 0, null)).effects)).toEqual(['precommit nil @0']);
  });
});
