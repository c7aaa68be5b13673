// Owns: a consent in words: what the ledger's terms say, with category words and label codes in place of tags and FHIR
// references in place of accounts and records. Does not own: FHIR's form (import.ts, export.ts), tags and accounts (the
// SDK's consents).
import type { ClinicianRole, Confidentiality, ConsentPeriod, DataPeriod, Purpose } from '@consilium/core';

export type Decision = 'permit' | 'deny';

/**
 * A reference is as FHIR writes it: `Organization/a`, an absolute URL, or `SYSTEM|VALUE` of a logical one. Which account
 * or group it means, the hospital knows.
 */
export type PlainActor =
  | { readonly type: 'account'; readonly reference: string }
  | { readonly type: 'role'; readonly role: ClinicianRole }
  | { readonly type: 'group'; readonly reference: string };

/** Different conditions must all hold, of the values of one any; an empty list and null demand nothing. Lists sorted. */
export interface PlainRule {
  readonly actors: readonly PlainActor[];
  readonly purposes: readonly Purpose[];
  readonly categories: readonly string[];
  /** A high-water mark; with `labels` one condition, of which one value must hold. */
  readonly confidentiality: Confidentiality | null;
  readonly labels: readonly string[];
  readonly dataPeriod: DataPeriod | null;
  /** References of records. */
  readonly records: readonly string[];
  /** References of who wrote the record. */
  readonly authors: readonly string[];
}

/** Reverses the root where both hold. */
export interface PlainException extends PlainRule {
  readonly period: ConsentPeriod | null;
}

export interface PlainAgreement {
  readonly project: string;
  /** SHA-256 of each accepted term, as hex. */
  readonly terms: readonly string[];
}

export interface PlainConsent {
  readonly decision: Decision;
  /** Milliseconds since the epoch; 0 and FOREVER_MS where FHIR names no start or end. */
  readonly period: ConsentPeriod;
  readonly rule: PlainRule;
  readonly exceptions: readonly PlainException[];
  /** An authorization of psychotherapy notes and of nothing else. */
  readonly separateAuthorization: boolean;
  readonly agreement: PlainAgreement | null;
}

/** The end of what FHIR can write: the first moment of the year 10000. */
export const FOREVER_MS: number = Date.UTC(10_000, 0, 1);
