// Owns: the questions a person asks of the ledger, each as reading code over its tables. They run over proven rows only
// (reading.ts), so that a list comes with the proof of its length and nothing can be left out.
import {
  ACCOUNTS,
  type Account,
  ANCHOR_ROOTS,
  ANCHORS,
  type Anchor,
  CHANGE_PROPOSALS,
  type ChangeProposal,
  CONSENTS,
  type Consent,
  type ConsentState,
  CREDENTIALS,
  type Credential,
  type CredentialState,
  consentState,
  credentialState,
  EVIDENCE,
  type EvidenceRecord,
  type Hex32,
  INSTITUTION_NAMES,
  INSTITUTIONS,
  type Institution,
  type ListName,
  listCount,
  OPEN_PROPOSALS,
  readRow,
  type StateReader,
  type Table,
  VALIDATOR_SETS,
} from '@consilium/core';
import { LIST_PAGE_MAX } from '../limits.ts';
import type { AsOf } from './reading.ts';

/** Which part of a gapless list: from this index, at most so many rows (bounded by `LIST_PAGE_MAX`). */
export interface ListPart {
  readonly from?: number;
  readonly limit?: number;
}

export interface ListPage<T> {
  /** Rows of the whole list. */
  readonly count: number;
  readonly items: readonly T[];
  /** Where the next part begins; null at the end. */
  readonly next: number | null;
}

export interface AccountView extends Account {
  readonly id: Hex32;
}

export interface InstitutionView extends Institution {
  readonly id: Hex32;
}

export interface ValidatorView extends InstitutionView {
  /** `joining` and `leaving` decide from, and until just before, the second height after the decision. */
  readonly standing: 'validator' | 'joining' | 'leaving';
}

export interface ProposalView extends ChangeProposal {
  readonly id: Hex32;
}

export interface CredentialView extends Credential {
  readonly index: number;
  readonly state: CredentialState;
}

export interface ConsentView extends Consent {
  readonly index: number;
  /** At the time of the block that the answer is of. */
  readonly state: ConsentState;
}

export interface AnchorView extends Anchor {
  readonly institution: Hex32;
  readonly index: number;
}

export interface EvidenceView extends EvidenceRecord {
  readonly index: number;
}

/** null: proven that there is none. */
export function readAccount(state: StateReader, id: Hex32): AccountView | null {
  const account = readRow(state, ACCOUNTS, id);
  return account === undefined ? null : { id, ...account };
}

export function readInstitution(state: StateReader, id: Hex32): InstitutionView | null {
  const institution = readRow(state, INSTITUTIONS, id);
  return institution === undefined ? null : { id, ...institution };
}

export function readInstitutionNamed(state: StateReader, name: string): InstitutionView | null {
  const id = readRow(state, INSTITUTION_NAMES, name);
  return id === undefined ? null : readInstitution(state, id);
}

/** The members of the sets of the next two heights, sorted by id. */
export function readValidators(state: StateReader): readonly ValidatorView[] {
  const next = (readRow(state, VALIDATOR_SETS, 'next') ?? []).map(({ id }) => id);
  const after = (readRow(state, VALIDATOR_SETS, 'afterNext') ?? []).map(({ id }) => id);
  const standingOf = (id: Hex32): ValidatorView['standing'] => {
    if (!next.includes(id)) return 'joining';
    return after.includes(id) ? 'validator' : 'leaving';
  };
  const ids = [...new Set([...next, ...after])].sort();
  return present(ids.map((id) => readInstitution(state, id))).map((institution) => ({
    ...institution,
    standing: standingOf(institution.id),
  }));
}

/** The set changes that can still be approved, in the order of opening. */
export function readProposals(state: StateReader, asOf: AsOf): readonly ProposalView[] {
  const open = (readRow(state, OPEN_PROPOSALS) ?? []).filter(({ lastHeight }) => lastHeight > asOf.height);
  return present(
    open.map(({ id }) => {
      const proposal = readRow(state, CHANGE_PROPOSALS, id);
      return proposal === undefined ? null : { id, ...proposal };
    }),
  );
}

export function readCredentials(
  state: StateReader,
  institution: Hex32,
  part: ListPart,
): ListPage<CredentialView> {
  const issuer = readRow(state, INSTITUTIONS, institution);
  return mapPage(readList(state, 'credentials', CREDENTIALS, institution, part), (credential) => ({
    ...credential,
    state: issuer === undefined ? 'institution-removed' : credentialState(credential, issuer),
  }));
}

export function readConsents(
  state: StateReader,
  asOf: AsOf,
  patient: Hex32,
  part: ListPart,
): ListPage<ConsentView> {
  return mapPage(readList(state, 'consents', CONSENTS, patient, part), (consent) => ({
    ...consent,
    state: consentState(consent, asOf.time),
  }));
}

export function readAnchors(state: StateReader, institution: Hex32, part: ListPart): ListPage<AnchorView> {
  return mapPage(readList(state, 'anchors', ANCHORS, institution, part), (anchor) => ({
    ...anchor,
    institution,
  }));
}

export function readAnchor(state: StateReader, institution: Hex32, root: Hex32): AnchorView | null {
  const index = readRow(state, ANCHOR_ROOTS, institution, root);
  if (index === undefined) return null;
  const anchor = readRow(state, ANCHORS, institution, index);
  return anchor === undefined ? null : { ...anchor, institution, index };
}

export function readEvidence(state: StateReader, part: ListPart): ListPage<EvidenceView> {
  const count = listCount(state, 'evidence', null);
  return pageOf(count, part, (index) => readRow(state, EVIDENCE, index));
}

export function readList<T>(
  state: StateReader,
  name: ListName,
  table: Table<[owner: Hex32, index: number], T>,
  owner: Hex32,
  part: ListPart,
): ListPage<T & { readonly index: number }> {
  return pageOf(listCount(state, name, owner), part, (index) => readRow(state, table, owner, index));
}

export function pageOf<T>(
  count: number,
  { from = 0, limit = LIST_PAGE_MAX }: ListPart,
  rowAt: (index: number) => T | undefined,
  limitMax: number = LIST_PAGE_MAX,
): ListPage<T & { readonly index: number }> {
  const end = Math.min(count, from + Math.min(limit, limitMax));
  const items: (T & { readonly index: number })[] = [];
  for (let index = from; index < end; index += 1) {
    const row = rowAt(index);
    if (row !== undefined) items.push({ ...row, index });
  }
  return { count, items, next: end < count ? end : null };
}

function mapPage<T, U>(page: ListPage<T>, map: (item: T) => U): ListPage<U> {
  return { ...page, items: page.items.map(map) };
}

function present<T>(values: readonly (T | null)[]): readonly T[] {
  return values.filter((value) => value !== null);
}
