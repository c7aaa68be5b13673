import { describe, expect, test } from 'vitest';
import { DEVNET_INJECTORS } from '../../src/devnet-world/world.ts';
import { FAULTS } from '../../src/faults/catalogue.ts';

describe('The devnet', () => {
  test('can do every fault that the catalogue says it can, and no other', () => {
    const promised = FAULTS.filter(({ devnet }) => devnet === true).map(({ name }) => name);
    expect(Object.keys(DEVNET_INJECTORS).sort()).toEqual(promised.sort());
  });
});
