// Owns: a ledger's state in memory that holds what a conformance case tells: who asks, the record, the consents, the policy.
// References become accounts by their text. Does not own: the decision (core), the form of a case (case-file.ts).
import {
  ACCOUNTS,
  type Account,
  CONSENTS,
  type ConsentTerms,
  CREDENTIALS,
  createOverlay,
  encode,
  GROUPS,
  type Hex32,
  hashHex,
  INSTITUTIONS,
  type Overlay,
  POLICY,
  RECORDS,
  STANDING_CONSENTS,
  type Table,
  utf8,
} from '@consilium/core';
import type { TagKey } from '../../actions.ts';
import { protectionOf } from '../../records/protection.ts';
import { recordTags } from '../../records/tags.ts';
import type { ReferencesIn } from '../plain-terms.ts';
import { type CaseRequest, type CaseResource, type ConsentCase, isInstitution } from './case-file.ts';

export const CASE_TAG_KEY: TagKey = { tagSecret: '5c'.repeat(32), tagGeneration: 1 };

const SALT = '00'.repeat(16);
const NOBODY = 'Organization/somewhere-else';

export function idOf(kind: 'account' | 'record', reference: string): Hex32 {
  return hashHex(utf8(`consent case ${kind} ${reference}`));
}

const GROUP_OWNER = idOf('account', 'Organization/that-names-groups');

/** Every reference means somebody: a group by its place among all that the case has named so far. */
export function createReferences(): ReferencesIn & { readonly groups: ReadonlyMap<string, number> } {
  const groups = new Map<string, number>();
  return {
    groups,
    account: (reference) => idOf('account', reference),
    record: (reference) => idOf('record', reference),
    group: (reference) => {
      const index = groups.get(reference) ?? groups.size;
      groups.set(reference, index);
      return { institution: GROUP_OWNER, index };
    },
  };
}

export interface CaseConsent {
  /** Reference of the patient. */
  readonly patient: string;
  readonly terms: ConsentTerms;
}

export interface CaseWorld {
  readonly state: Overlay;
  readonly patient: Hex32;
  readonly reader: Hex32;
  readonly record: Hex32;
}

export function createCaseWorld(
  { policy, request, resource }: ConsentCase,
  patient: string,
  consents: readonly CaseConsent[],
  groups: ReadonlyMap<string, number>,
): CaseWorld {
  const state = createOverlay({ get: () => undefined });
  const reader = readerOf(request, patient);
  put(state, POLICY, [], policy);
  putActor(state, request, reader);
  for (const [reference, index] of groups) {
    const members = request.groups.includes(reference) ? [reader] : [];
    put(state, GROUPS, [GROUP_OWNER, index], { members, height: 1, salt: SALT });
  }
  putConsents(state, consents);
  const record = putRecord(state, request, resource, patient);
  return { state, patient: idOf('account', patient), reader, record };
}

function put<K extends readonly unknown[], V>(state: Overlay, into: Table<K, V>, key: K, row: V): void {
  state.put(into.number, into.keyOf(...key), encode(into.shape, row));
}

function putAccount(
  state: Overlay,
  id: Hex32,
  account: Pick<Account, 'kind' | 'institution' | 'credential'>,
): void {
  put(state, ACCOUNTS, [id], { ...account, key: id, previousKey: null, encryptionKey: null, salt: SALT });
}

function putInstitution(state: Overlay, id: Hex32): void {
  putAccount(state, id, { kind: 'institution', institution: id, credential: null });
  put(state, INSTITUTIONS, [id], {
    name: id.slice(0, 16),
    validatorKey: id,
    networkKey: id,
    custodyKey: id,
    addresses: [],
    status: 'active',
    membership: 1,
    admittedHeight: 0,
    removedHeight: null,
  });
}

/** A case need not repeat the patient's reference for the patient who asks. */
function readerOf({ actor, kind }: CaseRequest, patient: string): Hex32 {
  const isPatient = kind === 'patient' && !isPatientReference(actor);
  return idOf('account', isPatient ? patient : actor);
}

const isPatientReference = (reference: string): boolean => /(?:^|\/)Patient\//.test(reference);

function institutionOf({ actor, kind, institution }: CaseRequest): Hex32 {
  return idOf('account', kind === 'institution' ? actor : (institution ?? `Organization/of ${actor}`));
}

function putActor(state: Overlay, request: CaseRequest, id: Hex32): void {
  const { kind, role, emergencyPrivilege } = request;
  const institution = institutionOf(request);
  putInstitution(state, institution);
  if (kind === 'institution') return;
  if (role === null) {
    putAccount(state, id, { kind: 'patient', institution, credential: null });
    return;
  }
  putAccount(state, id, { kind: 'clinician', institution, credential: 0 });
  put(state, CREDENTIALS, [institution, 0], {
    clinician: id,
    role,
    speciality: null,
    emergency: emergencyPrivilege,
    membership: 1,
    issuedHeight: 1,
    issuedTime: 0,
    withdrawnHeight: null,
    withdrawnTime: null,
    salt: SALT,
  });
}

/** Each in its own patient's list. */
function putConsents(state: Overlay, consents: readonly CaseConsent[]): void {
  for (const [patient, own] of Map.groupBy(consents, (each) => idOf('account', each.patient))) {
    for (const [index, { terms }] of own.entries())
      put(state, CONSENTS, [patient, index], {
        ...terms,
        grantedBy: patient,
        grantedHeight: 1,
        grantedTime: 0,
        revokedBy: null,
        revokedHeight: null,
        revokedTime: null,
        salt: SALT,
      });
    put(state, STANDING_CONSENTS, [patient], { indexes: [...own.keys()], salt: SALT });
  }
}

/** A person that wrote it did so at an institution of its own, unless it is the one that asks. */
function putRecord(state: Overlay, request: CaseRequest, resource: CaseResource, patient: string): Hex32 {
  const { id, category, confidentiality, month, author: reference, emergency } = resource;
  const written = reference ?? NOBODY;
  const writer = idOf('account', written);
  const employer =
    written === request.actor ? institutionOf(request) : idOf('account', `Organization/of ${written}`);
  const protection = protectionOf({ labels: resource.labels });
  const record = idOf('record', id);
  put(state, RECORDS, [record], {
    patient: idOf('account', patient),
    author: isInstitution(written) ? writer : employer,
    writer,
    batch: record,
    position: 0,
    index: 0,
    version: 1,
    first: record,
    amends: null,
    amendedBy: null,
    retractedHeight: null,
    erasedHeight: null,
    height: 1,
    time: 0,
    salt: SALT,
    confidentiality: confidentiality ?? protection.confidentiality,
    emergency,
    month,
    effects: protection.effects,
    tags: recordTags(CASE_TAG_KEY, { category, labels: protection.labels }, padding()),
    tagGeneration: CASE_TAG_KEY.tagGeneration,
  });
  return record;
}

/** The same for every case, and no tag of any word. */
function padding(): (length: number) => Uint8Array {
  let next = 0;
  return (length) => {
    next += 1;
    return new Uint8Array(length).fill(next);
  };
}
