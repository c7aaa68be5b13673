// Owns: reading the fields of a conformance case, each with its bound and its refusal. Does not own: which fields there are
// (case-file.ts).
import { ConsiliumError } from '@consilium/core';
import { CASE_CONSENTS_MAX, CASE_TEXT_LENGTH_MAX } from '../../limits.ts';

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable('json');
  }
}

export function unusable(place: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind: 'consilium-consent-case', rule: place });
}

export type Json = Readonly<Record<string, unknown>>;

/** null and nothing are the same. */
export function optional<T>(raw: Json, key: string, read: (from: Json, name: string) => T): T | null {
  return raw[key] === undefined || raw[key] === null ? null : read(raw, key);
}

export function checkNames(raw: Json, place: string, known: readonly string[]): void {
  for (const name of Object.keys(raw))
    if (!known.includes(name)) throw unusable(`${place}: one name is unknown`);
}

export function objectIn(raw: Json, key: string): Json {
  const value = raw[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable(key);
  return value as Json;
}

export function textIn(raw: Json, key: string): string {
  const value = raw[key];
  if (typeof value !== 'string' || value === '' || value.length > CASE_TEXT_LENGTH_MAX) throw unusable(key);
  return value;
}

/** A text, or as FHIR writes it: `{ "reference": "Practitioner/x" }`. */
export function referenceIn(raw: Json, key: string): string {
  const value = raw[key];
  return typeof value === 'object' && value !== null ? textIn(value as Json, 'reference') : textIn(raw, key);
}

export function referencesIn(raw: Json, key: string): readonly string[] {
  return listIn(raw, key, CASE_CONSENTS_MAX).map((each) => referenceIn({ [key]: each }, key));
}

export function flagIn(raw: Json, key: string): boolean {
  const value = raw[key];
  if (typeof value !== 'boolean') throw unusable(key);
  return value;
}

export function listIn(raw: Json, key: string, countMax: number): readonly unknown[] {
  const value = raw[key];
  if (!Array.isArray(value) || value.length > countMax) throw unusable(key);
  return value;
}

export function textsIn(raw: Json, key: string): readonly string[] {
  return listIn(raw, key, CASE_CONSENTS_MAX).map((text) => textIn({ [key]: text }, key));
}

export function oneIn<T extends string>(raw: Json, key: string, values: readonly T[]): T {
  const found = values.find((value) => value === raw[key]);
  if (found === undefined) throw unusable(key);
  return found;
}
