import { describe, expect, it } from 'vitest';
import { sharingCases } from '../../../core/test/kit/sharing-cases.ts';
import { sodiumGroup } from '../../src/crypto/group-sodium.ts';

describe('the published vectors of the group and of sharing, on libsodium', () => {
  it.each(sharingCases(sodiumGroup))('$name', ({ run, expected }) => {
    expect(run()).toEqual(expected);
  });
});
