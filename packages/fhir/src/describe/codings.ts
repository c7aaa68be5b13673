// Owns: finding every coding in a resource, and every security label of it and of what it contains. Does not own:
// what a code means.
import { at, isObject, listOf, textOf } from '../json.ts';

export interface Coding {
  readonly system: string;
  readonly code: string;
}

export interface Codings {
  /** Of any element at any depth: reasons, components, items of a claim. */
  readonly clinical: readonly Coding[];
  /** Of meta.security, of the resource and of each in it. */
  readonly security: readonly Coding[];
}

function toCoding(value: unknown): Coding | undefined {
  const system = textOf(at(value, 'system'));
  const code = textOf(at(value, 'code'));
  return system === undefined || code === undefined ? undefined : { system, code };
}

const toCodings = (values: readonly unknown[]): readonly Coding[] =>
  values.map(toCoding).filter((coding) => coding !== undefined);

export const codingsIn = (concept: unknown): readonly Coding[] =>
  listOf(concept).flatMap((item) => toCodings(listOf(at(item, 'coding'))));

/** Looks at every value once, without recursion. */
export function collectCodings(resource: unknown): Codings {
  const clinical: Coding[] = [];
  const security: Coding[] = [];
  const waiting: unknown[] = [resource];
  const seen = new Set<unknown>();
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const coding = toCoding(value);
    if (coding !== undefined) clinical.push(coding);
    const meta = isObject(value) && Object.hasOwn(value, 'resourceType') ? value['meta'] : undefined;
    security.push(...toCodings(listOf(at(meta, 'security'))));
    for (const inner of Object.values(value)) if (inner !== undefined) waiting.push(inner);
  }
  return { clinical, security };
}
