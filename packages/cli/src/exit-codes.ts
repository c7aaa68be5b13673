// Owns: the exit codes of the command, and which refusal ends with which.
import type { ErrorCode } from '@consilium/core';

export const EXIT = {
  ok: 0,
  failed: 1,
  /** Degraded, behind, or not known yet: the same again later may end otherwise. */
  unknown: 2,
  unreachable: 3,
  usage: 64,
  /** The fault kit itself broke. */
  broken: 70,
  configuration: 78,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  API_BUSY: EXIT.unknown,
  API_STOPPING: EXIT.unknown,
  CUSTODY_BUSY: EXIT.unknown,
  CUSTODY_NOT_READY: EXIT.unknown,
  CUSTODY_PACKAGE_MISSING: EXIT.unknown,
  CUSTODY_RECEIPTS_MISSING: EXIT.unknown,
  CUSTODY_SHARES_MISSING: EXIT.unknown,
  CUSTODY_STALE: EXIT.unknown,
  RATE_LIMITED: EXIT.unknown,
  READ_UNSETTLED: EXIT.unknown,
  STALE: EXIT.unknown,
  TX_QUOTA_EXCEEDED: EXIT.unknown,
  TX_STATE_UNKNOWN: EXIT.unknown,
  TX_WAIT_TIMEOUT: EXIT.unknown,
  DEVNET_NOT_RUNNING: EXIT.unreachable,
  NODE_ANSWER_INVALID: EXIT.unreachable,
  NODE_NOT_RUNNING: EXIT.unreachable,
  NODE_UNREACHABLE: EXIT.unreachable,
  QUORUM_UNREACHABLE: EXIT.unreachable,
  USAGE_INVALID: EXIT.usage,
  SCENARIO_INVALID: EXIT.usage,
  CHAOS_RUN_INVALID: EXIT.usage,
  CHAOS_BROKEN: EXIT.broken,
  API_EXPOSED: EXIT.configuration,
  API_TLS_INVALID: EXIT.configuration,
  CARD_INVALID: EXIT.configuration,
  CONFIG_INVALID: EXIT.configuration,
  CONFIG_KEY_UNKNOWN: EXIT.configuration,
  CONFIG_MALFORMED: EXIT.configuration,
  CONFIGURATION_INVALID: EXIT.configuration,
  DEVELOPMENT_KEY: EXIT.configuration,
  DEVNET_FOLDER_INVALID: EXIT.configuration,
  DEVNET_MISMATCH: EXIT.configuration,
  FILE_EXISTS: EXIT.configuration,
  FILE_INVALID: EXIT.configuration,
  FILE_MISSING: EXIT.configuration,
  FILE_TOO_LARGE: EXIT.configuration,
  FILE_UNREADABLE: EXIT.configuration,
  GENESIS_INVALID: EXIT.configuration,
  GENESIS_MISMATCH: EXIT.configuration,
  HOME_MISSING: EXIT.configuration,
  KEY_FILE_ENCRYPTED: EXIT.configuration,
  KEY_FILE_MALFORMED: EXIT.configuration,
  KEY_FILE_MISSING: EXIT.configuration,
  KEY_FILE_MODE: EXIT.configuration,
  KEY_FILE_PLAIN: EXIT.configuration,
  KEY_NOT_FOUND: EXIT.configuration,
  LISTEN_FAILED: EXIT.configuration,
  PASSPHRASE_INVALID: EXIT.configuration,
  PASSPHRASE_WRONG: EXIT.configuration,
  PORT_IN_USE: EXIT.configuration,
  TOKEN_FILE_INVALID: EXIT.configuration,
  TOKEN_IN_CLEAR: EXIT.configuration,
};

export function exitCodeOf(code: ErrorCode): number {
  return BY_CODE[code] ?? EXIT.failed;
}
