// Owns: from a FHIR R4 Consent to consents in words, or the refusal that says what cannot be held (docs/consent.md). Does
// not own: single elements (beside this file), which account a reference means, what is decided.
import {
  CONSENT_ACTORS_MAX,
  CONSENT_EXCEPTIONS_MAX,
  CONSENT_RECORDS_MAX,
  CONSENT_TAGS_MAX,
  type Purpose,
} from '@consilium/core';
import { isObject, type JsonObject, listOf } from '../json.ts';
import { actorsIn } from './actors.ts';
import { categoriesIn, checkAction, dataIn } from './data.ts';
import { type ConsentHead, type ConsentSubject, headIn, subjectIn } from './head.ts';
import { dataPeriodIn, periodIn } from './periods.ts';
import {
  type Decision,
  FOREVER_MS,
  type PlainConsent,
  type PlainException,
  type PlainRule,
} from './plain.ts';
import { purposesIn } from './purposes.ts';
import type { Reading } from './reading.ts';
import { type ConsentNote, refuse } from './refusals.ts';
import { securityLabelsIn } from './security-labels.ts';

export interface ImportedConsent extends ConsentSubject {
  /**
   * The first is the root with its exceptions; each other one a provision that decides as the root does, for more
   * (PCF's Advanced examples). Empty: the consent is not active and counts for nothing.
   */
  readonly consents: readonly PlainConsent[];
  readonly notes: readonly ConsentNote[];
}

/** Throws `RESOURCE_INVALID`, `RESOURCE_TYPE_UNKNOWN`, `CONSENT_NOT_EXPRESSIBLE`. */
export async function consentFromFhir(resource: unknown): Promise<ImportedConsent> {
  const { requireValid } = await import('../validate/check.ts');
  await requireValid(resource);
  return readConsent(resource);
}

/** Of a resource whose shape was checked before. */
export function readConsent(resource: unknown): ImportedConsent {
  if (!isObject(resource) || resource['resourceType'] !== 'Consent') return refuse('Consent', 'category');
  const subject = subjectIn(resource);
  const notes: ConsentNote[] = [];
  const consents = subject.status === 'active' ? consentsIn(resource, headIn(resource), notes) : [];
  return { ...subject, consents, notes };
}

function consentsIn(resource: JsonObject, head: ConsentHead, notes: ConsentNote[]): readonly PlainConsent[] {
  const provision = resource['provision'];
  const root = isObject(provision) ? provision : {};
  const nested = listOf(root['provision']).filter(isObject);
  const decision = decisionIn(root, nested, head);
  const reading: Reading = { decision, provision: root, path: 'Consent.provision', notes };
  const rule = withPolicy(ruleIn(reading), decision, head);
  const own = nested.map((inner, position) => nestedIn(inner, position, notes));
  checkMayPermit(head, [{ decision, rule }, ...own]);
  const exceptions = own.filter((each) => each.decision !== decision).map((each) => each.rule);
  const others = own.filter((each) => each.decision === decision);
  if (own.length > CONSENT_EXCEPTIONS_MAX) refuse('Consent.provision.provision', 'too-many');
  const period = periodIn(reading) ?? { from: 0, until: FOREVER_MS };
  const { separateAuthorization, agreement } = head;
  const consent: PlainConsent = { decision, period, rule, exceptions, separateAuthorization, agreement };
  const all = [consent, ...others.map((each) => beside(consent, each.rule))];
  all.forEach(checkTags);
  checkAuthorization(all);
  checkAgreement(all);
  return all;
}

/**
 * R4 leaves the root's type to `policyRule`, and its own examples read an untyped root both ways: as the frame of the
 * base policy and as the exception to it. It is taken as the frame only where every nested rule is a typed exception.
 */
function decisionIn(root: JsonObject, nested: readonly JsonObject[], { base }: ConsentHead): Decision {
  const stated = typeIn(root);
  if (stated !== undefined) return stated;
  const framed = nested.length > 0 && nested.every((inner) => ![undefined, base].includes(typeIn(inner)));
  return base !== null && framed ? base : refuse('Consent.provision.type', 'decision');
}

function typeIn(provision: JsonObject): Decision | undefined {
  const type = provision['type'];
  return type === 'permit' || type === 'deny' ? type : undefined;
}

interface Nested {
  readonly decision: Decision;
  readonly rule: PlainException;
}

function nestedIn(provision: JsonObject, position: number, notes: ConsentNote[]): Nested {
  const path = `Consent.provision.provision[${position}]`;
  if (provision['provision'] !== undefined) refuse(`${path}.provision`, 'nesting');
  const decision = typeIn(provision) ?? refuse(`${path}.type`, 'decision');
  const reading: Reading = { decision, provision, path, notes };
  return { decision, rule: { ...ruleIn(reading), period: periodIn(reading) } };
}

function ruleIn(reading: Reading): PlainRule {
  checkAction(reading);
  const { actors, authors } = actorsIn(reading);
  const named = dataIn(reading);
  if (authors.length > 0 && named.authors.length > 0) refuse(`${reading.path}.data`, 'data-mixed');
  const rule: PlainRule = {
    actors,
    purposes: purposesIn(reading),
    categories: categoriesIn(reading),
    ...securityLabelsIn(reading),
    dataPeriod: dataPeriodIn(reading),
    records: named.records,
    authors: [...new Set([...named.authors, ...authors])].sort(),
  };
  checkBounds(rule, reading.path);
  return rule;
}

/** The tags of one consent on the ledger are bounded as a whole. */
function checkTags({ rule, exceptions }: PlainConsent): void {
  const tags = [rule, ...exceptions].reduce(
    (sum, each) => sum + each.categories.length + each.labels.length,
    0,
  );
  if (tags > CONSENT_TAGS_MAX) refuse('Consent.provision', 'too-many');
}

function checkBounds({ actors, authors, records }: PlainRule, path: string): void {
  if (actors.length > CONSENT_ACTORS_MAX) refuse(`${path}.actor`, 'too-many');
  if (authors.length > CONSENT_ACTORS_MAX || records.length > CONSENT_RECORDS_MAX)
    refuse(`${path}.data`, 'too-many');
}

/** To agree with one of PCF's policies is to permit what it permits; what the root says besides replaces that. */
function withPolicy(rule: PlainRule, decision: Decision, { implicit }: ConsentHead): PlainRule {
  if (implicit === null || decision === 'deny') return rule;
  if (implicit === 'Policy-deny' || implicit === 'Policy-break-glass-only')
    return refuse('Consent.policy', 'policy');
  const isMarked = rule.confidentiality !== null || rule.labels.length > 0;
  return {
    ...rule,
    confidentiality: isMarked ? rule.confidentiality : 'N',
    purposes: implicit === 'Policy-basic-normal' && rule.purposes.length === 0 ? ['TREAT'] : rule.purposes,
  };
}

function checkMayPermit(
  { onlyDenies, emergencyOnly }: ConsentHead,
  rules: readonly { readonly decision: Decision; readonly rule: PlainRule }[],
): void {
  for (const { decision, rule } of rules) {
    if (decision === 'deny') continue;
    if (onlyDenies !== null) refuse(`Consent.${onlyDenies}`, onlyDenies);
    const names = (purpose: Purpose): boolean => purpose === 'ETREAT' || purpose === 'BTG';
    if (emergencyOnly && (rule.purposes.length === 0 || !rule.purposes.every(names)))
      refuse('Consent.category', 'category');
  }
}

/** What a nested provision leaves open, the root says. What is denied within a permit, this one permits no more either. */
function beside(root: PlainConsent, { period, ...rule }: PlainException): PlainConsent {
  const isMarked = rule.confidentiality !== null || rule.labels.length > 0;
  const or = <T>(own: readonly T[], inherited: readonly T[]): readonly T[] =>
    own.length > 0 ? own : inherited;
  const names = rule.records.length > 0 || rule.authors.length > 0;
  return {
    ...root,
    period: period ?? root.period,
    exceptions: root.decision === 'permit' ? root.exceptions : [],
    rule: {
      actors: or(rule.actors, root.rule.actors),
      purposes: or(rule.purposes, root.rule.purposes),
      categories: or(rule.categories, root.rule.categories),
      confidentiality: isMarked ? rule.confidentiality : root.rule.confidentiality,
      labels: isMarked ? rule.labels : root.rule.labels,
      dataPeriod: rule.dataPeriod ?? root.rule.dataPeriod,
      records: names ? rule.records : root.rule.records,
      authors: names ? rule.authors : root.rule.authors,
    },
  };
}

/** 45 CFR 164.508(b)(3)(ii): of psychotherapy notes, and combined with nothing else. */
function checkAuthorization(consents: readonly PlainConsent[]): void {
  const fits = consents.every(
    ({ separateAuthorization, decision, rule }) =>
      !separateAuthorization ||
      (consents.length === 1 &&
        decision === 'permit' &&
        rule.confidentiality === null &&
        rule.labels.join() === 'PSYTHPN'),
  );
  if (!fits) refuse('Consent.policyRule', 'separate-authorization');
}

/** A project's agreement is about research or payment, permits, and ends. */
function checkAgreement(consents: readonly PlainConsent[]): void {
  const fits = consents.every(
    ({ agreement, decision, period, rule }) =>
      agreement === null ||
      (decision === 'permit' &&
        period.until < FOREVER_MS &&
        rule.purposes.length > 0 &&
        rule.purposes.every((purpose) => purpose === 'HRESCH' || purpose === 'HPAYMT')),
  );
  if (!fits) refuse('Consent.provision', 'agreement');
}
