import { describe, expect, test } from 'vitest';
import { addressOverrides } from '../../../src/config/peers.ts';

const NORD = { id: 'aa'.repeat(32), name: 'Nord' };
const LATE_ID = 'bb'.repeat(32);
const ADDRESSES = ['/ip4/10.0.0.1/tcp/4100'];

describe('the addresses that an operator gives for peers', () => {
  test('are for a founder by its name or its id', () => {
    const expected = { byInstitution: { [NORD.id]: ADDRESSES }, unknown: [] };
    expect(addressOverrides({ Nord: ADDRESSES }, [NORD])).toEqual(expected);
    expect(addressOverrides({ [NORD.id]: ADDRESSES }, [NORD])).toEqual(expected);
  });

  test('are for an institution that is admitted later by its id', () => {
    expect(addressOverrides({ [LATE_ID]: ADDRESSES }, [NORD])).toEqual({
      byInstitution: { [LATE_ID]: ADDRESSES },
      unknown: [],
    });
  });

  test('go to an id rather than to a name that looks like it', () => {
    const liar = { id: 'cc'.repeat(32), name: LATE_ID };
    expect(addressOverrides({ [LATE_ID]: ADDRESSES }, [liar]).byInstitution).toEqual({
      [LATE_ID]: ADDRESSES,
    });
  });

  test('name who is not known', () => {
    expect(addressOverrides({ Nrod: ADDRESSES }, [NORD])).toEqual({ byInstitution: {}, unknown: ['Nrod'] });
  });
});
