// Owns: what each failure of LevelDB is called here. Does not own: what the daemon does about it.
import { ConsiliumError, type ErrorCode } from '@consilium/core';

const CODES: Readonly<Record<string, ErrorCode>> = {
  LEVEL_LOCKED: 'STORE_LOCKED',
  LEVEL_CORRUPTION: 'STORE_DAMAGED',
};

/** The coded form of whatever LevelDB threw: the innermost cause names what happened. Without paths. */
export function storeError(thrown: unknown): ConsiliumError {
  if (thrown instanceof ConsiliumError) return thrown;
  const error = innermost(thrown);
  // LevelDB hands on the system's words, not its error number; its synchronous reads give no code at all.
  const words = String(error['message']);
  if (/no space left|quota exceeded/i.test(words)) return new ConsiliumError('DISK_FULL');
  const fallback = words.startsWith('IO error') ? 'LEVEL_IO_ERROR' : 'UNKNOWN';
  const cause = typeof error['code'] === 'string' ? error['code'] : fallback;
  return new ConsiliumError(CODES[cause] ?? 'STORE_FAILED', { cause });
}

function innermost(thrown: unknown): Record<string, unknown> {
  if (typeof thrown !== 'object' || thrown === null) return {};
  const error = thrown as Record<string, unknown>;
  return typeof error['cause'] === 'object' && error['cause'] !== null ? innermost(error['cause']) : error;
}
