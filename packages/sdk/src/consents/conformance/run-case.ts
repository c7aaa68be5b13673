// Owns: one conformance case, decided: its FHIR consents become terms as at any hospital, and the ledger's own decider says
// what happens. Does not own: the decider (core), the mapping (the fhir package), folders and printing (the command).
import { type AccessRule, type ConsentTerms, createDecider, isConsiliumError } from '@consilium/core';
import { type ConsentNote, consentFromFhir } from '@consilium/fhir/consent';
import { termsOfPlain } from '../plain-terms.ts';
import type { ConsentCase, Expectation } from './case-file.ts';
import { CASE_TAG_KEY, type CaseConsent, createCaseWorld, createReferences } from './case-world.ts';

export interface RefusedConsent {
  /** In the case's list. */
  readonly position: number;
  readonly code: string;
  readonly rule: string;
  readonly path: string;
}

export interface CaseVerdict {
  readonly name: string;
  readonly source: string;
  readonly expected: Expectation;
  readonly got: Expectation;
  /** By which rule of the ledger. */
  readonly rule: AccessRule;
  /** Position of the deciding consent in the case's list; null: none decided. */
  readonly consent: number | null;
  /** 0 its root, from 1 an exception. */
  readonly provision: number | null;
  /** Consents that cannot stand on the ledger; they count for nothing. */
  readonly refused: readonly RefusedConsent[];
  /** What of a consent was taken more strictly than it is written. */
  readonly notes: readonly (ConsentNote & { readonly position: number })[];
  readonly agrees: boolean;
}

/** Throws `FILE_INVALID` for a resource with more labels than a record bears. */
export async function runConsentCase(given: ConsentCase): Promise<CaseVerdict> {
  const references = createReferences();
  const read = await readConsents(given.consents, (consent) =>
    termsOfPlain(consent, references, CASE_TAG_KEY),
  );
  const patient = given.consents.map(patientOf).find((each) => each !== undefined) ?? 'Patient/of-no-consent';
  const world = createCaseWorld(given, patient, read.consents, references.groups);
  const { purpose, time, project } = given.request;
  const question = { patient: world.patient, reader: world.reader, purpose, project };
  const { decision, rule, consent, provision } = createDecider(world.state, question, time)(world.record);
  const own = read.consents.filter((each) => each.patient === patient);
  const refused = read.refused.map((each) => `${each.position} ${each.rule}`);
  return {
    name: given.name,
    source: given.source,
    expected: given.expect,
    got: decision,
    rule,
    consent: consent === null ? null : (own[consent]?.position ?? null),
    provision,
    refused: read.refused,
    notes: read.notes,
    agrees: decision === given.expect && (given.refused === null || given.refused.join() === refused.join()),
  };
}

interface ReadConsents {
  readonly consents: readonly (CaseConsent & { readonly position: number })[];
  readonly refused: readonly RefusedConsent[];
  readonly notes: CaseVerdict['notes'];
}

/** Whose case it is, also where the consent that says so is refused. */
function patientOf(resource: unknown): string | undefined {
  const patient = (resource as { readonly patient?: { readonly reference?: unknown } } | null)?.patient;
  return typeof patient?.reference === 'string' ? patient.reference : undefined;
}

type ToTerms = (consent: Parameters<typeof termsOfPlain>[0]) => ConsentTerms;

async function readConsents(resources: readonly unknown[], toTerms: ToTerms): Promise<ReadConsents> {
  const consents: (CaseConsent & { readonly position: number })[] = [];
  const refused: RefusedConsent[] = [];
  const notes: (ConsentNote & { readonly position: number })[] = [];
  for (const [position, resource] of resources.entries()) {
    try {
      const imported = await consentFromFhir(resource);
      consents.push(
        ...imported.consents.map((each) => ({ position, patient: imported.patient, terms: toTerms(each) })),
      );
      notes.push(...imported.notes.map((note) => ({ ...note, position })));
    } catch (error) {
      refused.push(refusalOf(error, position));
    }
  }
  return { consents, refused, notes };
}

function refusalOf(error: unknown, position: number): RefusedConsent {
  if (!isConsiliumError(error)) throw error;
  const { rule = '', path = '' } = error.data;
  return { position, code: error.code, rule: String(rule), path: String(path) };
}
