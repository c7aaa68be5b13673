// Owns: putting the checks together: the validator's, and those that it lacks, part by part. Does not own: the rules
// (HL7's definitions), profiles, terminologies.
import { OperationOutcomeError, validateResource } from '@medplum/core';
import { at, listOf } from '../json.ts';
import { FINDINGS_MAX } from '../limits.ts';
import { checkBinding } from './bindings.ts';
import { loadDefinitions, type ValueSets } from './definitions.ts';
import type { Finding } from './finding.ts';
import { checkInvariants } from './invariants.ts';
import { type Issue, toFindings } from './issues.ts';
import { type Part, partsOf, STAND_IN_TYPE } from './parts.ts';
import type { Shaped } from './shape.ts';
import { type TypedValue, walkTyped } from './typed-walk.ts';
import { checkValue } from './values.ts';

const toIssue = (issue: unknown): Issue => ({
  severity: String(at(issue, 'severity')),
  code: String(at(issue, 'code')),
  text: String(at(at(issue, 'details'), 'text')),
  path: String(listOf(at(issue, 'expression'))[0] ?? ''),
});

type Resource = Parameters<typeof validateResource>[0];

function issuesOf(body: unknown): readonly Issue[] {
  try {
    return listOf(validateResource(body as Resource, { base64BinaryMaxBytes: Infinity })).map(toIssue);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return listOf(at(error.outcome, 'issue')).map(toIssue);
    throw error;
  }
}

function typedFindings({ resource, body }: Part, type: string, valueSets: ValueSets): readonly Finding[] {
  const root: TypedValue = { path: type, type, value: body, valueSet: undefined };
  const findings: Finding[] = [];
  for (const typed of walkTyped(root)) {
    // A bundle's own invariants look into its entries: they get the bundle as it is.
    const seen = typed === root ? { ...root, value: resource } : typed;
    findings.push(
      ...checkValue(typed),
      ...checkBinding(typed, valueSets),
      ...checkInvariants(seen, resource),
    );
  }
  return findings;
}

/** The path of a part of a resource of this type, which lies at `outer`. Of some things the validator tells no path. */
const placed = (path: string, type: string, outer: string): string =>
  path === type || path.startsWith(`${type}.`) ? outer + path.slice(type.length) : outer;

/** Two of the checks may see the same. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.rule} ${finding.path}`, finding])).values()];
}

function findingsOf(part: Part, valueSets: ValueSets): readonly Finding[] {
  const { path, resource, body } = part;
  const type = String(resource['resourceType']);
  try {
    const inner = [...toFindings(issuesOf(body)), ...typedFindings(part, type, valueSets)];
    return distinct(inner.map((finding) => ({ ...finding, path: placed(finding.path, type, path) })));
  } catch {
    // The validator trips over some shapes instead of naming them: a text where a list of objects belongs.
    return [{ path, rule: 'structure' }];
  }
}

/** What is wrong with a resource of known shape; at most FINDINGS_MAX. */
export async function judge({ resource, type, types }: Shaped): Promise<readonly Finding[]> {
  const valueSets = await loadDefinitions([...types, STAND_IN_TYPE]);
  return partsOf(resource, type)
    .flatMap((part) => findingsOf(part, valueSets))
    .slice(0, FINDINGS_MAX);
}
