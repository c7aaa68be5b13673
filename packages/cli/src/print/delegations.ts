// Owns: a delegation as one plain sentence. Does not own: what it lets do (core's ledger).
import type { DelegationScope, DelegationTerms } from '@consilium/core';
import type { NameOf } from '@consilium/sdk';
import { time } from './text.ts';

/** In the order in which they are told. */
const SCOPE_WORDS: readonly (readonly [DelegationScope, string])[] = [
  ['read', 'open records'],
  ['consent', 'grant and revoke consents'],
  ['audit', 'read who looked'],
];

/** "account 3f2a… of Birs may open records and grant and revoke consents for the patient, as proxy, from ... until ..." */
export function delegationSentence(
  { delegate, kind, scopes, period }: DelegationTerms,
  names: NameOf,
): string {
  const who = names(delegate) ?? `account ${delegate.slice(0, 8)}…`;
  const what = SCOPE_WORDS.filter(([scope]) => scopes.includes(scope))
    .map(([, words]) => words)
    .join(', ');
  return `${who} may ${what} for the patient, as ${kind}, from ${time(period.from)} until ${time(period.until)}`;
}
