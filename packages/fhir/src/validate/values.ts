// Owns: what FHIR says of single values where the validator is too mild or too strict. Does not own: the rest of it.
import { isObject } from '../json.ts';
import type { Finding, StructureRule } from './finding.ts';
import type { TypedValue } from './typed-walk.ts';

const BASE64 = /^[0-9A-Za-z+/]+={0,2}$/;

/** R4 allows white space in it. */
function isBase64(text: string): boolean {
  const groups = text.replaceAll(/\s+/g, '');
  return groups.length % 4 === 0 && BASE64.test(groups);
}

/** No text, list or object is empty. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === '' || (isObject(value) && Object.keys(value).length === 0);
}

const isPrimitive = (type: string): boolean => /^[a-z]/.test(type);

function brokenRule({ type, value }: TypedValue): StructureRule | undefined {
  if (isEmpty(value)) return 'empty';
  // The extensions of a primitive stand beside it (_birthDate), never in its place.
  if (isPrimitive(type) && isObject(value)) return 'json-type';
  return type === 'base64Binary' && typeof value === 'string' && !isBase64(value) ? 'format' : undefined;
}

export function checkValue(typed: TypedValue): readonly Finding[] {
  const rule = brokenRule(typed);
  return rule === undefined ? [] : [{ path: typed.path, rule }];
}
