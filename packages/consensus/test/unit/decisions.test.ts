import { describe, expect, test } from 'vitest';
import { step } from '../../src/index.ts';
import {
  asleep,
  built,
  commit,
  drive,
  expectedOf,
  inHand,
  invalid,
  lockAt,
  type Name,
  polka,
  precommit,
  precommits,
  prevote,
  proposal,
  type Row,
  runRow,
  timeout,
  told,
  toRound,
  valid,
  value,
  valueId,
  work,
} from '../support/height.ts';

const rows: Row[] = [
  {
    desc: 'Q precommits for a valid value decide it',
    given: [work, ...inHand('v', 'a'), ...precommits('ab', 0, 'v')],
    input: precommit('c', 0, 'v'),
    effects: ['decide v by @0'],
    state: { step: 'decided' },
  },
  {
    desc: 'the own precommit counts when it comes back signed',
    given: [work, proposal(0, 'v'), valid('v'), ...precommits('ab', 0, 'v'), prevote('a', 0, 'v')],
    input: prevote('b', 0, 'v'),
    effects: ['precommit v @0', 'decide v by @0'],
  },
  {
    desc: 'Q precommits of a past round decide',
    given: [...toRound(2), ...inHand('v', 'a'), ...precommits('ab', 0, 'v')],
    input: precommit('c', 0, 'v'),
    effects: ['decide v by @0'],
    state: { round: 2, step: 'decided' },
  },
  {
    desc: 'Q precommits of a later round decide',
    given: [work, ...inHand('v', 'a'), precommit('a', 5, 'v')],
    input: commit('abc', 5, 'v'),
    effects: ['decide v by @5'],
    state: { round: 0, step: 'decided' },
  },
  {
    desc: 'precommits of different rounds for one value do not add up',
    given: [...toRound(2), ...inHand('v', 'a'), ...precommits('ab', 0, 'v')],
    input: precommit('c', 1, 'v'),
    effects: [],
  },
  {
    desc: 'Q precommits for nil decide nothing',
    given: [work, ...precommits('ab', 0, null)],
    input: precommit('c', 0, null),
    effects: ['timer precommit @0'],
  },
  {
    desc: 'Q precommits that are split between a value and nil decide nothing',
    given: [work, ...inHand('v', 'a'), ...precommits('ab', 0, 'v')],
    input: precommit('c', 0, null),
    effects: ['timer precommit @0'],
  },
  {
    desc: 'a decision without having seen the proposal waits for the value: it is fetched',
    given: [...toRound(1), ...precommits('ab', 0, 'v')],
    input: precommit('c', 0, 'v'),
    effects: ['fetch v'],
    state: { step: 'propose' },
  },
  {
    desc: 'a decision whose value was fetched waits for its verdict',
    given: [...toRound(1), ...precommits('abc', 0, 'v')],
    input: value('v', 'a'),
    effects: ['validate v'],
    state: { step: 'propose' },
  },
  {
    desc: 'a decision is made when the fetched value is found valid',
    given: [...toRound(1), ...precommits('abc', 0, 'v'), value('v', 'a')],
    input: valid('v'),
    effects: ['decide v by @0'],
    state: { step: 'decided' },
  },
  {
    desc: 'a value that was proposed but not judged is validated for the decision',
    given: [...toRound(1), proposal(0, 'v'), ...precommits('ab', 0, 'v')],
    input: precommit('c', 0, 'v'),
    effects: ['validate v'],
  },
  {
    desc: 'a fetch is asked for once',
    given: [...toRound(1), ...precommits('abc', 0, 'v')],
    input: precommit('d', 0, 'v'),
    effects: [],
  },
  {
    desc: 'a certificate decides by itself, and wakes the height',
    given: [value('v', 'a'), valid('v')],
    input: commit('abc', 0, 'v'),
    effects: ['timer propose @0', 'decide v by @0'],
  },
  {
    desc: 'Q precommits for a value that is invalid here: diverged',
    given: [work, value('v', 'a'), ...precommits('abc', 0, 'v')],
    input: invalid('v'),
    effects: ['diverged on v @0'],
  },
  {
    desc: 'a polka for a value that is invalid here: diverged',
    given: [work, proposal(0, 'v'), invalid('v'), ...prevoted('ab')],
    input: prevote('c', 0, 'v'),
    effects: ['diverged on v @0'],
  },
];

function prevoted(names: string): Row['given'] {
  return [...names].map((name) => prevote(name as Name, 0, 'v'));
}

const diverged = [work, value('v', 'a'), invalid('v'), ...precommits('abc', 0, 'v')];

describe('decisions', () => {
  test.each(rows)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  test('a decision carries every equal precommit in hand, sorted, and the polkas that were acted on', () => {
    const { effects } = drive(asleep('d'), [
      work,
      ...lockAt(0, 'v'),
      timeout('precommit', 0),
      timeout('precommit', 1),
      polka('abc', 1, 'w'),
      ...inHand('w', 'b'),
      proposal(2, 'w', { validRound: 1 }),
      precommit('c', 2, 'w'),
      precommit('a', 2, 'w'),
      prevote('a', 2, 'w', 1),
      prevote('b', 2, 'w', 1),
    ]);
    const decided = effects.flatMap((effect) => (effect.type === 'decide' ? [effect] : []));
    expect(told(decided)).toEqual(['decide w by @2']);
    expect(decided[0]?.certificate.signatures.map(({ index }) => index)).toEqual([0, 2, 3]);
    expect(decided[0]?.polkas.map(({ round, validRound }) => [round, validRound])).toEqual([
      [0, -1],
      [1, -1],
      [2, 1],
    ]);
  });

  test('after a decision nothing is taken any more', () => {
    const { state } = drive(asleep('d'), [work, ...inHand('v', 'a'), ...precommits('abc', 0, 'v')]);
    for (const input of [
      timeout('precommit', 0),
      prevote('a', 3, null),
      proposal(0, 'w'),
      built(0, 'w', 'd'),
    ]) {
      expect(step(state, input)).toEqual({ state, effects: [] });
    }
  });
});

describe('a node that diverged', () => {
  test.each([
    ['timeoutPropose', timeout('propose', 0)],
    ['timeoutPrevote', timeout('prevote', 0)],
    ['timeoutPrecommit', timeout('precommit', 0)],
    ['a built value', built(0, 'w', 'a')],
    ['a proposal', proposal(0, 'w')],
    ['S votes of a later round', polka('abc', 2, 'w')],
    ['a commit of another value', commit('abc', 1, 'w')],
  ])('signs and decides nothing on %s', (_what, input) => {
    const { state } = drive(asleep('a'), [...diverged, ...inHand('w', 'b')]);
    expect(state.diverged).toEqual({ id: valueId('v'), round: 0 });
    const after = drive(state, [input]);
    expect(told(after.effects).filter((each) => !each.startsWith('accuse'))).toEqual([]);
    expect(after.state.diverged).toEqual(state.diverged);
  });
});
