import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Effect, type Input, resume, type State, step, type TimeoutKind } from '../../src/index.ts';
import {
  asleep,
  built,
  drive,
  inHand,
  invalid,
  lockAt,
  type Name,
  precommits,
  prevote,
  prevotes,
  proposal,
  tell,
  timeout,
  told,
  toRound,
  value,
  work,
} from '../support/height.ts';
import { anyInputs } from '../support/random-inputs.ts';

interface Case {
  readonly desc: string;
  readonly self?: Name;
  readonly given: readonly Input[];
  readonly effects: readonly string[];
}

const cases: Case[] = [
  { desc: 'an idle height has nothing under way', given: [prevote('a', 0, null)], effects: [] },
  { desc: 'the timer of a proposal starts anew', given: toRound(2), effects: ['timer propose @2'] },
  {
    desc: 'a proposer whose value was not built yet builds',
    self: 'a',
    given: [work],
    effects: ['timer propose @0', 'build @0'],
  },
  {
    desc: 'a proposer whose value was built does not build another',
    self: 'a',
    given: [work, built(0, 'v', 'a')],
    effects: [],
  },
  {
    desc: 'a proposer of a valid value has proposed it already',
    given: [work, ...lockAt(0, 'v'), ...[0, 1, 2].map((round) => timeout('precommit', round))],
    effects: [],
  },
  {
    desc: 'a value without a verdict is validated again',
    given: [work, proposal(0, 'v')],
    effects: ['timer propose @0', 'validate v'],
  },
  {
    desc: 'a value that a quorum names and that is not in hand is fetched again',
    given: [...toRound(1), ...precommits('abc', 0, 'v')],
    effects: ['timer propose @1', 'fetch v'],
  },
  {
    desc: 'a fetched value is not fetched again',
    given: [...toRound(1), ...precommits('abc', 0, 'v'), value('v', 'a')],
    effects: ['timer propose @1', 'validate v'],
  },
  {
    desc: 'the timer of prevotes starts anew if it had started',
    given: [work, timeout('propose', 0), prevote('a', 0, 'v'), prevote('b', 0, 'w')],
    effects: ['timer prevote @0'],
  },
  {
    desc: 'a step prevote without Q prevotes has no timer',
    given: [work, timeout('propose', 0)],
    effects: [],
  },
  {
    desc: 'the timer of precommits starts anew if it had started',
    given: [work, timeout('propose', 0), ...prevotes('ab', 0, null), ...precommits('ab', 0, null)],
    effects: ['timer precommit @0'],
  },
  {
    desc: 'a decided height has nothing under way',
    given: [work, ...inHand('v', 'a'), ...precommits('abc', 0, 'v')],
    effects: [],
  },
  {
    desc: 'a node that diverged says so again, and does nothing else',
    given: [work, value('v', 'a'), invalid('v'), ...precommits('abc', 0, 'v')],
    effects: ['diverged on v @0'],
  },
];

/** What was asked for and not answered yet: the book-keeping of a loop that never crashed. */
function underWay(state: State, asked: readonly Effect[]): string[] {
  if (state.step === 'decided') return [];
  if (state.diverged !== null) return told(asked.filter(({ type }) => type === 'diverged'));
  const open = asked.filter((effect) => {
    if (effect.type === 'validate') return !state.verdicts.has(effect.id);
    if (effect.type === 'fetch') return !state.values.has(effect.id);
    if (effect.type === 'build') return effect.round === state.round && state.step === 'propose';
    return effect.type === 'schedule' && isAwaited(state, effect.kind, effect.round);
  });
  return told(open).sort();
}

function isAwaited(state: State, kind: TimeoutKind, round: number): boolean {
  return round === state.round && (kind === 'precommit' || kind === state.step);
}

/** Timers fire only after they were started, and once; nobody answers what was not asked. */
function isAnswer(input: Input, asked: readonly Effect[]): boolean {
  if (input.type === 'built') return false;
  if (input.type !== 'timeout') return true;
  const { kind, round } = input;
  return asked.some((effect) => effect.type === 'schedule' && effect.kind === kind && effect.round === round);
}

describe('after a replay', () => {
  test.each(cases)('$desc', ({ self, given, effects }) => {
    expect(resume(drive(asleep(self ?? 'd'), given).state).map(tell)).toEqual(effects);
  });

  test('exactly what was under way before goes on, whatever had come in', () => {
    fc.assert(
      fc.property(fc.constantFrom<Name>('a', 'd'), anyInputs, (self, inputs) => {
        let state = asleep(self);
        const asked: Effect[] = [];
        for (const input of inputs) {
          if (!isAnswer(input, asked)) continue;
          const outcome = step(state, input);
          state = outcome.state;
          asked.push(...outcome.effects);
        }
        expect(resume(state).map(tell).sort()).toEqual(underWay(state, asked));
      }),
      { numRuns: 500 },
    );
  });
});
