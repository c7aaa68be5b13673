import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../src/byzantine/strategies.ts';
import { FAULTS, isStrategy } from '../../src/faults/catalogue.ts';

/** Not played by a hand on the wires of agreement: two machines; what custodians do. */
const ELSEWHERE = ['twin', 'false-shares', 'release-without-permit'];

describe('The table of strategies', () => {
  test('has every Byzantine fault of the catalogue that is available, and no other.', () => {
    const listed = FAULTS.filter((entry) => isStrategy(entry) && entry.sim === true).map(({ name }) => name);
    const played = [...STRATEGIES.keys()];
    expect(listed.filter((name) => !ELSEWHERE.includes(name)).sort()).toEqual(
      played.filter((name) => !ELSEWHERE.includes(name)).sort(),
    );
  });
});
