// Owns: security labels in a consent: the high-water mark of confidentiality, and sensitivity labels. Does not own: the
// tree of labels (describe/labels.ts), which records a label hits (tags, in the SDK).
import { CONFIDENTIALITY_LEVELS, type Confidentiality, canonicalSet } from '@consilium/core';
import { isLabel } from '../describe/labels.ts';
import { LABELS_OF_LAWS } from '../describe/sensitivity.ts';
import { codingOf, type Reading, repetitions } from './reading.ts';
import { refuse } from './refusals.ts';
import { isOf } from './systems.ts';

export interface SecurityLabels {
  readonly confidentiality: Confidentiality | null;
  readonly labels: readonly string[];
}

/** Of several levels a permit reaches to the highest, a denial from the lowest on. */
export function securityLabelsIn(reading: Reading): SecurityLabels {
  const levels = new Set<string>();
  const labels: string[] = [];
  for (const { value, path } of repetitions(reading, 'securityLabel')) {
    const { system, code = '' } = codingOf(value);
    if (isOf('confidentiality', system) && isLevel(code)) levels.add(code);
    else if (isOf('actCode', system)) labels.push(labelOf(code) ?? refuse(path, 'security-label'));
    else refuse(path, 'security-label');
  }
  const isNamed = (level: Confidentiality): boolean => levels.has(level);
  const mark =
    reading.decision === 'permit'
      ? CONFIDENTIALITY_LEVELS.findLast(isNamed)
      : CONFIDENTIALITY_LEVELS.find(isNamed);
  return { confidentiality: mark ?? null, labels: canonicalSet(labels) };
}

const isLevel = (code: string): boolean => (CONFIDENTIALITY_LEVELS as readonly string[]).includes(code);

/** A law that is named in place of a label counts as the label of what it protects. */
function labelOf(code: string): string | undefined {
  if (isLabel(code)) return code;
  return Object.hasOwn(LABELS_OF_LAWS, code) ? LABELS_OF_LAWS[code] : undefined;
}
