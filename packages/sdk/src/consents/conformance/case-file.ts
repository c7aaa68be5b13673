// Owns: the form of a conformance case (docs/consent.md): consents, a request, a resource, and what must come out. Does not
// own: deciding it.
import {
  CLINICIAN_ROLES,
  type ClinicianRole,
  CONFIDENTIALITY_LEVELS,
  type Confidentiality,
  ConsiliumError,
  IMPLICIT_POLICIES,
  type ImplicitPolicy,
  MONTH_MAX,
  type Purpose,
} from '@consilium/core';
import { nearestPurpose, PCF_URI } from '@consilium/fhir/consent';
import { isSecurityCode } from '@consilium/fhir/describe';
import { CASE_CONSENTS_MAX, CASES_PER_FILE_MAX } from '../../limits.ts';

export type Expectation = 'permit' | 'deny';

export interface CaseRequest {
  /** A FHIR reference: `Practitioner/x`, `Organization/a`; the patient's own is the patient. */
  readonly actor: string;
  /** Of a person. */
  readonly institution: string | null;
  readonly role: ClinicianRole | null;
  /** References of the groups that the actor is in. */
  readonly groups: readonly string[];
  readonly purpose: Purpose;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly project: string | null;
  /** May break the glass. */
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

/** Roles that may be given the privilege to break the glass, and have it here unless the case says otherwise. */
const CARING: readonly ClinicianRole[] = ['doctor', 'nurse', 'pharmacist'];

/** One case, or a list of them. Throws `FILE_INVALID` with the place that cannot be used. */
export function parseConsentCases(text: string, name: string): readonly ConsentCase[] {
  const whole = parsed(text);
  const list = Array.isArray(whole) ? whole : [whole];
  if (list.length === 0 || list.length > CASES_PER_FILE_MAX) throw unusable('cases');
  return list.map((raw, at) => caseOf(raw, list.length === 1 ? name : `${name}[${at}]`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable('json');
  }
}

function unusable(place: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind: 'consilium-consent-case', rule: place });
}

type Json = Readonly<Record<string, unknown>>;

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
  const actor = textIn(raw, 'actor');
  const groups = optional(raw, 'groups', textsIn) ?? [];
  const given = optional(raw, 'role', (from, key) => oneIn(from, key, CLINICIAN_ROLES));
  const isPerson = !isInstitution(actor) && !/(?:^|\/)(?:Patient|RelatedPerson)\//.test(actor);
  const role = given ?? (isPerson ? 'doctor' : null);
  const purpose = nearestPurpose(textIn(raw, 'purpose'));
  if (purpose === undefined) throw unusable('request.purpose');
  return {
    actor,
    institution: optional(raw, 'institution', textIn) ?? groups.find(isInstitution) ?? null,
    role,
    groups: groups.filter((each) => !isInstitution(each)),
    purpose,
    time: timeIn(raw),
    project: optional(raw, 'project', textIn),
    emergencyPrivilege:
      optional(raw, 'emergencyPrivilege', flagIn) ?? (role !== null && CARING.includes(role)),
  };
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
    id: optional(raw, 'id', textIn) ?? 'urn:case:resource',
    category: optional(raw, 'category', textIn) ?? 'other',
    labels,
    confidentiality: optional(raw, 'confidentiality', (from, key) =>
      oneIn(from, key, CONFIDENTIALITY_LEVELS),
    ),
    month: optional(raw, 'month', monthIn),
    author: optional(raw, 'author', textIn),
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

/** null and nothing are the same. */
function optional<T>(raw: Json, key: string, read: (from: Json, name: string) => T): T | null {
  return raw[key] === undefined || raw[key] === null ? null : read(raw, key);
}

function checkNames(raw: Json, place: string, known: readonly string[]): void {
  for (const name of Object.keys(raw))
    if (!known.includes(name)) throw unusable(`${place}: one name is unknown`);
}

function objectIn(raw: Json, key: string): Json {
  const value = raw[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable(key);
  return value as Json;
}

function textIn(raw: Json, key: string): string {
  const value = raw[key];
  if (typeof value !== 'string' || value === '' || value.length > 512) throw unusable(key);
  return value;
}

function flagIn(raw: Json, key: string): boolean {
  const value = raw[key];
  if (typeof value !== 'boolean') throw unusable(key);
  return value;
}

function listIn(raw: Json, key: string, countMax: number): readonly unknown[] {
  const value = raw[key];
  if (!Array.isArray(value) || value.length > countMax) throw unusable(key);
  return value;
}

function textsIn(raw: Json, key: string): readonly string[] {
  return listIn(raw, key, CASE_CONSENTS_MAX).map((text) => textIn({ [key]: text }, key));
}

function oneIn<T extends string>(raw: Json, key: string, values: readonly T[]): T {
  const found = values.find((value) => value === raw[key]);
  if (found === undefined) throw unusable(key);
  return found;
}
