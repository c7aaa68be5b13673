// Owns: why a FHIR consent cannot be held, and what of one was taken more strictly than written. Does not own: when.
import { ConsiliumError } from '@consilium/core';

/** Closed; docs/consent.md says what each means. Sorted. */
export const CONSENT_REFUSALS = [
  'action',
  'actor-kind',
  'actor-role',
  'agreement',
  'category',
  'class',
  'code',
  'data-meaning',
  'data-mixed',
  'data-period',
  'decision',
  'implicit-rules',
  'modifier-extension',
  'nesting',
  'patient',
  'period',
  'policy',
  'purpose',
  'reference',
  'scope',
  'security-label',
  'separate-authorization',
  'too-many',
  'verification',
] as const;
export type ConsentRefusal = (typeof CONSENT_REFUSALS)[number];

/** `narrowed`: a permit reaches less far than written. `widened`: a denial reaches farther. Nothing is left out unsaid. */
export interface ConsentNote {
  /** As in FHIRPath: Consent.provision.provision[0].purpose[1] */
  readonly path: string;
  readonly effect: 'narrowed' | 'widened';
}

/** Throws `CONSENT_NOT_EXPRESSIBLE`. The path has only names of FHIR and positions, never a value. */
export function refuse(path: string, rule: ConsentRefusal): never {
  throw new ConsiliumError('CONSENT_NOT_EXPRESSIBLE', { path, rule });
}
