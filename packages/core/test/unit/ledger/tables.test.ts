import { expect, it } from 'vitest';
import * as tables from '../../../src/ledger/tables.ts';

it('gives every table of the state a number of its own', () => {
  const numbers = Object.values(tables).flatMap((each) =>
    typeof each === 'object' && 'keyOf' in each ? each.number : [],
  );
  expect(numbers.length).toBeGreaterThan(40);
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
});
