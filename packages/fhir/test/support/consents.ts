// FHIR consents in one line each, and what reading them gives.
import { ConsiliumError } from '@consilium/core';
import { expect } from 'vitest';
import { readConsent } from '../../src/consent/index.ts';
import type { Json } from './resources.ts';

const THO = 'http://terminology.hl7.org/CodeSystem';
const coded = (system: string, code: string): Json => ({ system: `${THO}/${system}`, code });

export const purpose = (code: string): Json => coded('v3-ActReason', code);
export const level = (code: string): Json => coded('v3-Confidentiality', code);
export const label = (code: string): Json => coded('v3-ActCode', code);
export const concept = (system: string, code: string): Json => ({ coding: [coded(system, code)] });
export const actor = (reference: string, code = 'IRCP'): Json => ({
  role: concept('v3-ParticipationType', code),
  reference: { reference },
});
export const inRole = (code: string, reference: Json = { display: 'all' }): Json => ({
  role: concept('practitioner-role', code),
  reference,
});
export const data = (meaning: string, reference: string): Json => ({ meaning, reference: { reference } });

/** In PCF's form; `provision` as it is given. */
export function consent(provision: Json | undefined, wish: Json = {}): Json {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: concept('consentscope', 'patient-privacy'),
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/p' },
    dateTime: '2026-01-01',
    policy: [{ uri: 'https://hospital.example/privacy' }],
    ...(provision === undefined ? {} : { provision }),
    ...wish,
  };
}

/** A root provision that permits or denies. */
export const permit = (wish: Json = {}): Json => ({ type: 'permit', ...wish });
export const deny = (wish: Json = {}): Json => ({ type: 'deny', ...wish });

/** Read as one consent. */
export function only(provision: Json, wish: Json = {}) {
  const { consents, notes } = readConsent(consent(provision, wish));
  expect(consents).toHaveLength(1);
  return { consent: consents[0], rule: consents[0]?.rule, notes };
}

/** `CODE RULE PATH`. */
export function refused(provision: Json | undefined, wish: Json = {}): string {
  try {
    readConsent(consent(provision, wish));
  } catch (error) {
    if (error instanceof ConsiliumError) return `${error.code} ${error.data['rule']} ${error.data['path']}`;
    throw error;
  }
  return 'none';
}
