// Owns: which sensitivity labels speak of the same information, for records and for consents alike. Does not own: the
// published tree (the fhir package), tags.
import { ALSO, ancestorsOf, isLabel, LABELS } from '@consilium/fhir/describe';

/** The label, all above it, and those of other branches that cover the same information, with all above them. */
export function impliedLabels(label: string): readonly string[] {
  const found = new Set<string>([label]);
  // A set goes on to what is added while it is walked.
  for (const each of found) {
    for (const above of ancestorsOf(each)) found.add(above);
    const also = isLabel(each) ? ALSO[each] : undefined;
    if (also !== undefined) found.add(also);
  }
  return [...found];
}

/**
 * Every known label that has nothing to do with the permitted ones; none when nothing is permitted. A record with two
 * labels must not open because one of them is permitted.
 */
export function unrelatedLabels(permitted: readonly string[]): readonly string[] {
  if (permitted.length === 0) return [];
  const implied = new Set(permitted.flatMap(impliedLabels));
  const isBelow = (label: string): boolean => impliedLabels(label).some((each) => permitted.includes(each));
  return LABELS.filter((label) => !implied.has(label) && !isBelow(label));
}
