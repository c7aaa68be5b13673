import { describe, expect, test } from 'vitest';
import { type Input, LATER_ROUNDS_PER_SENDER_MAX, type State, step } from '../../src/index.ts';
import {
  asleep,
  awake,
  commit,
  drive,
  expectedOf,
  HEIGHT,
  idOf,
  inHand,
  type Name,
  polka,
  precommit,
  precommits,
  prevote,
  prevotes,
  proposal,
  type Row,
  relays,
  runRow,
  seen,
  timeout,
  told,
  toRound,
  valid,
  value,
  vote,
  work,
} from '../support/height.ts';

const rows: Row[] = [
  {
    desc: 'a vote for the value after another of its sender counts for the value',
    given: [work, proposal(0, 'v'), valid('v'), prevote('a', 0, 'v'), prevote('b', 0, 'w')],
    input: prevote('b', 0, 'v'),
    effects: ['accuse b of double-vote', 'precommit v @0'],
  },
  {
    desc: 'a vote for the value before another of its sender counts for the value',
    given: [work, proposal(0, 'v'), valid('v'), prevote('b', 0, 'v'), prevote('b', 0, 'w')],
    input: prevote('a', 0, 'v'),
    effects: ['precommit v @0'],
  },
  {
    desc: 'a third vote counts when it names a proposal in hand',
    given: [work, proposal(0, 'v'), valid('v'), prevote('a', 0, 'v'), ...votesOf('b', ['u', 'w'])],
    input: prevote('b', 0, 'v'),
    effects: ['precommit v @0'],
  },
  {
    desc: 'a third vote for a value that nobody proposed is not kept',
    given: [work, timeout('propose', 0), prevote('a', 0, 'v'), ...votesOf('b', ['u', 'w'])],
    input: prevote('b', 0, 'v'),
    effects: [],
  },
  {
    desc: 'a third precommit counts for a value that was proposed again with its validRound',
    given: [
      ...toRound(1),
      polka('abc', 0, 'v'),
      ...inHand('v', 'a'),
      proposal(1, 'v', { validRound: 0, author: 'a' }),
      ...precommits('ac', 1, 'v'),
      precommit('b', 1, 'u'),
      precommit('b', 1, 'w'),
    ],
    input: precommit('b', 1, 'v'),
    effects: ['decide v by @1'],
  },
  {
    desc: 'a third vote counts when it comes inside a certificate',
    given: [
      work,
      timeout('propose', 0),
      value('v', 'a'),
      ...votesOf('b', ['u', 'w']),
      ...prevotes('a', 0, 'v'),
    ],
    input: polka('abc', 0, 'v'),
    effects: ['validate v'],
  },
  {
    desc: 'an equivocating prevote that hides a polka does not hide it from a certificate',
    given: [work, proposal(0, 'v'), valid('v'), prevote('a', 0, 'v'), ...votesOf('c', [null, 'u'])],
    input: polka('acd', 0, 'v'),
    effects: ['precommit v @0'],
    state: { locked: 'v @0' },
  },
  {
    desc: 'a certificate of precommits decides whatever else its signers signed',
    given: [work, ...inHand('v', 'a'), ...(['a', 'b'] as Name[]).map((name) => precommit(name, 0, null))],
    input: commit('abc', 0, 'v'),
    effects: ['accuse a of double-vote', 'accuse b of double-vote', 'decide v by @0'],
  },
];

function votesOf(name: Name, values: readonly ('u' | 'v' | 'w' | null)[]): Input[] {
  return values.map((each) => prevote(name, 0, each));
}

function votesKept(state: State, name: Name): number {
  return [...state.votes.values()].reduce(
    (sum, { prevote: prevoted, precommit: precommitted }) =>
      sum + (prevoted.get(idOf(name))?.length ?? 0) + (precommitted.get(idOf(name))?.length ?? 0),
    0,
  );
}

describe('votes', () => {
  test.each(rows)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  test.each<[string, Partial<ReturnType<typeof vote>>]>([
    ['of another height', { height: HEIGHT + 1 }],
    ['of who is not in the set', { validator: idOf('e') }],
    ['whose validRound is its round', { round: 1, validRound: 1 }],
    ['whose validRound is above its round', { round: 1, validRound: 2 }],
    ['for nil with a validRound', { round: 1, validRound: 0, blockId: null }],
    ['to precommit with a validRound', { round: 1, validRound: 0, type: 'precommit' }],
  ])('%s are not kept', (_what, wrong) => {
    const state = awake('d');
    const input: Input = { type: 'vote', vote: { ...vote('prevote', 'a', 0, 'v'), ...wrong } };
    expect(step(state, input)).toEqual({ state, effects: [] });
  });

  test('a certificate of another height is not kept', () => {
    const state = awake('d');
    const { certificate } = polka('abc', 0, 'v') as Extract<Input, { type: 'certificate' }>;
    const input: Input = { type: 'certificate', certificate: { ...certificate, height: HEIGHT + 1 } };
    expect(step(state, input)).toEqual({ state, effects: [] });
  });

  test('are relayed when they are seen for the first time, two of one sender, round and type at most', () => {
    const inputs = [
      proposal(0, 'v'),
      ...votesOf('b', ['u', 'u', 'w', 'v', 'u']),
      ...precommits('bb', 0, null),
    ];
    expect(relays(drive(awake('d'), inputs).effects)).toEqual([
      'relay a: propose v @0',
      'relay b: prevote u @0',
      'relay b: prevote w @0',
      'relay b: precommit nil @0',
    ]);
  });

  test('the own vote is relayed like any other when it comes back signed', () => {
    const { effects } = drive(awake('d'), [timeout('propose', 0)]);
    expect(relays(effects)).toEqual(['relay d: prevote nil @0']);
  });

  test('of a certificate are relayed as the certificate, once', () => {
    const { effects } = drive(awake('d'), [polka('abc', 0, 'v'), polka('abc', 0, 'v')]);
    expect(relays(effects)).toEqual(['relay certificate: prevote v @0']);
  });
});

describe('memory', () => {
  /** Every kind of vote for made-up values, in rounds up to `rounds`. */
  function flood(name: Name, rounds: number): Input[] {
    return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
      (['u', 'v', 'w', 'x', null] as const).flatMap((each) => [
        prevote(name, round, each),
        precommit(name, round, each),
        ...(each !== null && round > 0 ? [prevote(name, round, each, round - 1)] : []),
      ]),
    );
  }

  test('holds two votes of one sender for each round and type at most, when they name no proposal', () => {
    const { state } = drive(awake('d'), flood('a', 1));
    expect(votesKept(state, 'a')).toBe(4);
  });

  test('holds one vote for each type of a later round, and the highest eight rounds of one sender', () => {
    const { state } = drive(awake('d'), flood('a', 500));
    const later = [...state.votes.keys()].filter((round) => round > 0);
    expect(later).toHaveLength(LATER_ROUNDS_PER_SENDER_MAX);
    expect(Math.max(...later)).toBe(499);
    expect(votesKept(state, 'a')).toBe(4 + 2 * LATER_ROUNDS_PER_SENDER_MAX);
  });

  test('holds the highest eight rounds whatever the order that they come in', () => {
    const { state } = drive(awake('d'), flood('a', 100).reverse());
    const later = [...state.votes.keys()].filter((round) => round > 0);
    expect(later.sort((a, b) => a - b)).toEqual([92, 93, 94, 95, 96, 97, 98, 99]);
  });

  test('a flood of one sender does not hide the others: their votes of a later round skip to it', () => {
    const { state } = drive(awake('d'), [...flood('a', 500), prevote('b', 3, null)]);
    const skipped = drive(state, [prevote('c', 3, null)]);
    expect(told(skipped.effects)[0]).toBe('timer propose @3');
    expect(seen(skipped.state).round).toBe(3);
  });

  test('a flood of one sender does not hide its own highest round', () => {
    const { state } = drive(awake('d'), flood('a', 500));
    expect(seen(drive(state, [prevote('b', 499, null)]).state).round).toBe(499);
  });

  test('a certificate of a later round is kept as a whole, beside a flood of its signers', () => {
    const { state } = drive(asleep('d'), [work, ...flood('a', 500), ...flood('b', 3), polka('abc', 2, 'v')]);
    expect(state.votes.get(2)?.quorums.prevote.map(({ blockId }) => blockId?.[0])).toEqual(['2']);
  });
});
