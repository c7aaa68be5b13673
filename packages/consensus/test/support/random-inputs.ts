// Arbitrary inputs of one height, sane and absurd, and states that cannot be written to.
import fc from 'fast-check';
import type { Input } from '../../src/index.ts';
import {
  built,
  commit,
  FOUR,
  invalid,
  type Name,
  polka,
  precommit,
  prevote,
  proposal,
  timeout,
  type ValueName,
  valid,
  value,
  work,
} from './height.ts';

const VALUES: readonly ValueName[] = ['u', 'v', 'w', 'x'];
const names = fc.constantFrom<Name>(...FOUR);
const values = fc.constantFrom<ValueName>(...VALUES);
const orNil = fc.option(values, { freq: 4 });
const rounds = fc.oneof({ weight: 8, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(40) });
const validRounds = fc.oneof(fc.constant(-1), fc.nat(3));
const kinds = fc.constantFrom('propose', 'prevote', 'precommit');
const quorums = fc.constantFrom('abc', 'abd', 'acd', 'bcd', 'abcd');

/** Nothing here is honest but what the state itself signs. */
export const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(work) },
  {
    weight: 8,
    arbitrary: fc
      .record({
        round: rounds,
        value: values,
        validRound: validRounds,
        from: names,
        author: names,
        late: fc.nat(9),
      })
      .map(({ round, value: name, late, ...rest }) =>
        proposal(round, name, { ...rest, arrivalMs: 1_000_000 + late * 1_000 }),
      ),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(rounds, values, validRounds)
      .map(([round, name, validRound]) => proposal(round, name, { validRound })),
  },
  {
    weight: 16,
    arbitrary: fc
      .tuple(names, rounds, orNil, validRounds)
      .map(([name, round, each, validRound]) => prevote(name, round, each, validRound)),
  },
  {
    weight: 12,
    arbitrary: fc.tuple(names, rounds, orNil).map(([name, round, each]) => precommit(name, round, each)),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(quorums, rounds, orNil, validRounds)
      .map(([quorum, round, each, validRound]) => polka(quorum, round, each, validRound)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(quorums, rounds, values).map(([quorum, ...rest]) => commit(quorum, ...rest)),
  },
  { weight: 10, arbitrary: fc.tuple(kinds, rounds).map(([kind, round]) => timeout(kind, round)) },
  { weight: 4, arbitrary: fc.tuple(rounds, values, names).map(([...args]) => built(...args)) },
  { weight: 3, arbitrary: fc.tuple(values, names).map(([...args]) => value(...args)) },
  { weight: 8, arbitrary: values.map(valid) },
  { weight: 1, arbitrary: values.map(invalid) },
);

const disorder: fc.Arbitrary<Input[]> = fc.array(anyInput, { maxLength: 80, size: 'max' });

/** What can happen in round r, in some order, when two values are about; then the round ends. */
function oneRound(round: number): fc.Arbitrary<Input[]> {
  const two = fc.constantFrom<ValueName>('v', 'w');
  const earlier = fc.integer({ min: -1, max: round - 1 });
  const pieces: fc.Arbitrary<Input>[] = [
    fc
      .tuple(two, earlier, names)
      .map(([name, validRound, author]) => proposal(round, name, { validRound, author })),
    fc.tuple(two, earlier).map(([name, validRound]) => proposal(round, name, { validRound })),
    fc.tuple(quorums, two, earlier).map(([quorum, name, of]) => polka(quorum, round, name, of)),
    fc.tuple(quorums, two, earlier).map(([quorum, name, of]) => polka(quorum, round, name, of)),
    fc.tuple(names, two).map(([author, name]) => built(round, name, author)),
    fc.constant(timeout('propose', round)),
    fc.constant(timeout('prevote', round)),
    two.map(valid),
    two.map(valid),
  ];
  return fc
    .tuple(...pieces)
    .chain((inputs) => fc.shuffledSubarray(inputs, { minLength: 4 }))
    .map((inputs) => [...inputs, timeout('precommit', round)]);
}

/** Rounds one after the other, in which locks are made and moved. */
const rounded: fc.Arbitrary<Input[]> = fc
  .tuple(...[0, 1, 2, 3, 4, 5].map(oneRound))
  .map((parts) => [work, ...parts.flat()]);

export const anyInputs: fc.Arbitrary<Input[]> = fc.oneof(disorder, rounded);

const frozen = new WeakSet<object>();

/** Freezes objects and arrays, and makes maps and sets refuse to be written. */
export function deepFreeze<T>(root: T): T {
  if (typeof root !== 'object' || root === null || frozen.has(root)) return root;
  frozen.add(root);
  if (root instanceof Map) {
    for (const [key, each] of root) deepFreeze([key, each]);
    refuseWrites(root, ['set', 'delete', 'clear']);
  } else if (root instanceof Set) {
    for (const each of root) deepFreeze(each);
    refuseWrites(root, ['add', 'delete', 'clear']);
  } else {
    for (const each of Object.values(root)) deepFreeze(each);
  }
  Object.freeze(root);
  return root;
}

function refuseWrites(target: object, methods: readonly string[]): void {
  for (const method of methods) {
    Object.defineProperty(target, method, {
      value: () => {
        throw new Error(`invariant: ${method} on a frozen collection`);
      },
    });
  }
}
