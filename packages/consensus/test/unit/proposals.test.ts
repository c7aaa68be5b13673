import { describe, expect, test } from 'vitest';
import { type Input, PROPOSAL_ROUNDS_AHEAD_MAX, step } from '../../src/index.ts';
import {
  asleep,
  awake,
  BUILT_AT_MS,
  drive,
  expectedOf,
  HEIGHT,
  idOf,
  invalid,
  known,
  type Name,
  polka,
  prevote,
  prevotes,
  proposal,
  type Row,
  relays,
  runRow,
  told,
  toRound,
  valid,
  valueId,
  work,
} from '../support/height.ts';

/** Parameters: precision 400 ms, delay 4,000 ms and a tenth more each round. */
function arrivingAt(afterMs: number): Input {
  return proposal(0, 'v', { arrivalMs: BUILT_AT_MS + afterMs });
}

const rows: Row[] = [
  {
    desc: 'a fresh, timely proposal of its round is validated first',
    given: [work],
    input: proposal(0, 'v'),
    effects: ['validate v'],
    state: { step: 'propose' },
  },
  {
    desc: 'a fresh proposal that is found valid is prevoted',
    given: [work, proposal(0, 'v')],
    input: valid('v'),
    effects: ['prevote v @0'],
    state: { step: 'prevote' },
  },
  {
    desc: 'a fresh proposal that is found invalid gets prevote nil',
    given: [work, proposal(0, 'v')],
    input: invalid('v'),
    effects: ['prevote nil @0'],
    state: { step: 'prevote' },
  },
  {
    desc: 'the first verdict of a value stays',
    given: [work, proposal(0, 'v'), valid('v'), invalid('v'), prevote('a', 0, 'v')],
    input: prevote('b', 0, 'v'),
    effects: ['precommit v @0'],
  },
  {
    desc: 'a slow but honest block is timely',
    given: [work],
    input: arrivingAt(4_400),
    effects: ['validate v'],
  },
  {
    desc: 'a block that was under way longer than delay and precision is not timely: prevote nil',
    given: [work],
    input: arrivingAt(4_401),
    effects: ['prevote nil @0'],
  },
  {
    desc: 'a block from a clock that is ahead within precision is timely',
    given: [work],
    input: arrivingAt(-400),
    effects: ['validate v'],
  },
  {
    desc: 'a future-dated block is not timely: prevote nil',
    given: [work],
    input: arrivingAt(-401),
    effects: ['prevote nil @0'],
  },
  {
    desc: 'the delay grows with the round, so that a slow network decides at last',
    given: toRound(4),
    input: proposal(4, 'v', { arrivalMs: BUILT_AT_MS + 400 + 5_600 }),
    effects: ['validate v'],
  },
  {
    desc: 'untimely is not invalid: the polka of an untimely block locks it',
    given: [work, arrivingAt(-5_000), ...prevotes('abc', 0, 'v')],
    input: valid('v'),
    effects: ['precommit v @0'],
    state: { locked: 'v @0' },
  },
  {
    desc: 'a proposal with a validRound may be as old as it likes',
    given: [...toRound(1), polka('abc', 0, 'v')],
    input: proposal(1, 'v', { validRound: 0, author: 'a', arrivalMs: BUILT_AT_MS + 60_000 }),
    effects: ['validate v'],
  },
  {
    desc: 'a fresh proposal of a value that somebody else built gets prevote nil',
    given: toRound(1),
    input: proposal(1, 'v', { author: 'a' }),
    effects: ['prevote nil @1'],
  },
  {
    desc: 'a proposal of a non-proposer is not looked at',
    given: [work],
    input: proposal(0, 'v', { from: 'b' }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'a proposal of a non-proposer is not looked at, polka or not',
    given: [...toRound(1), polka('abc', 0, 'v')],
    input: proposal(1, 'v', { from: 'c', validRound: 0 }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'stale proposals of a non-proposer do not keep the real one from being looked at',
    given: [
      ...toRound(1),
      polka('abc', 0, 'v'),
      ...(['u', 'v', 'w'] as const).map((name) => proposal(1, name, { from: 'c', validRound: 0 })),
    ],
    input: proposal(1, 'x'),
    effects: ['validate x'],
  },
  {
    desc: 'a validRound equal to its round is refused, with a polka of that round too',
    given: [work, polka('abc', 0, 'v')],
    input: proposal(0, 'v', { validRound: 0 }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'a validRound above its round is refused',
    given: [...toRound(1), polka('abc', 0, 'v')],
    input: proposal(1, 'v', { validRound: 2 }),
    effects: [],
    state: { step: 'propose' },
  },
  {
    desc: 'an equivocating proposer is accused, and a second value that is valid is prevoted',
    given: [work, proposal(0, 'v')],
    input: proposal(0, 'w'),
    effects: ['accuse a of double-proposal', 'validate w'],
  },
  {
    desc: 'two proposals of one value with different validRounds are an equivocation',
    given: [...toRound(1), proposal(1, 'v')],
    input: proposal(1, 'v', { validRound: 0 }),
    effects: ['accuse b of double-proposal'],
  },
  {
    desc: 'a third proposal of a round is not kept',
    given: [work, proposal(0, 'u'), proposal(0, 'v')],
    input: proposal(0, 'w'),
    effects: [],
  },
  {
    desc: 'the same proposal again is nothing',
    given: [work, proposal(0, 'v')],
    input: proposal(0, 'v'),
    effects: [],
  },
];

describe('proposals', () => {
  test.each(rows)('$desc', (row) => {
    expect(runRow(row)).toEqual(expectedOf(row));
  });

  test('of another height, or beside another value than they name, are not kept', () => {
    const state = awake('d');
    const good = { height: HEIGHT, round: 0, blockId: valueId('v'), validRound: -1 };
    const by = { validator: idOf('a'), signature: idOf('a').repeat(2) };
    const received = { value: known('v', 'a'), arrivalMs: BUILT_AT_MS };
    for (const wrong of [{ height: HEIGHT + 1 }, { height: HEIGHT - 1 }, { blockId: valueId('w') }]) {
      const input: Input = {
        type: 'proposal',
        received: { ...received, proposal: { ...good, ...wrong, ...by } },
      };
      expect(step(state, input)).toEqual({ state, effects: [] });
    }
  });

  test('are relayed when they are seen for the first time, two of a round at most', () => {
    const names = ['u', 'u', 'v', 'w', 'v'] as const;
    const { effects } = drive(
      awake('d'),
      names.map((name) => proposal(0, name)),
    );
    expect(relays(effects).filter((each) => each.includes('propose'))).toEqual([
      'relay a: propose u @0',
      'relay a: propose v @0',
    ]);
  });

  /** Two fresh values of a for each of so many of its rounds from 8 on. */
  function flood(turns: number): Input[] {
    return Array.from({ length: 2 * turns }, (_, index): Input => {
      const round = 4 * (index % turns) + 8;
      const id = `${round.toString(16)}${index < turns ? 'a' : 'b'}`.padStart(64, '0');
      const content = { height: HEIGHT, round, blockId: id, validRound: -1 };
      const proposed = { ...content, validator: idOf('a'), signature: idOf('a').repeat(2) };
      const flooded = { id, author: idOf('a'), time: BUILT_AT_MS };
      return { type: 'proposal', received: { proposal: proposed, value: flooded, arrivalMs: BUILT_AT_MS } };
    });
  }

  test('of later rounds are kept so many rounds ahead, and none again, however often they come', () => {
    const { state } = drive(asleep('d'), [work, proposal(1, 'v'), proposal(0, 'u'), ...flood(300)]);
    expect(Math.max(...state.proposals.keys())).toBe(PROPOSAL_ROUNDS_AHEAD_MAX);
    expect(state.values.size).toBe(2 + 2 * (PROPOSAL_ROUNDS_AHEAD_MAX / 4 - 1));
    for (const input of flood(300)) expect(step(state, input)).toEqual({ state, effects: [] });
  });

  test('of later rounds are kept as many ahead of the next round', () => {
    const { state } = drive(asleep('d'), [...toRound(4), ...flood(300)]);
    expect(Math.max(...state.proposals.keys())).toBe(PROPOSAL_ROUNDS_AHEAD_MAX + 4);
  });

  test('two honest proposers of one height are never an equivocation', () => {
    const { effects } = drive(asleep('d'), [
      ...toRound(1),
      ...(['a', 'b', 'c'] as Name[]).map((name, round) => proposal(round, 'v', { from: name, author: 'a' })),
    ]);
    expect(told(effects).filter((each) => each.startsWith('accuse'))).toEqual([]);
  });
});
