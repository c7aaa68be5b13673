// Owns: that a process outlives a read of a damaged store long enough to end in order. Does not own: ending it (`failed`).
import { isConsiliumError } from '@consilium/core';

/**
 * A read of a damaged store throws wherever it is asked for. Its node was told of it before and ends by `failed`, with the
 * code; any other error that nobody catches ends the process as ever.
 */
export function outliveDamage(): void {
  process.on('uncaughtException', (error) => {
    if (!isConsiliumError(error, 'STORE_DAMAGED')) throw error;
  });
}
