// Owns: refusals as application/problem+json: which code has which HTTP status, and what a client is told. Never a
// stack, never a payload. Does not own: the codes (core's errors.ts).
import { ConsiliumError, type ErrorCode, type ErrorData } from '@consilium/core';
import { RETRY_AFTER_BUSY_S } from './limits.ts';

/** RFC 9457, with Consilium's `code` and `data`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly data: ErrorData;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** A refusal on its way to the client. `retryAfterMs` becomes the header Retry-After. */
export class ApiRefusal extends ConsiliumError {
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, data: ErrorData = {}, detail?: string, retryAfterMs?: number) {
    // An answer to a client: where in the code it was made tells nothing, and costs more than the rest of a refusal.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(code, data, detail);
    Error.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = {
  ENCODING_INVALID: 400,
  ENCODING_TOO_LARGE: 413,
  REQUEST_INVALID: 400,
  TX_ACTION_MALFORMED: 400,
  TX_NETWORK_MISMATCH: 400,
  API_TOKEN_INVALID: 401,
  API_TOKEN_REQUIRED: 401,
  API_CERTIFICATE_UNKNOWN: 403,
  API_ROLE_MISSING: 403,
  HOST_REFUSED: 403,
  TX_ACCOUNT_UNKNOWN: 403,
  TX_KEY_ROTATED: 403,
  TX_NOT_PERMITTED: 403,
  TX_SIGNATURE_INVALID: 403,
  ACCOUNT_NOT_FOUND: 404,
  BLOCK_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  BLOCK_PRUNED: 410,
  CHAIN_EMPTY: 409,
  SNAPSHOT_NONE: 409,
  STALE: 409,
  TX_DUPLICATE: 409,
  MEDIA_TYPE_UNSUPPORTED: 415,
  MEMPOOL_FULL: 429,
  RATE_LIMITED: 429,
  TX_QUOTA_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  STORE_DAMAGED: 500,
  DISK_FAILED: 500,
  STORE_FAILED: 500,
  API_BUSY: 503,
  API_STOPPING: 503,
  CUSTODY_BUSY: 503,
  CUSTODY_STALE: 503,
  DISK_FULL: 503,
  TX_WAIT_TIMEOUT: 504,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What is not named: a refusal is the ledger's, of a well-formed request; anything else is this node's fault. */
function statusOf(error: ConsiliumError): number {
  return STATUS_BY_CODE[error.code] ?? (error instanceof ApiRefusal ? 422 : 500);
}

export function problemOf(error: ConsiliumError): Problem {
  const status = statusOf(error);
  const title = TITLES[status] ?? 'Error';
  const { code, data, message: detail } = error;
  return { type: `urn:consilium:error:${code}`, title, status, code, detail, data };
}

/** Whole seconds, at least 1; undefined when a retry does not depend on time. */
export function retryAfterSeconds(error: ConsiliumError): number | undefined {
  if (error instanceof ApiRefusal && error.retryAfterMs !== undefined)
    return Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  const status = statusOf(error);
  return status === 429 || status === 503 ? RETRY_AFTER_BUSY_S : undefined;
}
