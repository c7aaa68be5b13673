import type { VoteContent } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Effect, type Input, isLockViolation, type State, startHeight, step } from '../../src/index.ts';
import { asleep, FOUR, type Name, signed, vote } from '../support/height.ts';
import { anyInputs, deepFreeze } from '../support/random-inputs.ts';

const anyName = fc.constantFrom<Name>(...FOUR);

interface Run {
  readonly state: State;
  readonly effects: readonly Effect[];
  /** With the own messages that came back among them: a log of the height. */
  readonly log: readonly Input[];
}

/** Feeds own messages back, as the loop does; `isRefused` answers for the signing record. */
function run(
  start: State,
  inputs: readonly Input[],
  isRefused: (index: number) => boolean = () => false,
): Run {
  const effects: Effect[] = [];
  const log: Input[] = [];
  let state = start;
  for (const input of inputs) {
    const waiting = [input];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      log.push(next);
      const outcome = step(state, next);
      state = outcome.state;
      effects.push(...outcome.effects);
      for (const effect of outcome.effects) {
        if (!isRefused(effects.length)) waiting.push(...signed(state, effect));
      }
    }
  }
  return { state, effects, log };
}

function ownMessages(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'sign') return [];
    const { message } = effect;
    return [`${message.kind === 'vote' ? message.content.type : 'proposal'} @${message.content.round}`];
  });
}

function ownVotes(effects: readonly Effect[]): VoteContent[] {
  return effects.flatMap((effect) =>
    effect.type === 'sign' && effect.message.kind === 'vote' ? [effect.message.content] : [],
  );
}

describe('the step function, whatever comes in', () => {
  test('never throws, and leaves the state and the input as they were', () => {
    fc.assert(
      fc.property(anyName, anyInputs, (self, inputs) => {
        let state = deepFreeze(asleep(self));
        for (const input of inputs) state = deepFreeze(step(state, deepFreeze(input)).state);
      }),
      { numRuns: 300 },
    );
  });

  test('the same state and the same input give the same outcome', () => {
    fc.assert(
      fc.property(anyName, anyInputs, (self, inputs) => {
        let state = asleep(self);
        for (const input of inputs) {
          const outcome = step(state, input);
          expect(step(state, structuredClone(input))).toEqual(outcome);
          expect(step(structuredClone(state), input)).toEqual(outcome);
          state = outcome.state;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('an input that is taken a second time at once changes nothing: not even the state object is new', () => {
    fc.assert(
      fc.property(anyName, anyInputs, (self, inputs) => {
        let state = asleep(self);
        for (const input of inputs) {
          state = step(state, input).state;
          if (input.type === 'timeout') continue;
          const again = step(state, input);
          expect(again.effects).toEqual([]);
          expect(again.state).toBe(state);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a replay of the log gives identical messages, in the same order', () => {
    fc.assert(
      fc.property(anyName, anyInputs, (self, inputs) => {
        const live = run(asleep(self), inputs);
        const replayed: Effect[] = [];
        let state = asleep(self);
        for (const input of live.log) {
          const outcome = step(state, structuredClone(input));
          state = outcome.state;
          replayed.push(...outcome.effects);
        }
        expect(replayed).toEqual(live.effects);
        expect(state).toEqual(live.state);
      }),
      { numRuns: 200 },
    );
  });

  test('a validator signs at most one message per round and type', () => {
    fc.assert(
      fc.property(anyName, anyInputs, fc.nat(4), (self, inputs, period) => {
        const { effects } = run(asleep(self), inputs, (index) => period > 1 && index % period === 0);
        const messages = ownMessages(effects);
        expect(messages).toEqual([...new Set(messages)]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a validator never signs a pair of votes that reads as a lock violation', () => {
    fc.assert(
      fc.property(anyName, anyInputs, fc.nat(4), (self, inputs, period) => {
        const { effects } = run(asleep(self), inputs, (index) => period > 1 && index % period === 0);
        const votes = ownVotes(effects).map((content) => ({ ...vote('prevote', self, 0, null), ...content }));
        for (const precommit of votes.filter(({ type }) => type === 'precommit')) {
          for (const prevote of votes.filter(({ type }) => type === 'prevote')) {
            expect(isLockViolation(precommit, prevote)).toBe(false);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('who is not in the set, or only follows, signs nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom<Name | null>('f', null), anyInputs, (self, inputs) => {
        const config = { ...asleep('a').config, self: asleep(self).config.self };
        expect(ownMessages(run(startHeight(config), inputs).effects)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
