// Owns: reading one line of NDJSON, as an institution's system writes it, into an entry: names become codes, the detail
// becomes a salted digest. Does not own: keeping entries, or the detail, which stays in the system that it came from.
import {
  AUDIT_ACTIONS,
  type AuditAction,
  type AuditActor,
  auditDetailDigest,
  ConsiliumError,
  concat,
  domainTag,
  fromHex,
  type Hex32,
  isHexOf,
  PURPOSES,
  type Purpose,
  toHex,
  utf8,
} from '@consilium/core';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { AUDIT_LINE_LENGTH_MAX, SALT_BYTES } from '../limits.ts';
import type { RandomBytes } from '../random.ts';
import type { WaitingEntry } from './waiting.ts';

export interface EntryInputDeps {
  /** 32 bytes of this institution: under it a local user name becomes a code. */
  readonly actorSecret: Hex32;
  readonly random: RandomBytes;
  /** The pseudonym of a patient as the institution knows it; undefined when it has none. */
  readonly pseudonymOf: (local: string) => Hex32 | undefined;
}

const FIELDS: readonly string[] = [
  'id',
  'time',
  'patient',
  'actor',
  'account',
  'action',
  'purpose',
  'detail',
];

/**
 * `{"id"?, "time", "patient", "actor" | "account", "action", "purpose", "detail"?}`. Throws `VALUE_INVALID` with the field, never
 * with what stands in it.
 */
export function parseEntryInput(line: string, deps: EntryInputDeps): WaitingEntry {
  if (line.length > AUDIT_LINE_LENGTH_MAX) throw refuse('line', 'too long');
  const raw = parseLine(line);
  const unknown = Object.keys(raw).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw refuse('line', 'an unknown field');
  const salt = toHex(deps.random(SALT_BYTES));
  return {
    time: timeOf(raw['time']),
    patient: patientOf(raw['patient'], deps),
    actor: actorOf(raw, deps),
    action: actionOf(raw['action']),
    purpose: purposeOf(raw['purpose']),
    detail: auditDetailDigest(salt, auditDetailBytes(raw['detail'])),
    salt,
    key: keyOf(raw['id'], deps),
  };
}

/** What the digest of a detail is over: text as UTF-8, any other value as its JSON, nothing when there is none. */
export function auditDetailBytes(detail: unknown): Uint8Array {
  if (detail === undefined) return new Uint8Array(0);
  const text = typeof detail === 'string' ? detail : JSON.stringify(detail);
  if (!text.isWellFormed()) throw refuse('detail', 'not well-formed text');
  return utf8(text);
}

/** The same name is the same code, at this institution only. */
export function auditActorCode(secret: Hex32, name: string): string {
  return codeOf('consilium/audit-actor/v1', secret, name);
}

/** First 16 bytes (as hex) of HMAC-SHA256(secret, domain || name). */
function codeOf(domain: string, secret: Hex32, name: string): string {
  return toHex(hmac(sha256, fromHex(secret), concat(domainTag(domain), utf8(name))).subarray(0, 16));
}

function keyOf(raw: unknown, { actorSecret }: EntryInputDeps): string | null {
  if (raw === undefined) return null;
  if (typeof raw !== 'string' || raw === '' || !raw.isWellFormed())
    throw refuse('id', 'a text that is not empty');
  return codeOf('consilium/audit-key/v1', actorSecret, raw);
}

function refuse(field: string, rule: string): ConsiliumError {
  return new ConsiliumError('VALUE_INVALID', { field, rule }, `${field}: ${rule}`);
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const raw: unknown = JSON.parse(line);
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw))
      return raw as Readonly<Record<string, unknown>>;
  } catch {
    // Refused below.
  }
  throw refuse('line', 'not a JSON object');
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})$/;

function timeOf(raw: unknown): number {
  const ms = typeof raw === 'string' && ISO_TIME.test(raw) ? Date.parse(raw) : raw;
  if (!Number.isSafeInteger(ms) || (ms as number) < 0)
    throw refuse('time', 'ISO 8601 with its offset, or milliseconds since the epoch');
  return ms as number;
}

function patientOf(raw: unknown, { pseudonymOf }: EntryInputDeps): Hex32 {
  if (typeof raw !== 'string') throw refuse('patient', 'missing');
  const patient = isHexOf(raw, 32) ? raw : pseudonymOf(raw);
  if (patient === undefined) throw refuse('patient', 'neither a pseudonym nor a patient of the register');
  return patient;
}

function actorOf(raw: Readonly<Record<string, unknown>>, { actorSecret }: EntryInputDeps): AuditActor {
  const { actor, account } = raw;
  if ((actor === undefined) === (account === undefined))
    throw refuse('actor', 'either a local user or an account of the ledger');
  if (account !== undefined) {
    if (!isHexOf(account, 32)) throw refuse('account', '64 lower-case hex digits');
    return { type: 'account', id: account };
  }
  if (typeof actor !== 'string' || actor === '' || !actor.isWellFormed()) throw refuse('actor', 'a name');
  return { type: 'code', code: auditActorCode(actorSecret, actor) };
}

function actionOf(raw: unknown): AuditAction {
  const action = AUDIT_ACTIONS.find((each) => each === raw);
  if (action === undefined) throw refuse('action', `one of ${AUDIT_ACTIONS.join(' ')}`);
  return action;
}

function purposeOf(raw: unknown): Purpose {
  const purpose = PURPOSES.find((each) => each === raw);
  if (purpose === undefined) throw refuse('purpose', `one of ${PURPOSES.join(' ')}`);
  return purpose;
}
