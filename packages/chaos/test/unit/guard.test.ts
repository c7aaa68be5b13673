import { ConsiliumError } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { guarded } from '../../src/commands/guard.ts';

function failing(error: unknown) {
  return guarded(async () => {
    throw error;
  })();
}

describe('A command of the kit', () => {
  test('that breaks says so, and its end is no verdict', async () => {
    await expect(failing(new TypeError('x is undefined'))).rejects.toMatchObject({
      code: 'CHAOS_BROKEN',
      data: { error: 'x is undefined', place: expect.stringContaining('guard.test.ts') },
    });
    await expect(failing(new ConsiliumError('DEVNET_NOT_READY'))).rejects.toMatchObject({
      code: 'CHAOS_BROKEN',
      data: { error: expect.stringContaining('DEVNET_NOT_READY') },
    });
  });

  test('that is used wrongly says what is wrong', async () => {
    await expect(failing(new ConsiliumError('SCENARIO_INVALID'))).rejects.toMatchObject({
      code: 'SCENARIO_INVALID',
    });
  });

  test('that is stopped knows nothing', async () => {
    expect(await failing(new ConsiliumError('INTERRUPTED'))).toMatchObject({ exitCode: 2 });
  });
});
