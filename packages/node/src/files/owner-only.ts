// Owns: that a secret on the disk is for its owner only.
import { ConsiliumError } from '@consilium/core';

/** Throws `KEY_FILE_MODE` when group or others have any right to it. */
export function checkOwnerOnly(file: string, mode: number): void {
  if ((mode & 0o077) !== 0) {
    throw new ConsiliumError('KEY_FILE_MODE', { file, mode: mode.toString(8).padStart(4, '0') });
  }
}
