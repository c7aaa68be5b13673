// Owns: the exit codes of the command, and which refusal ends with which.
import type { ErrorCode } from '@consilium/sdk';

export const EXIT = {
  ok: 0,
  failed: 1,
  /** Degraded, behind, or not known yet: the same again later may end otherwise. */
  unknown: 2,
  unreachable: 3,
  usage: 64,
  configuration: 78,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  API_BUSY: EXIT.unknown,
  API_STOPPING: EXIT.unknown,
  RATE_LIMITED: EXIT.unknown,
  READ_UNSETTLED: EXIT.unknown,
  STALE: EXIT.unknown,
  TX_QUOTA_EXCEEDED: EXIT.unknown,
  TX_STATE_UNKNOWN: EXIT.unknown,
  TX_WAIT_TIMEOUT: EXIT.unknown,
  NODE_ANSWER_INVALID: EXIT.unreachable,
  NODE_UNREACHABLE: EXIT.unreachable,
  QUORUM_UNREACHABLE: EXIT.unreachable,
  USAGE_INVALID: EXIT.usage,
  CONFIGURATION_INVALID: EXIT.configuration,
  FILE_INVALID: EXIT.configuration,
  FILE_UNREADABLE: EXIT.configuration,
  GENESIS_INVALID: EXIT.configuration,
};

export function exitCodeOf(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.failed;
}
