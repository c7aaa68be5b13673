// Owns: the invariants of a type as a whole: of a resource, of each contained one, of a Period, a Reference.
// Does not own: the invariants of single elements (the validator's).
import { evalFhirPathTyped, type FhirPathAtom, LRUCache, toTypedValue } from '@medplum/core';
import { at, type JsonObject, textOf } from '../json.ts';
import { invariantsOf } from './definitions.ts';
import type { Finding } from './finding.ts';
import { isResourceType } from './resource-types.ts';
import type { TypedValue } from './typed-walk.ts';

const UCUM = toTypedValue('http://unitsofmeasure.org');
/** The known types have under 200 different invariants. */
const parsed = new LRUCache<FhirPathAtom>(500);

/** Four rules that nearly every value meets at once; the cost of evaluating them is half of the cost of all. */
function holdsAtOnce(key: string, value: unknown): boolean {
  if (key === 'ref-1') return !textOf(at(value, 'reference'))?.startsWith('#');
  return ['dom-2', 'dom-4', 'dom-5'].includes(key) && at(value, 'contained') === undefined;
}

/** Of one value in the resource `root`, which holds what a reference like #a points to. */
export function checkInvariants({ path, type, value }: TypedValue, root: JsonObject): readonly Finding[] {
  const invariants = invariantsOf(type).filter(({ key }) => !holdsAtOnce(key, value));
  if (invariants.length === 0) return [];
  const context = { type, value };
  const variables = {
    '%context': context,
    '%ucum': UCUM,
    '%rootResource': toTypedValue(root),
    '%resource': isResourceType(type) ? context : toTypedValue(root),
  };
  return invariants.flatMap(({ key, expression }) => {
    const answer = evalFhirPathTyped(expression, [context], variables, parsed);
    return answer.length === 1 && answer[0]?.value === true ? [] : [{ path, rule: key }];
  });
}
