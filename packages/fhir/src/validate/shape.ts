// Owns: what must hold before the validator may look: an object, not too deep, of known types, with plain names.
// Does not own: the rules of FHIR.
import { isObject, type JsonObject } from '../json.ts';
import { RESOURCE_DEPTH_MAX } from '../limits.ts';
import type { Finding } from './finding.ts';
import { isResourceType, type ResourceType } from './resource-types.ts';

export interface Shaped {
  readonly resource: JsonObject;
  readonly type: ResourceType;
  /** Of the resource and of all in it. */
  readonly types: ReadonlySet<ResourceType>;
}

/** The elements of the known types that hold a resource. */
const HOLDERS = new Set(['contained', 'outcome', 'resource']);

interface Visit {
  readonly value: unknown;
  readonly holder: string;
  readonly depth: number;
}

const fail = (path: string, rule: Finding['rule']): { readonly finding: Finding } => ({
  finding: { path, rule },
});

/** The names of Object.prototype are no elements of FHIR, and the validator would take them for known. */
const isPlainName = (name: string): boolean => !(name in Object.prototype);

function typeOf({ value, holder }: Visit): ResourceType | 'none' | Finding['rule'] {
  if (!isObject(value) || !Object.hasOwn(value, 'resourceType')) return 'none';
  if (!HOLDERS.has(holder)) return 'unknown-property';
  const type = value['resourceType'];
  return typeof type === 'string' && isResourceType(type) ? type : 'resource-type';
}

function childrenOf({ value, holder, depth }: Visit): Visit[] {
  if (Array.isArray(value)) return value.map((item) => ({ value: item, holder, depth: depth + 1 }));
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, item]) => ({ value: item, holder: key, depth: depth + 1 }));
}

/** Looks at every value once, without recursion. */
export function shapeOf(resource: unknown): Shaped | { readonly finding: Finding } {
  if (!isObject(resource)) return fail('', 'object');
  const root = typeOf({ value: resource, holder: 'resource', depth: 0 });
  if (!isResourceType(root)) return fail('', 'resource-type');
  const types = new Set<ResourceType>();
  const visits: Visit[] = [{ value: resource, holder: 'resource', depth: 0 }];
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    if (visit.depth > RESOURCE_DEPTH_MAX) return fail(root, 'depth');
    if (isObject(visit.value) && !Object.keys(visit.value).every(isPlainName)) {
      return fail(root, 'unknown-property');
    }
    const type = typeOf(visit);
    if (isResourceType(type)) types.add(type);
    else if (type !== 'none') return fail(root, type);
    for (const child of childrenOf(visit)) visits.push(child);
  }
  return { resource, type: root, types };
}
