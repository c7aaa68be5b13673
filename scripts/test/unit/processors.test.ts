import { expect, test } from 'vitest';
import { processorsOf } from '../../trials/attacks/processors.ts';

test.each([
  [' 0,1\n', [0, 1]],
  ['3', [3]],
  ['0-2,5,7-8', [0, 1, 2, 5, 7, 8]],
])('the processors %s are read', (list, processors) => {
  expect(processorsOf(list)).toEqual(processors);
});
