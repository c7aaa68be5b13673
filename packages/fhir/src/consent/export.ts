// Owns: a consent in words as a FHIR R4 Consent, in the form of IHE PCF, so that reading it again gives the same consent.
// Does not own: reading (import.ts), tags and accounts.
import { type ClinicianRole, type ConsentPeriod, type DataPeriod, MONTH_MAX } from '@consilium/core';
import { monthStartMs } from './periods.ts';
import {
  FOREVER_MS,
  type PlainActor,
  type PlainConsent,
  type PlainException,
  type PlainRule,
} from './plain.ts';
import { type FhirReference, toReference } from './references.ts';
import { refuse } from './refusals.ts';
import { PROJECT_SYSTEM, type SystemName, systemOf, TERM_URI } from './systems.ts';

/** What a Consent says beside its rules. References as in PlainConsent. */
export interface ConsentCover {
  readonly patient: string;
  readonly status?: 'active' | 'inactive';
  /** When it was given: a FHIR dateTime. */
  readonly given?: string;
  /** Who gave it: the patient, unless somebody acted. */
  readonly performer?: string;
  /** Which hospital took it. */
  readonly organization?: string;
  /** Addresses of the policies that it rests on; without one, the consent stands for itself. */
  readonly policies?: readonly string[];
}

/** PCF wants a policy; this one says that the provisions are all there is. */
export const PROVISIONS_ONLY = 'urn:consilium:policy:provisions-only';

type Json = { readonly [key: string]: unknown };

interface FhirCoding {
  readonly system: string;
  readonly code: string;
}

const coding = (name: SystemName, code: string): FhirCoding => ({ system: systemOf(name), code });
const concept = (name: SystemName, code: string): Json => ({ coding: [coding(name, code)] });

/** Leaves out what is empty: no text, list or object of FHIR is. */
function filled(fields: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** Throws `CONSENT_NOT_EXPRESSIBLE` for what FHIR would read otherwise (`data-mixed`). */
export function consentToFhir(consent: PlainConsent, cover: ConsentCover): Json {
  const { decision, period, rule, exceptions, separateAuthorization, agreement } = consent;
  const opposite = decision === 'permit' ? 'deny' : 'permit';
  const policies = cover.policies ?? [PROVISIONS_ONLY];
  const terms = (agreement?.terms ?? []).map((term) => TERM_URI + term);
  return filled({
    resourceType: 'Consent',
    identifier: agreement === null ? undefined : [{ system: PROJECT_SYSTEM, value: agreement.project }],
    status: cover.status ?? 'active',
    scope: concept(
      'scope',
      agreement !== null && rule.purposes.includes('HRESCH') ? 'research' : 'patient-privacy',
    ),
    category: [concept('loinc', '59284-0')],
    patient: toReference(cover.patient, 'Patient'),
    dateTime: cover.given,
    performer: [
      toReference(cover.performer ?? cover.patient, cover.performer === undefined ? 'Patient' : undefined),
    ],
    organization:
      cover.organization === undefined ? undefined : [toReference(cover.organization, 'Organization')],
    policy: [...policies, ...terms].map((uri) => ({ uri })),
    policyRule: separateAuthorization ? concept('actCode', 'HIPAAPsyNotes') : undefined,
    provision: {
      ...toProvision(decision, rule, isEver(period) ? null : period, 'Consent.provision'),
      ...filled({
        provision: exceptions.map((each, at) =>
          toProvision(opposite, each, each.period, `Consent.provision.provision[${at}]`),
        ),
      }),
    },
  });
}

function toProvision(
  type: 'permit' | 'deny',
  rule: PlainRule | PlainException,
  period: ConsentPeriod | null,
  path: string,
): Json {
  if (rule.records.length > 0 && rule.authors.length > 0) refuse(`${path}.data`, 'data-mixed');
  const level = rule.confidentiality === null ? [] : [coding('confidentiality', rule.confidentiality)];
  return filled({
    type,
    period: toPeriod(period),
    actor: rule.actors.map(toActor),
    securityLabel: [...level, ...rule.labels.map((label) => coding('actCode', label))],
    purpose: rule.purposes.map((purpose) => coding('actReason', purpose)),
    class: rule.categories.map((category) => coding('recordCategory', category)),
    dataPeriod: toDataPeriod(rule.dataPeriod),
    data: [
      ...rule.records.map((text) => toData('instance', text)),
      ...rule.authors.map((text) => toData('authoredby', text)),
    ],
  });
}

const toData = (meaning: 'instance' | 'authoredby', text: string): Json => ({
  meaning,
  reference: toReference(text),
});

/** R4 demands a reference also of an actor that is a role: it has words only. */
function toActor(actor: PlainActor): Json {
  if (actor.type === 'role') {
    const reference: FhirReference = { display: `everybody in the role ${actor.role}` };
    return { role: { coding: [roleCoding(actor.role)] }, reference };
  }
  const type = actor.type === 'group' ? 'Group' : undefined;
  return { role: concept('participation', 'IRCP'), reference: toReference(actor.reference, type) };
}

const OURS: readonly ClinicianRole[] = ['auditor', 'privacy-officer'];

function roleCoding(role: ClinicianRole): FhirCoding {
  if (role === 'payer') return coding('roleClass', 'PAYOR');
  return coding(OURS.includes(role) ? 'staffRole' : 'practitionerRole', role);
}

const isEver = ({ from, until }: ConsentPeriod): boolean => from === 0 && until >= FOREVER_MS;

/** FHIR's end includes its whole millisecond. A period names one end at least. */
function toPeriod(period: ConsentPeriod | null): Json | undefined {
  if (period === null) return undefined;
  const { from, until } = period;
  return filled({
    start: from === 0 ? undefined : new Date(from).toISOString(),
    end:
      until >= FOREVER_MS && from > 0 ? undefined : new Date(Math.min(until, FOREVER_MS) - 1).toISOString(),
  });
}

function toDataPeriod(months: DataPeriod | null): Json | undefined {
  if (months === null) return undefined;
  const { from, until } = months;
  return filled({
    start: from === 0 ? undefined : monthText(Math.max(from, FIRST_MONTH)),
    end: until >= MONTH_MAX && from > 0 ? undefined : monthText(until),
  });
}

/** FHIR has no year 0. */
const FIRST_MONTH = 12;

function monthText(month: number): string {
  return new Date(monthStartMs(month)).toISOString().slice(0, 7);
}
