// Owns: reading JSON of unknown shape without ever throwing. Does not own: what FHIR says about the shape.

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A property of an object; undefined for whatever else. The name is one of FHIR, never one that came in. */
export const at = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);

/** The value at a path of names, into the first item of each list on the way. */
export function atPath(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((inner: unknown, key) => at(Array.isArray(inner) ? inner[0] : inner, key), value);
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A list as it is, one value as a list of one, nothing as an empty list. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}
