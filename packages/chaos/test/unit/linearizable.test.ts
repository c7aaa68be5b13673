import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createConsentStateChecker } from '../../src/checkers/consent-state.ts';
import { type Interval, linearize } from '../../src/checkers/linearizable.ts';
import { createHistory } from '../../src/history/history.ts';
import { type ConsentOperation, type ConsentState, consentStep } from '../../src/history/operations.ts';

const BUDGET = 100_000;

type Given = readonly [kind: 'grant' | 'revoke' | ConsentState, from: number, to: number];

function operationOf(
  [what, invokedMs, respondedMs]: Given,
  given: Partial<ConsentOperation> = {},
): ConsentOperation {
  const common = { key: 'p/0', client: 'c1', invokedMs, respondedMs, outcome: 'ok' as const };
  const done = what === 'grant' || what === 'revoke' ? { kind: what } : { kind: 'read' as const, seen: what };
  return { ...common, ...done, ...given } as ConsentOperation;
}

function judge(operations: readonly ConsentOperation[], stepsMax: number = BUDGET) {
  const history = createHistory();
  const checker = createConsentStateChecker(history, () => operations, { stepsMax });
  checker.ended?.([]);
  const said = history.violations.map(({ checker: by, what }) => `${by}: ${what}`);
  return { said, unknown: history.unknown, judged: checker.judged() };
}

const CLEAN = { said: [], unknown: [], judged: 1 };

describe('The consent state is linearizable', () => {
  test.each<[string, Given[]]>([
    [
      'one client does one thing after another',
      [
        ['absent', 0, 1],
        ['grant', 2, 3],
        ['granted', 4, 5],
        ['revoke', 6, 7],
        ['revoked', 8, 9],
      ],
    ],
    [
      'reads during a grant see either state',
      [
        ['grant', 0, 10],
        ['absent', 1, 2],
        ['granted', 3, 4],
        ['granted', 5, 12],
      ],
    ],
    [
      'a read that began before the revocation ended sees the old state',
      [
        ['grant', 0, 1],
        ['revoke', 2, 10],
        ['granted', 9, 20],
      ],
    ],
    [
      'a revocation is seen before its answer came',
      [
        ['grant', 0, 1],
        ['revoke', 2, 10],
        ['revoked', 3, 4],
        ['revoked', 5, 6],
      ],
    ],
    [
      'times are equal, which is no order',
      [
        ['grant', 0, 5],
        ['absent', 5, 6],
      ],
    ],
  ])('when %s.', (_, given) => {
    expect(judge(given.map((each) => operationOf(each)))).toEqual(CLEAN);
  });

  test.each<[string, Given[], string]>([
    [
      'a read after the answer of a grant does not see it',
      [
        ['grant', 0, 5],
        ['absent', 6, 7],
      ],
      'read of "absent"',
    ],
    [
      'a read after the answer of a revocation sees the old state',
      [
        ['grant', 0, 1],
        ['revoke', 2, 3],
        ['granted', 4, 5],
      ],
      'read of "granted"',
    ],
    [
      'two reads see the states in the wrong order',
      [
        ['grant', 0, 10],
        ['granted', 1, 2],
        ['absent', 3, 4],
      ],
      'read of "absent"',
    ],
    [
      'a consent is granted twice',
      [
        ['grant', 0, 1],
        ['grant', 2, 3],
      ],
      'grant',
    ],
    [
      'a state is seen that nobody made',
      [
        ['grant', 0, 1],
        ['revoked', 2, 3],
      ],
      'read of "revoked"',
    ],
    [
      'a revocation took effect before the grant was asked for',
      [
        ['revoke', 0, 1],
        ['grant', 2, 3],
      ],
      'revoke',
    ],
  ])('not when %s.', (_, given, culprit) => {
    const { said, unknown } = judge(given.map((each) => operationOf(each)));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(`consent-state: consent p/0: no order explains that the ${culprit} by c1`);
    expect(unknown).toEqual([]);
  });

  test('when a write whose fate nobody knows took effect much later, or never.', () => {
    const lost = operationOf(['grant', 0, 1], { outcome: 'info' });
    expect(judge([lost, operationOf(['absent', 5, 6]), operationOf(['granted', 7, 8])])).toEqual(CLEAN);
    expect(judge([lost, operationOf(['absent', 5, 6])])).toEqual(CLEAN);
    expect(judge([lost, operationOf(['granted', 5, 6]), operationOf(['absent', 7, 8])]).said).toHaveLength(1);
    const before = operationOf(['granted', 0, 1]);
    expect(judge([before, operationOf(['grant', 2, 3], { outcome: 'info' })]).said).toHaveLength(1);
  });

  test('only if what was refused was never done.', () => {
    const refused = operationOf(['grant', 0, 1], { outcome: 'fail' });
    expect(judge([refused, operationOf(['absent', 5, 6])])).toEqual(CLEAN);
    expect(judge([refused, operationOf(['granted', 5, 6])]).said).toHaveLength(1);
  });

  test('whatever a read that nobody answered would have seen.', () => {
    expect(judge([operationOf(['granted', 0, 1], { outcome: 'info' })])).toEqual(CLEAN);
  });

  test('for each consent by itself.', () => {
    const other = { key: 'p/1' };
    const operations = [
      operationOf(['grant', 0, 1]),
      operationOf(['absent', 2, 3], other),
      operationOf(['granted', 4, 5]),
    ];
    expect(judge(operations)).toEqual({ ...CLEAN, judged: 2 });
    const { said } = judge([...operations, operationOf(['revoked', 6, 7], other)]);
    expect(said[0]).toContain('consent p/1');
  });

  test('or nobody knows, when the budget ran out: no pass, and no conviction.', () => {
    const operations = [operationOf(['grant', 0, 5]), operationOf(['absent', 6, 7])];
    expect(judge(operations, 1)).toEqual({
      said: [],
      unknown: ['consent p/0: no order of 2 operations found in 1 steps'],
      judged: 1,
    });
  });

  test('as far as there is anything to look at.', () => {
    expect(judge([])).toEqual({ said: [], unknown: [], judged: 0 });
  });
});

interface Drawn {
  readonly kind: 'grant' | 'revoke' | 'read';
  readonly before: number;
  readonly after: number;
  readonly outcome: 'ok' | 'info';
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('grant', 'revoke', 'read', 'read', 'read'),
  before: fc.nat(40),
  after: fc.nat(40),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'info'),
});

/** A run in which each took effect at its own moment, ten milliseconds apart, called some time before and answered after. */
function runOf(draws: readonly Drawn[]): { operations: ConsentOperation[]; states: ConsentState[] } {
  const operations: ConsentOperation[] = [];
  const states: ConsentState[] = ['absent'];
  let state: ConsentState = 'absent';
  for (const [index, { kind, before, after, outcome }] of draws.entries()) {
    const atMs = index * 10;
    const what = kind === 'read' ? state : kind;
    const operation = operationOf([what, atMs - before, atMs + after], { outcome, client: `c${index}` });
    const next = consentStep(state, operation);
    operations.push(next === undefined ? { ...operation, outcome: 'fail' } : operation);
    state = next ?? state;
    states.push(state);
  }
  return { operations, states };
}

describe('A history that was made from a run of one after another', () => {
  test('is accepted, however its operations overlap and in whatever order they are told.', () => {
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (draws, keys) => {
        const { operations } = runOf(draws);
        const shuffled = operations
          .map((each) => ({ each, key: keys.next().value }))
          .toSorted((a, b) => a.key - b.key);
        expect(judge(shuffled.map(({ each }) => each))).toEqual({
          ...CLEAN,
          judged: draws.length > 0 ? 1 : 0,
        });
      }),
      { numRuns: 300 },
    );
  });

  test('is refused once a stale read follows the answer of a later write.', () => {
    fc.assert(
      fc.property(
        fc.array(drawn, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.nat(50),
        (draws, pick, gap) => {
          const { operations, states } = runOf(draws);
          const writes = operations.flatMap(({ kind, outcome }, index) =>
            kind !== 'read' && outcome === 'ok' ? [index] : [],
          );
          fc.pre(writes.length > 0);
          const index = writes[pick % writes.length] ?? 0;
          const fromMs = (operations[index]?.respondedMs ?? 0) + 1 + gap;
          const stale = operationOf([states[index] ?? 'absent', fromMs, fromMs + 5], { client: 'stale' });
          expect(judge([...operations, stale]).said).toHaveLength(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('The search', () => {
  const toggle = {
    initial: '0',
    step: (state: string, [from, to]: string) => (state === from ? to : undefined),
  };
  const intervals = (...given: [string, number, number | undefined][]): Interval<string>[] =>
    given.map(([operation, calledMs, returnedMs]) => ({ operation, calledMs, returnedMs }));

  test('goes back when the first order leads nowhere, and gives the order that it found.', () => {
    const result = linearize(
      intervals(['02', 0, 9], ['01', 1, 9], ['10', 2, 9], ['23', 3, 9]),
      toggle,
      BUDGET,
    );
    expect(result).toMatchObject({ verdict: 'pass', order: ['01', '10', '02', '23'] });
  });

  test('does not try again what led nowhere: a hundred writes without an answer cost steps, not years.', () => {
    const many = Array.from({ length: 100 }, (): [string, number, undefined] => ['00', 0, undefined]);
    const result = linearize(intervals(...many, ['12', 1, 2]), toggle, BUDGET);
    expect(result.verdict).toBe('unknown');
    const few = linearize(intervals(...many.slice(0, 10), ['12', 1, 2]), toggle, BUDGET);
    expect(few).toMatchObject({ verdict: 'fail', stuck: '12' });
    expect(few.steps).toBeLessThan(3_000);
  });

  test('is the same each time.', () => {
    const given = intervals(['02', 0, 9], ['01', 1, 9], ['10', 2, 9], ['24', 3, 9]);
    expect(linearize(given, toggle, BUDGET)).toEqual(linearize(given, toggle, BUDGET));
  });

  test('needs about a step for each operation of a long honest history.', () => {
    const long = Array.from({ length: 5_000 }, (_, index): [string, number, number] => [
      index % 2 === 0 ? '01' : '10',
      index * 10,
      index * 10 + 15,
    ]);
    expect(linearize(intervals(...long), toggle, BUDGET)).toMatchObject({ verdict: 'pass', steps: 5_000 });
  });
});
