// Owns: cutting a FHIR R4 Bundle into its resources as the exact bytes that stand in the text. Does not own: what the
// resources say; none of it leaves this function but the bytes themselves.
import { ConsiliumError, utf8 } from '@consilium/core';
import { type JSONVisitor, visit } from 'jsonc-parser';
import { BUNDLE_BYTES_MAX } from '../limits.ts';

/** JSON as RFC 8259 has it: no comments, no trailing comma. */
const STRICT = { disallowComments: true, allowTrailingComma: false } as const;

function refuse(rule: string): ConsiliumError {
  return new ConsiliumError('BUNDLE_INVALID', { rule });
}

/**
 * The bytes of each `entry[i].resource`, in order, exactly as they stand in the text (white space inside included).
 * Throws `BUNDLE_INVALID` naming the rule (never content): not strict JSON, not a Bundle, an entry without a resource,
 * the same name twice where one of them would be lost.
 */
export function documentsOfBundle(text: string): Uint8Array[] {
  if (text.length > BUNDLE_BYTES_MAX) throw refuse('too large');
  if (!text.isWellFormed()) throw refuse('not well-formed text');
  checkStrictJson(text);
  const found = scanBundle(text);
  if (found.resourceType !== 'Bundle') throw refuse('resourceType is not Bundle');
  if (found.resources.length === 0) throw refuse('no entry');
  if (found.resources.length !== found.entries) throw refuse('an entry without a resource');
  return found.resources.map(({ start, end }) => utf8(text.slice(start, end)));
}

function checkStrictJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw refuse('not strict JSON');
  }
}

interface Scan {
  resourceType: unknown;
  entryArrays: number;
  entries: number;
  resourcesOfEntry: number;
  /** Where the resource that is open begins. */
  start: number;
  readonly resources: { readonly start: number; readonly end: number }[];
}

/** Containers by depth: the Bundle `{` 1, `"entry": [` 2, an entry `{` 3, `"resource": {` 4. */
function scanBundle(text: string): Scan {
  const scan: Scan = {
    resourceType: undefined,
    entryArrays: 0,
    entries: 0,
    resourcesOfEntry: 0,
    start: 0,
    resources: [],
  };
  /** Property under which the next value stands, by depth. */
  const names: (string | undefined)[] = [];
  let depth = 0;

  const isEntryList = (): boolean => depth === 1 && names[1] === 'entry';
  const isEntry = (): boolean => depth === 2 && names[1] === 'entry';
  const isResource = (): boolean => depth === 3 && names[1] === 'entry' && names[3] === 'resource';

  const open = (kind: 'object' | 'array', offset: number): void => {
    if (isEntryList()) enterEntryList(scan, kind);
    else if (isEntry()) enterEntry(scan, kind);
    else if (isResource()) enterResource(scan, kind, offset);
    depth += 1;
    names[depth] = undefined;
  };
  const close = (offset: number, length: number): void => {
    depth -= 1;
    if (isResource()) scan.resources.push({ start: scan.start, end: offset + length });
  };

  const visitor: JSONVisitor = {
    onObjectBegin: (offset) => open('object', offset),
    onArrayBegin: (offset) => open('array', offset),
    onObjectEnd: close,
    onArrayEnd: close,
    onObjectProperty: (name) => {
      names[depth] = name;
    },
    onLiteralValue: (value) => {
      if (depth === 1 && names[1] === 'resourceType') readResourceType(scan, value);
      if (isEntryList() || isEntry() || isResource()) throw refuse('a value where an object belongs');
    },
    onError: () => {
      throw refuse('not strict JSON');
    },
  };
  visit(text, visitor, STRICT);
  return scan;
}

function enterEntryList(scan: Scan, kind: 'object' | 'array'): void {
  if (kind !== 'array') throw refuse('entry is not a list');
  scan.entryArrays += 1;
  if (scan.entryArrays > 1) throw refuse('two lists of entries');
}

function enterEntry(scan: Scan, kind: 'object' | 'array'): void {
  if (kind !== 'object') throw refuse('an entry is not an object');
  scan.entries += 1;
  scan.resourcesOfEntry = 0;
}

function enterResource(scan: Scan, kind: 'object' | 'array', offset: number): void {
  if (kind !== 'object') throw refuse('a resource is not an object');
  scan.resourcesOfEntry += 1;
  if (scan.resourcesOfEntry > 1) throw refuse('two resources in one entry');
  scan.start = offset;
}

function readResourceType(scan: Scan, value: unknown): void {
  if (scan.resourceType !== undefined) throw refuse('two resource types');
  scan.resourceType = value;
}
