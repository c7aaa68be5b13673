// Owns: what each failure of the file system is called here.
import { ConsiliumError } from '@consilium/core';

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];

/** The system's short name of what went wrong (`EIO`, `EACCES`, ...). */
export function errnoOf(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** `DISK_FULL` or `DISK_FAILED` {errno, file}; a coded error stays what it is. */
export function diskError(thrown: unknown, file: string): ConsiliumError {
  if (thrown instanceof ConsiliumError) return thrown;
  const errno = errnoOf(thrown);
  return new ConsiliumError(FULL.includes(errno) ? 'DISK_FULL' : 'DISK_FAILED', { errno, file });
}
