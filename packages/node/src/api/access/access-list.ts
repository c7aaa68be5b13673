// Owns: who has which role at one node, as text: tokens and client certificates by their hashes, each with a name. Does
// not own: where it lies and when it is read again (access-file.ts).
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import { ACCESS_ENTRIES_MAX } from '../../limits.ts';
import { ROLES, type Role } from '../roles.ts';

export interface AccessEntry {
  /** Of a person or a system: it stands in the admin log. */
  readonly name: string;
  readonly role: Role;
  /** A token that is sent, or a client certificate of TLS. */
  readonly kind: 'token' | 'certificate';
  /** Of the token's characters, or of the certificate's DER. */
  readonly sha256: Hex32;
  /** Milliseconds since the epoch; null: it does not expire. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

const KIND = 'consilium-api-access';
const VERSION = 1;
const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
/** Names that the node uses itself. */
const RESERVED: readonly string[] = ['operator', 'anonymous', 'node'];

export function isAccessName(name: string): boolean {
  return NAME.test(name) && !RESERVED.includes(name);
}

export function accessListToText(entries: readonly AccessEntry[]): string {
  return `${JSON.stringify({ kind: KIND, version: VERSION, entries }, null, 2)}\n`;
}

/** Throws `TOKEN_FILE_INVALID` {file, rule}. */
export function accessListFromText(text: string, file: string): readonly AccessEntry[] {
  const refuse = (rule: string): ConsiliumError => new ConsiliumError('TOKEN_FILE_INVALID', { file, rule });
  const raw = parseObject(text);
  if (raw?.['kind'] !== KIND) throw refuse('not a list of tokens');
  if (raw['version'] !== VERSION) throw refuse('version');
  const listed = raw['entries'];
  if (!Array.isArray(listed) || listed.length > ACCESS_ENTRIES_MAX) throw refuse('entries');
  const entries = listed.map(entryOf);
  if (!entries.every((entry) => entry !== undefined)) throw refuse('entry');
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) throw refuse('name twice');
  return entries;
}

function entryOf(raw: unknown): AccessEntry | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { name, role, kind, sha256, createdAt, expiresAt } = raw as Record<string, unknown>;
  if (typeof name !== 'string' || !isAccessName(name)) return undefined;
  const known = ROLES.find((each) => each === role);
  if (known === undefined || (kind !== 'token' && kind !== 'certificate')) return undefined;
  if (!isHexOf(sha256, 32) || !isTime(createdAt)) return undefined;
  if (expiresAt !== null && !isTime(expiresAt)) return undefined;
  return { name, role: known, kind, sha256, createdAt, expiresAt };
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
