// Owns: what the validator says, in rules instead of sentences, since its sentences quote the resource. Does not own:
// when it says what.
import type { Finding, StructureRule } from './finding.ts';

export interface Issue {
  readonly severity: string;
  readonly code: string;
  readonly text: string;
  readonly path: string;
}

/** The beginning of a sentence of the validator -> the rule; the first that fits. */
const SENTENCES: readonly (readonly [start: string, rule: StructureRule])[] = [
  ['Missing required property', 'required'],
  ['Expected array', 'array'],
  ['Expected single', 'single'],
  ['Invalid number of values', 'cardinality'],
  ['Incorrect number of values', 'cardinality'],
  ['Invalid additional property', 'unknown-property'],
  ['Invalid JSON type', 'json-type'],
  ['Invalid empty', 'empty'],
  ['Invalid null', 'empty'],
  ['Invalid undefined', 'empty'],
  ['String must contain', 'empty'],
  ['Invalid numeric', 'format'],
  ['Expected number', 'format'],
  ['String cannot be larger', 'format'],
  ['base64Binary exceeds', 'format'],
  ['Conflicting choice', 'choice'],
  ['Type of primitive extension', 'choice'],
  ['Invalid ', 'format'],
];

const INVARIANT = /^Constraint ([a-z]+-\d+) not met/;

function ruleOf({ code, text }: Issue): Finding['rule'] {
  if (code === 'processing') return 'processing';
  const invariant = INVARIANT.exec(text)?.[1];
  return invariant ?? SENTENCES.find(([start]) => text.startsWith(start))?.[1] ?? 'structure';
}

/**
 * It warns of references to another type (not checked here), and of two values of one choice (an error in R4). It
 * refuses white space in base64, which R4 allows: see values.ts.
 */
function counts(issue: Issue): boolean {
  if (issue.text === 'Invalid base64Binary format') return false;
  return issue.severity === 'error' || ruleOf(issue) === 'choice';
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'));

const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

/** A name that FHIR does not define is a text of the resource like any other: the path ends above it. */
export function toFindings(issues: readonly Issue[]): readonly Finding[] {
  const counted = issues.filter(counts).map((issue) => ({ path: issue.path, rule: ruleOf(issue) }));
  const unknown = counted.filter(({ rule }) => rule === 'unknown-property').map(({ path }) => path);
  return counted.map(({ path, rule }) => {
    const outer = unknown.find((name) => isWithin(path, name));
    return outer === undefined ? { path, rule } : { path: parentOf(outer), rule: 'unknown-property' };
  });
}
