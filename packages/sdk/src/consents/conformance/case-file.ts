// Owns: the form of a conformance case (docs/consent.md): consents, a request, a resource, and what must come out. Does not
// own: deciding it.
import {
  CLINICIAN_ROLES,
  type ClinicianRole,
  CONFIDENTIALITY_LEVELS,
  type Confidentiality,
  IMPLICIT_POLICIES,
  type ImplicitPolicy,
  MONTH_MAX,
  type Purpose,
  TREATING_ROLES,
} from '@consilium/core';
import { nearestPurpose, PCF_URI } from '@consilium/fhir/consent';
import { isSecurityCode } from '@consilium/fhir/describe';
import { CASE_CONSENTS_MAX, CASES_PER_FILE_MAX } from '../../limits.ts';
import {
  checkNames,
  flagIn,
  type Json,
  listIn,
  objectIn,
  oneIn,
  optional,
  parsed,
  referenceIn,
  referencesIn,
  textIn,
  textsIn,
  unusable,
} from './case-fields.ts';

export type Expectation = 'permit' | 'deny';

export interface CaseRequest {
  /** A FHIR reference: `Practitioner/x`, `Organization/a`; the patient's own is the patient. */
  readonly actor: string;
  readonly kind: 'institution' | 'patient' | 'relative' | 'staff';
  /** Where a person works. */
  readonly institution: string | null;
  /** Of staff; null for everybody else. */
  readonly role: ClinicianRole | null;
  /** References of the groups that the actor is in. */
  readonly groups: readonly string[];
  readonly purpose: Purpose;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly project: string | null;
  /** May break the glass: who treats, unless the case says otherwise. */
  readonly emergencyPrivilege: boolean;
}

export interface CaseResource {
  readonly id: string;
  readonly category: string;
  readonly labels: readonly string[];
  readonly confidentiality: Confidentiality | null;
  readonly month: number | null;
  /** Institution or person. */
  readonly author: string | null;
  readonly emergency: boolean;
}

export interface ConsentCase {
  /** Of the file, with the position in a file of several. */
  readonly name: string;
  readonly source: string;
  /** FHIR R4 Consents, unread. */
  readonly consents: readonly unknown[];
  readonly policy: ImplicitPolicy;
  readonly request: CaseRequest;
  readonly resource: CaseResource;
  readonly expect: Expectation;
  /** `POSITION RULE` of each consent that must be refused; null: the case does not say. */
  readonly refused: readonly string[] | null;
}

/** One case, or a list of them. Throws `FILE_INVALID` with the place that cannot be used. */
export function parseConsentCases(text: string, name: string): readonly ConsentCase[] {
  const whole = parsed(text);
  const list = Array.isArray(whole) ? whole : [whole];
  if (list.length === 0 || list.length > CASES_PER_FILE_MAX) throw unusable('cases');
  return list.map((raw, at) => caseOf(raw, list.length === 1 ? name : `${name}[${at}]`));
}

function caseOf(raw: unknown, name: string): ConsentCase {
  const whole = objectIn({ whole: raw }, 'whole');
  const consents = listIn(whole, 'consents', CASE_CONSENTS_MAX);
  const refused = whole['refused'] === undefined ? null : textsIn(whole, 'refused');
  return {
    name,
    source: textIn(whole, 'source'),
    consents,
    policy: policyIn(textIn(whole, 'policy')),
    request: requestOf(objectIn(whole, 'request')),
    resource: resourceOf(objectIn(whole, 'resource')),
    expect: oneIn(whole, 'expect', ['permit', 'deny']),
    refused,
  };
}

/** By its name or its address. */
function policyIn(text: string): ImplicitPolicy {
  const name = text.startsWith(PCF_URI) ? text.slice(PCF_URI.length) : text;
  const policy = IMPLICIT_POLICIES.find((each) => each === name);
  if (policy === undefined) throw unusable('policy');
  return policy;
}

const REQUEST = [
  'actor',
  'emergencyPrivilege',
  'groups',
  'institution',
  'project',
  'purpose',
  'role',
  'time',
];

function requestOf(raw: Json): CaseRequest {
  checkNames(raw, 'request', REQUEST);
  const actor = referenceIn(raw, 'actor');
  const groups = optional(raw, 'groups', referencesIn) ?? [];
  const given = optional(raw, 'role', (from, key) =>
    oneIn(from, key, [...CLINICIAN_ROLES, ...KINDS_BY_ROLE]),
  );
  const kind = kindOf(actor, given);
  const role = kind === 'staff' ? (CLINICIAN_ROLES.find((each) => each === given) ?? 'doctor') : null;
  const purpose = nearestPurpose(textIn(raw, 'purpose'));
  if (purpose === undefined) throw unusable('request.purpose');
  return {
    actor,
    kind,
    institution: optional(raw, 'institution', referenceIn) ?? groups.find(isInstitution) ?? null,
    role,
    groups: groups.filter((each) => !isInstitution(each)),
    purpose,
    time: timeIn(raw),
    project: optional(raw, 'project', textIn),
    emergencyPrivilege:
      optional(raw, 'emergencyPrivilege', flagIn) ?? (role !== null && TREATING_ROLES.includes(role)),
  };
}

/** Words for who asks, where a case gives no role of a credential. */
const KINDS_BY_ROLE = ['clinician', 'institution', 'patient'] as const;

function kindOf(actor: string, role: string | null): CaseRequest['kind'] {
  if (role === 'patient' || role === 'institution') return role;
  if (isInstitution(actor)) return 'institution';
  const [, type] = /(?:^|\/)(Patient|RelatedPerson)\//.exec(actor) ?? [];
  if (type === undefined) return 'staff';
  return type === 'Patient' ? 'patient' : 'relative';
}

export function isInstitution(reference: string): boolean {
  return /(?:^|\/)Organization\//.test(reference);
}

function timeIn(raw: Json): number {
  const { time } = raw;
  const ms = typeof time === 'string' ? Date.parse(time) : time;
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 0) throw unusable('request.time');
  return ms;
}

const RESOURCE = ['author', 'category', 'confidentiality', 'emergency', 'id', 'labels', 'month'];

function resourceOf(raw: Json): CaseResource {
  checkNames(raw, 'resource', RESOURCE);
  const labels = optional(raw, 'labels', textsIn) ?? [];
  if (!labels.every(isSecurityCode)) throw unusable('resource.labels');
  return {
    id: optional(raw, 'id', referenceIn) ?? 'urn:case:resource',
    category: optional(raw, 'category', textIn) ?? 'other',
    labels,
    confidentiality: optional(raw, 'confidentiality', (from, key) =>
      oneIn(from, key, CONFIDENTIALITY_LEVELS),
    ),
    month: optional(raw, 'month', monthIn),
    author: optional(raw, 'author', referenceIn),
    emergency: optional(raw, 'emergency', flagIn) ?? true,
  };
}

/** `2026-05`, with a day or without, or months since the year 0. */
function monthIn(raw: Json, key: string): number {
  const value = raw[key];
  const [, year, ofYear] =
    /^(\d{4})-(0[1-9]|1[0-2])(?:-\d{2})?$/.exec(typeof value === 'string' ? value : '') ?? [];
  const month = year === undefined ? value : Number(year) * 12 + Number(ofYear) - 1;
  if (typeof month !== 'number' || !Number.isSafeInteger(month) || month < 0 || month > MONTH_MAX)
    throw unusable(`resource.${key}`);
  return month;
}
