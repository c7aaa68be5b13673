import { describe, expect, test } from 'vitest';
import { STRATEGIES } from '../../src/byzantine/strategies.ts';
import { FAULTS } from '../../src/faults/catalogue.ts';
import { SIM_INJECTORS } from '../../src/sim-world/world.ts';

/** Not played by a hand on the wires of agreement: two machines; what custodians say. */
const ELSEWHERE = ['twin', 'false-shares', 'release-without-permit'];

const LISTED = FAULTS.filter((entry) => entry.class === 'byzantine' && entry.sim === true).map(
  ({ name }) => name,
);

describe('The table of strategies', () => {
  test('has every Byzantine fault of the catalogue that is available, and no other.', () => {
    expect([...STRATEGIES.keys(), ...ELSEWHERE].sort()).toEqual([...LISTED].sort());
  });

  test('The simulator can do every one of them.', () => {
    const names: readonly string[] = Object.keys(SIM_INJECTORS);
    expect(LISTED.filter((name) => !names.includes(name))).toEqual([]);
  });
});
