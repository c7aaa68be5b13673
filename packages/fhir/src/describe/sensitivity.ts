// Owns: labels, confidentiality and effects of law, from the codes of a resource. Does not own: the tables.
import {
  CONFIDENTIALITY_LEVELS,
  type Confidentiality,
  STATUTORY_EFFECTS,
  type StatutoryEffect,
} from '@consilium/core';
import type { Coding, Codings } from './codings.ts';
import { ALSO, isLabel, type Label } from './labels.ts';
import { type CodeTable, SENSITIVE_CODES } from './sensitive-codes.ts';

/** R4 and the form that STU3 left in many systems. */
const ACT_CODE: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  'http://hl7.org/fhir/v3/ActCode',
]);
const CONFIDENTIALITY: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  'http://hl7.org/fhir/v3/Confidentiality',
]);

/** ActCode, ActUSPrivacyLaw: a law that is named instead of a label. */
export const LABELS_OF_LAWS: Readonly<Record<string, Label>> = {
  '42CFRPart2': 'SUD',
  HIPAAPsyNotes: 'PSYTHPN',
};
/** 45 CFR 164.522(a)(1)(vi). */
const SELF_PAID = 'HIPAASelfPay';

/** A code of ActCode that says something of how a resource is protected here. */
export const isSecurityCode = (code: string): boolean =>
  isLabel(code) || Object.hasOwn(LABELS_OF_LAWS, code) || code === SELF_PAID;

const actCodes = (security: readonly Coding[]): readonly string[] =>
  security.filter(({ system }) => ACT_CODE.has(system)).map(({ code }) => code);

const exact = new Map<CodeTable, ReadonlyMap<string, Label>>();

function exactRows(table: CodeTable): ReadonlyMap<string, Label> {
  const known = exact.get(table) ?? new Map(table.rows.map(([code, label]) => [code, label]));
  exact.set(table, known);
  return known;
}

function labelsOfCode({ system, code }: Coding): readonly Label[] {
  const table = Object.hasOwn(SENSITIVE_CODES, system) ? SENSITIVE_CODES[system] : undefined;
  if (table === undefined) return [];
  if (table.match === 'exact') {
    const label = exactRows(table).get(code);
    return label === undefined ? [] : [label];
  }
  const plain = code.toUpperCase().replaceAll('.', '');
  return table.rows.filter(([prefix]) => plain.startsWith(prefix)).map(([, label]) => label);
}

function labelsOfSecurity(security: readonly Coding[]): readonly Label[] {
  return actCodes(security).flatMap((code) => {
    if (isLabel(code)) return [code];
    return Object.hasOwn(LABELS_OF_LAWS, code) ? (LABELS_OF_LAWS[code] ?? []) : [];
  });
}

/** Sorted, each once. Without ancestors: the tags of those are the caller's to add. */
export function labelsOf({ clinical, security }: Codings): readonly Label[] {
  const own = [...labelsOfSecurity(security), ...clinical.flatMap(labelsOfCode)];
  return [
    ...new Set(own.flatMap((label) => [label, ...(ALSO[label] === undefined ? [] : [ALSO[label]])])),
  ].sort();
}

/** The highest of what the author marked and what the labels demand. */
export function confidentialityOf(security: readonly Coding[], labels: readonly Label[]): Confidentiality {
  const marked = security.filter(({ system }) => CONFIDENTIALITY.has(system)).map(({ code }) => code);
  const demanded = labels.length === 0 ? [] : [labels.includes('PSYTHPN') ? 'V' : 'R'];
  const all = new Set([...marked, ...demanded]);
  return CONFIDENTIALITY_LEVELS.findLast((level) => all.has(level)) ?? 'N';
}

const SUBSTANCE_USE: readonly Label[] = ['ETH', 'ETHUD', 'OPIOIDUD', 'SUD'];

/** 45 CFR 164.508(a)(2) and 164.524(a)(1)(i); 42 CFR 2.32; 45 CFR 164.522(a)(1)(vi). Sorted. */
export function effectsOf(security: readonly Coding[], labels: readonly Label[]): readonly StatutoryEffect[] {
  const isNote = labels.includes('PSYTHPN');
  const holds: Readonly<Record<StatutoryEffect, boolean>> = {
    'closed-to-patient': isNote,
    'redisclosure-notice': SUBSTANCE_USE.some((label) => labels.includes(label)),
    'separate-authorization': isNote,
    'withheld-from-payers': actCodes(security).includes(SELF_PAID),
  };
  return STATUTORY_EFFECTS.filter((effect) => holds[effect]);
}
