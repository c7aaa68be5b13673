// Owns: the file in which who makes a report says what only they know: the names of people, the addresses of recipients.
// The ledger has neither. Does not own: the reports.
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import { NAME_BOOK_ENTRIES_MAX, NAME_LENGTH_MAX } from '../limits.ts';

export const NAME_BOOK_KIND = 'consilium-names';

export interface NamedAccount {
  readonly name: string;
  /** Where it is known; 45 CFR 164.528(b)(2)(ii) asks for it then. */
  readonly address: string | null;
}

/** By account id: patients, clinicians, institutions. */
export type NameBook = ReadonlyMap<Hex32, NamedAccount>;

/** `{ "kind": "consilium-names", "version": 1, "names": { ACCOUNT: { "name": "...", "address": "..." } } }`. Throws `FILE_INVALID`. */
export function parseNameBook(text: string): NameBook {
  const raw = parsed(text);
  if (raw['kind'] !== NAME_BOOK_KIND || raw['version'] !== 1) throw invalid('kind and version');
  const names = raw['names'];
  if (!isRecord(names)) throw invalid('names');
  const entries = Object.entries(names);
  if (entries.length > NAME_BOOK_ENTRIES_MAX) throw invalid('too many names');
  return new Map(entries.map(([account, value]) => [account, namedAccount(account, value)]));
}

function namedAccount(account: string, value: unknown): NamedAccount {
  if (!isHexOf(account, 32)) throw invalid('account id');
  const { name, address = null, ...others } = isRecord(value) ? value : {};
  if (Object.keys(others).length > 0 || !isText(name)) throw invalid('name');
  if (address !== null && !isText(address)) throw invalid('address');
  return { name, address };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH_MAX;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(text);
    if (isRecord(raw)) return raw;
  } catch {
    // No JSON: refused below.
  }
  throw invalid('JSON object');
}

function invalid(rule: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { rule: `names: ${rule}` });
}
