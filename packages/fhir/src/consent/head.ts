// Owns: what of a Consent stands before its provisions: whether it counts, whose it is, on which policies it rests. Does
// not own: the provisions.
import { AGREEMENT_TERMS_MAX, IMPLICIT_POLICIES, type ImplicitPolicy, isCode } from '@consilium/core';
import { at, isObject, type JsonObject, listOf, textOf } from '../json.ts';
import type { PlainAgreement } from './plain.ts';
import { codingsOf } from './reading.ts';
import { mustReferenceIn } from './references.ts';
import { refuse } from './refusals.ts';
import { isOf, PCF_URI, PROJECT_SYSTEM, type SystemName, TERM_URI } from './systems.ts';

export interface ConsentSubject {
  /** Only `active` ones count. */
  readonly status: string;
  readonly patient: string;
  /** `dateTime`, as written. */
  readonly given: string | null;
  /** Addresses of the policies that it rests on, without the terms of an agreement. */
  readonly policies: readonly string[];
}

export interface ConsentHead {
  /** The one of its policies that PCF defines; null: none. */
  readonly implicit: ImplicitPolicy | null;
  /** What `policyRule` decides where the root says nothing; null: it does not say. */
  readonly base: 'permit' | 'deny' | null;
  readonly separateAuthorization: boolean;
  readonly agreement: PlainAgreement | null;
  /** The first reason why it may deny and not permit; null: it may. */
  readonly onlyDenies: 'category' | 'verification' | null;
  /** By its category it is about emergencies and nothing else. */
  readonly emergencyOnly: boolean;
}

/** Categories that say more than the scope does. HL7's list may be extended, so another one says nothing. */
const KINDS: readonly (readonly [SystemName, codes: readonly string[], kind: Kind])[] = [
  ['loinc', ['57016-8'], 'no-permit'],
  ['actCode', ['ICOL', 'IRDSCL', 'NOPP', 'RSDID'], 'no-permit'],
  ['category', ['npp', 'rsdid'], 'no-permit'],
  ['actCode', ['EMRGONLY'], 'emergency'],
  ['category', ['emrgonly'], 'emergency'],
  ['category', ['acd', 'dnr', 'hcd', 'polst'], 'other'],
];

export function headIn(resource: JsonObject): ConsentHead {
  const agreement = agreementIn(resource);
  checkScope(resource, agreement);
  const kinds = kindsIn(resource);
  return {
    implicit: implicitIn(policiesIn(resource)),
    base: baseIn(resource),
    separateAuthorization: ruleCodes(resource).includes('HIPAAPsyNotes'),
    agreement,
    onlyDenies: kinds.includes('no-permit') ? 'category' : isVerified(resource) ? null : 'verification',
    emergencyOnly: kinds.includes('emergency'),
  };
}

/** What matters of any Consent, also of one that counts for nothing. */
export function subjectIn(resource: JsonObject): ConsentSubject {
  if (resource['implicitRules'] !== undefined) refuse('Consent.implicitRules', 'implicit-rules');
  refuseModifiers(resource);
  // R4's own invariants let a consent of nobody pass.
  if (resource['patient'] === undefined) refuse('Consent.patient', 'patient');
  return {
    status: textOf(resource['status']) ?? '',
    patient: mustReferenceIn(resource['patient'], 'Consent.patient').text,
    given: textOf(resource['dateTime']) ?? null,
    policies: policiesIn(resource),
  };
}

function refuseModifiers(resource: JsonObject): void {
  const waiting: [value: unknown, path: string][] = [[resource, 'Consent']];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    const items = Array.isArray(value) ? value : [];
    waiting.push(...items.map((item, at): [unknown, string] => [item, `${path}[${at}]`]));
    if (!isObject(value)) continue;
    if (value['modifierExtension'] !== undefined) refuse(`${path}.modifierExtension`, 'modifier-extension');
    for (const [name, inner] of Object.entries(value))
      if (name !== 'contained' && name !== 'extension') waiting.push([inner, `${path}.${name}`]);
  }
}

function checkScope(resource: JsonObject, agreement: PlainAgreement | null): void {
  const codes = codesOf(resource['scope'], 'scope');
  if (codes.includes('patient-privacy')) return;
  if (!codes.includes('research')) refuse('Consent.scope', 'scope');
  if (agreement === null) refuse('Consent.scope', 'agreement');
}

const codesOf = (concept: unknown, system: SystemName): readonly string[] =>
  codingsOf(concept).flatMap((coding) =>
    isOf(system, coding.system) && coding.code !== undefined ? [coding.code] : [],
  );

/** An acknowledgement of a notice, for one, permits nothing; a decision on treatment is not about data at all. */
type Kind = 'no-permit' | 'emergency' | 'other';

function kindsIn(resource: JsonObject): readonly Kind[] {
  const concepts = listOf(resource['category']);
  const kinds = KINDS.filter(([system, known]) =>
    concepts.some((concept) => codesOf(concept, system).some((code) => known.includes(code))),
  ).map(([, , kind]) => kind);
  return kinds.includes('other') ? refuse('Consent.category', 'category') : kinds;
}

const isVerified = (resource: JsonObject): boolean =>
  listOf(resource['verification']).every((each) => at(each, 'verified') !== false);

function uriOf(policy: unknown): readonly string[] {
  const uri = textOf(at(policy, 'uri'));
  return uri === undefined ? [] : [uri];
}

function policiesIn(resource: JsonObject): readonly string[] {
  return listOf(resource['policy'])
    .flatMap(uriOf)
    .filter((uri) => !uri.startsWith(TERM_URI));
}

function implicitIn(policies: readonly string[]): ImplicitPolicy | null {
  const named = policies.filter((uri) => uri.startsWith(PCF_URI)).map((uri) => uri.slice(PCF_URI.length));
  const [first, ...others] = named;
  if (first === undefined) return null;
  const known = IMPLICIT_POLICIES.find((policy) => policy === first);
  return others.length > 0 || known === undefined ? refuse('Consent.policy', 'policy') : known;
}

function ruleCodes(resource: JsonObject): readonly string[] {
  return codesOf(resource['policyRule'], 'actCode');
}

function baseIn(resource: JsonObject): 'permit' | 'deny' | null {
  const codes = ruleCodes(resource);
  const [optIn, optOut] = [
    codes.some((code) => /^OPTINR?$/.test(code)),
    codes.some((code) => /^OPTOUTE?$/.test(code)),
  ];
  if (optIn === optOut) return optIn ? refuse('Consent.policyRule', 'policy') : null;
  return optIn ? 'permit' : 'deny';
}

const HASH = /^[0-9a-f]{64}$/;

function agreementIn(resource: JsonObject): PlainAgreement | null {
  const [identifier, second] = listOf(resource['identifier']).filter(
    (each) => at(each, 'system') === PROJECT_SYSTEM,
  );
  const terms = listOf(resource['policy'])
    .flatMap(uriOf)
    .flatMap((uri) => (uri.startsWith(TERM_URI) ? [uri.slice(TERM_URI.length)] : []));
  if (identifier === undefined) return terms.length === 0 ? null : refuse('Consent.policy', 'agreement');
  const project = textOf(at(identifier, 'value')) ?? '';
  const whole =
    second === undefined &&
    isCode(project) &&
    terms.length > 0 &&
    terms.length <= AGREEMENT_TERMS_MAX &&
    terms.every((term) => HASH.test(term));
  return whole ? { project, terms: [...new Set(terms)].sort() } : refuse('Consent.identifier', 'agreement');
}
