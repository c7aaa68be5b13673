// The part of fhir that reads and writes consents.
export { type ConsentCover, consentToFhir, PROVISIONS_ONLY } from './export.ts';
export type { ConsentSubject } from './head.ts';
export { consentFromFhir, type ImportedConsent, readConsent } from './import.ts';
export {
  FOREVER_MS,
  type PlainActor,
  type PlainAgreement,
  type PlainConsent,
  type PlainException,
  type PlainRule,
} from './plain.ts';
export { nearestPurpose } from './purposes.ts';
export { CONSENT_REFUSALS, type ConsentNote, type ConsentRefusal } from './refusals.ts';
export { PCF_URI } from './systems.ts';
