// Owns: walking a resource along its definition, one visit for each value with the type that FHIR gives it. Does not
// own: what is wrong with a value; values of names that the definition lacks are passed over.
import { tryGetDataType } from '@medplum/core';
import { isObject } from '../json.ts';

export interface TypedValue {
  readonly path: string;
  /** Of FHIR (Period, code, ObservationComponent); a resource has its own, not Resource. */
  readonly type: string;
  readonly value: unknown;
  /** The value set of which a code is required here. */
  readonly valueSet: string | undefined;
}

interface Property {
  readonly type: string;
  readonly valueSet: string | undefined;
}

const properties = new Map<string, ReadonlyMap<string, Property>>();

const capitalise = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** The names that may stand in JSON in an object of this type: of a choice, one for each of its types. */
function propertiesOf(type: string): ReadonlyMap<string, Property> {
  const known = properties.get(type);
  if (known !== undefined) return known;
  const found = new Map<string, Property>();
  for (const [name, element] of Object.entries(tryGetDataType(type)?.elements ?? {})) {
    const binding = element.binding as { readonly valueSet?: string } | undefined;
    for (const { code } of element.type) {
      const property = { type: code, valueSet: binding?.valueSet };
      found.set(name.endsWith('[x]') ? name.slice(0, -3) + capitalise(code) : name, property);
    }
  }
  properties.set(type, found);
  return found;
}

function typeOf(declared: string, value: unknown): string {
  const own = declared === 'Resource' && isObject(value) ? value['resourceType'] : undefined;
  return typeof own === 'string' ? own : declared;
}

function childrenOf({ path, type, value }: TypedValue): TypedValue[] {
  if (!isObject(value)) return [];
  const known = propertiesOf(type);
  return Object.entries(value).flatMap(([name, content]) => {
    const property = known.get(name);
    if (property === undefined) return [];
    const isFilled = Array.isArray(content) && content.length > 0;
    return (isFilled ? content : [content]).map((item, position) => ({
      path: isFilled ? `${path}.${name}[${position}]` : `${path}.${name}`,
      type: typeOf(property.type, item),
      value: item,
      valueSet: property.valueSet,
    }));
  });
}

/** The value itself first, then, in the order of the JSON, what is in it. */
export function* walkTyped(root: TypedValue): Generator<TypedValue, void, undefined> {
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    waiting.push(...childrenOf(next).reverse());
  }
}
