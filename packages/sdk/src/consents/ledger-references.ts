// Owns: FHIR references that name accounts, groups and records by their ids on the ledger, written and read: what a consent
// is exported with, and what any hospital can import without a table of its own. Does not own: other references.
import { INDEX_MAX, isHexOf } from '@consilium/core';
import type { GroupPlace, ReferencesIn, ReferencesOut } from './plain-terms.ts';

const ACCOUNT = 'urn:consilium:account|';
const GROUP = 'urn:consilium:group|';
const RECORD = 'urn:consilium:record|';

/** `urn:consilium:account|ID`, `urn:consilium:group|INSTITUTION/INDEX`, `urn:consilium:record|ID`. */
export const ledgerReferencesOut: ReferencesOut = {
  account: (id) => ACCOUNT + id,
  group: ({ institution, index }) => `${GROUP}${institution}/${index}`,
  record: (first) => RECORD + first,
};

/** Those, and a literal reference whose id is an account's: `Organization/ID`, `Practitioner/ID`. */
export const ledgerReferencesIn: ReferencesIn = {
  account: (reference) =>
    idAfter(reference, ACCOUNT) ?? /^(?:Organization|Practitioner)\/([0-9a-f]{64})$/.exec(reference)?.[1],
  group: groupOf,
  record: (reference) => idAfter(reference, RECORD),
};

function idAfter(reference: string, prefix: string): string | undefined {
  const id = reference.slice(prefix.length);
  return reference.startsWith(prefix) && isHexOf(id, 32) ? id : undefined;
}

function groupOf(reference: string): GroupPlace | undefined {
  if (!reference.startsWith(GROUP)) return undefined;
  const [institution, place = '', ...more] = reference.slice(GROUP.length).split('/');
  const index = /^(?:0|[1-9]\d*)$/.test(place) ? Number(place) : Number.NaN;
  if (more.length > 0 || !isHexOf(institution, 32) || !(index <= INDEX_MAX)) return undefined;
  return { institution, index };
}
