// Owns: what a consent, a group and a delegation hold, as data with their shapes. Does not own: what they decide
// (consent-rules.ts, decision.ts), by which rules they change (consent.ts, groups.ts, delegations.ts).
import type { Hex32 } from '../bytes.ts';
import { flag, hex16, hex32, list, nullable, oneOf, type Shape, struct, variants } from '../codec.ts';
import {
  AGREEMENT_TERMS_MAX,
  CONSENT_ACTORS_MAX,
  CONSENT_EXCEPTIONS_MAX,
  CONSENT_RECORDS_MAX,
  CONSENT_TAGS_MAX,
  GROUP_MEMBERS_MAX,
} from '../limits.ts';
import {
  type ClinicianRole,
  clinicianRoleShape,
  codeShape,
  type Purpose,
  purposeShape,
  setOf,
} from './codes.ts';
import { CONFIDENTIALITY_LEVELS, type Confidentiality } from './record-rows.ts';
import {
  type ConsentPeriod,
  consentPeriodShape,
  type DataPeriod,
  dataPeriodShape,
  heightFrom0,
  indexShape,
  tagGenerationShape,
  timeMs,
} from './rows.ts';

/** Whom a rule speaks of. An institution's account stands for all whom it credentials. */
export type ActorRef =
  | { readonly type: 'account'; readonly id: Hex32 }
  | { readonly type: 'role'; readonly role: ClinicianRole }
  | { readonly type: 'group'; readonly institution: Hex32; readonly index: number };

const actorRefShape: Shape<ActorRef> = variants<ActorRef>({
  account: struct<Extract<ActorRef, { type: 'account' }>>({ type: oneOf('account'), id: hex32 }),
  role: struct<Extract<ActorRef, { type: 'role' }>>({ type: oneOf('role'), role: clinicianRoleShape }),
  group: struct<Extract<ActorRef, { type: 'group' }>>({
    type: oneOf('group'),
    institution: hex32,
    index: indexShape,
  }),
});

/**
 * Conditions of one provision: different ones must all hold, of the values of one any; an empty list and null demand
 * nothing. Tags are 16 keyed bytes each; the ledger compares them and knows no meaning.
 */
export interface ConsentRule {
  readonly actors: readonly ActorRef[];
  readonly purposes: readonly Purpose[];
  readonly categories: readonly string[];
  /** A high-water mark; with `labels` one condition, of which one value must hold. */
  readonly confidentiality: Confidentiality | null;
  /** Tags of sensitivity labels. */
  readonly labels: readonly string[];
  /** Months of the data, first and last. */
  readonly dataPeriod: DataPeriod | null;
  /** First versions of records. */
  readonly records: readonly Hex32[];
  /** Institutions or accounts that wrote the record. */
  readonly authors: readonly Hex32[];
}

/** Demands nothing, in whatever words actors are named. */
export const OPEN_RULE: Omit<ConsentRule, 'actors'> & { readonly actors: readonly never[] } = {
  actors: [],
  purposes: [],
  categories: [],
  confidentiality: null,
  labels: [],
  dataPeriod: null,
  records: [],
  authors: [],
};

/** A provision inside the root: what it speaks of is decided the other way. */
export interface ConsentException extends ConsentRule {
  readonly period: ConsentPeriod | null;
}

/** Under which a researcher or a payer may use records, and the salted digests of the terms, each accepted by itself. */
export interface DataUseAgreement {
  /** Project or claim. */
  readonly project: string;
  readonly terms: readonly Hex32[];
}

export interface ConsentTerms {
  /** What the root decides. */
  readonly decision: 'permit' | 'deny';
  readonly period: ConsentPeriod;
  readonly rule: ConsentRule;
  readonly exceptions: readonly ConsentException[];
  /** An authorization of psychotherapy notes and of nothing else (45 CFR 164.508(a)(2), (b)(3)(ii)). */
  readonly separateAuthorization: boolean;
  readonly agreement: DataUseAgreement | null;
  /** Which tag secret the tags are of. Records of another generation are not permitted by this consent. */
  readonly tagGeneration: number;
}

const tags = setOf(hex16, CONSENT_TAGS_MAX);

const ruleFields = {
  actors: list(actorRefShape, CONSENT_ACTORS_MAX),
  purposes: setOf(purposeShape, 16),
  categories: tags,
  confidentiality: nullable(oneOf(...CONFIDENTIALITY_LEVELS)),
  labels: tags,
  dataPeriod: nullable(dataPeriodShape),
  records: setOf(hex32, CONSENT_RECORDS_MAX),
  authors: setOf(hex32, CONSENT_ACTORS_MAX),
} as const;

const termsFields = {
  decision: oneOf('permit', 'deny'),
  period: consentPeriodShape,
  rule: struct<ConsentRule>(ruleFields),
  exceptions: list(
    struct<ConsentException>({ ...ruleFields, period: nullable(consentPeriodShape) }),
    CONSENT_EXCEPTIONS_MAX,
  ),
  separateAuthorization: flag,
  agreement: nullable(
    struct<DataUseAgreement>({ project: codeShape, terms: setOf(hex32, AGREEMENT_TERMS_MAX, 1) }),
  ),
  tagGeneration: tagGenerationShape,
} as const;

export const consentTermsShape: Shape<ConsentTerms> = struct<ConsentTerms>(termsFields);

export interface Consent extends ConsentTerms {
  /** The patient, or who acts for the patient. */
  readonly grantedBy: Hex32;
  readonly grantedHeight: number;
  readonly grantedTime: number;
  readonly revokedBy: Hex32 | null;
  readonly revokedHeight: number | null;
  readonly revokedTime: number | null;
  readonly salt: string;
}

export const consentShape: Shape<Consent> = struct<Consent>({
  ...termsFields,
  grantedBy: hex32,
  grantedHeight: heightFrom0,
  grantedTime: timeMs,
  revokedBy: nullable(hex32),
  revokedHeight: nullable(heightFrom0),
  revokedTime: nullable(timeMs),
  salt: hex16,
});

/** Accounts that an institution names together: a ward, a care team, a partner. */
export interface AccountGroup {
  /** Ascending: clinicians, or institutions with all whom they credential. */
  readonly members: readonly Hex32[];
  /** Height of its last change. */
  readonly height: number;
  readonly salt: string;
}

export const groupMembersShape: Shape<readonly Hex32[]> = setOf(hex32, GROUP_MEMBERS_MAX);

export const accountGroupShape: Shape<AccountGroup> = struct<AccountGroup>({
  members: groupMembersShape,
  height: heightFrom0,
  salt: hex16,
});

/** `audit`: reads the access log. `consent`: grants and revokes. `read`: opens records. Sorted. */
export const DELEGATION_SCOPES = ['audit', 'consent', 'read'] as const;
export type DelegationScope = (typeof DELEGATION_SCOPES)[number];

/** `guardian`: of who cannot act, appointed by the enrolling institution. `proxy`: appointed by the patient. */
export type DelegationKind = 'guardian' | 'proxy';

export interface DelegationTerms {
  /** A person's account: a patient's or a clinician's. */
  readonly delegate: Hex32;
  readonly kind: DelegationKind;
  readonly scopes: readonly DelegationScope[];
  readonly period: ConsentPeriod;
}

export const delegationTermsFields: { readonly [K in keyof DelegationTerms]: Shape<DelegationTerms[K]> } = {
  delegate: hex32,
  kind: oneOf('guardian', 'proxy'),
  scopes: setOf(oneOf(...DELEGATION_SCOPES), DELEGATION_SCOPES.length, 1),
  period: consentPeriodShape,
};

export interface Delegation extends DelegationTerms {
  readonly appointedBy: Hex32;
  readonly height: number;
  readonly time: number;
  readonly endedHeight: number | null;
  readonly endedTime: number | null;
  readonly salt: string;
}

export const delegationShape: Shape<Delegation> = struct<Delegation>({
  ...delegationTermsFields,
  appointedBy: hex32,
  height: heightFrom0,
  time: timeMs,
  endedHeight: nullable(heightFrom0),
  endedTime: nullable(timeMs),
  salt: hex16,
});
