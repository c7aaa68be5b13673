// Owns: taking a bundle apart: each entry is a resource by itself, with its own invariants and contained resources.
// Does not own: judging them.
import { at, isObject, type JsonObject, listOf } from '../json.ts';

export interface Part {
  readonly path: string;
  readonly resource: JsonObject;
  /** What of the resource is checked here: all of it, or a bundle with stand-ins in place of its resources. */
  readonly body: JsonObject;
}

/** The validator must know it before it sees a body. */
export const STAND_IN_TYPE = 'Basic';

/** A valid resource that no invariant of Bundle.entry tells from another. */
const STAND_IN: JsonObject = { resourceType: STAND_IN_TYPE, code: { text: '-' } };

const isResource = (value: unknown): value is JsonObject =>
  isObject(value) && typeof value['resourceType'] === 'string';

const withStandIn = (entry: unknown): unknown =>
  isObject(entry) && isResource(entry['resource']) ? { ...entry, resource: STAND_IN } : entry;

/** The resource itself first, then, of a bundle, the resources of its entries, and theirs. */
export function partsOf(resource: JsonObject, path: string): readonly Part[] {
  const entries = at(resource, 'entry');
  if (resource['resourceType'] !== 'Bundle' || !Array.isArray(entries))
    return [{ path, resource, body: resource }];
  const inner = listOf(entries).flatMap((entry, position) => {
    const content = at(entry, 'resource');
    return isResource(content) ? partsOf(content, `${path}.entry[${position}].resource`) : [];
  });
  return [{ path, resource, body: { ...resource, entry: entries.map(withStandIn) } }, ...inner];
}
