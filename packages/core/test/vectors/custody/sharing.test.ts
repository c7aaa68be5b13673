import { describe, expect, it } from 'vitest';
import { nobleGroup } from '../../../src/index.ts';
import { sharingCases } from '../../kit/sharing-cases.ts';

describe('the published vectors of the group and of sharing, on the engine of core', () => {
  it.each(sharingCases(nobleGroup))('$name', ({ run, expected }) => {
    expect(run()).toEqual(expected);
  });
});
