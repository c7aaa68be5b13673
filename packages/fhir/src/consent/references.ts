// Owns: a FHIR reference as one text, with the type of what it names, and back. Does not own: what it refers to.
import { at, textOf } from '../json.ts';
import { REFERENCE_LENGTH_MAX } from '../limits.ts';
import { refuse } from './refusals.ts';

export interface ReferenceRead {
  readonly text: string;
  /** As FHIR names types; undefined when the reference does not say. */
  readonly type: string | undefined;
  /** It names one version. */
  readonly versioned: boolean;
}

const LITERAL = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}$/;
const VERSION = /\/_history\/[A-Za-z0-9\-.]{1,64}$/;

/** undefined: only words. A contained resource cannot be known to the ledger. */
export function referenceIn(value: unknown, path: string): ReferenceRead | undefined {
  const literal = textOf(at(value, 'reference'));
  const stated = textOf(at(value, 'type'));
  if (literal !== undefined) {
    const text = literal.replace(VERSION, '');
    if (literal.startsWith('#') || literal.includes('|') || text.length > REFERENCE_LENGTH_MAX)
      return refuse(path, 'reference');
    return { text, type: LITERAL.exec(text)?.[1] ?? stated, versioned: text !== literal };
  }
  const identifier = at(value, 'identifier');
  const [system, code] = [textOf(at(identifier, 'system')), textOf(at(identifier, 'value'))];
  if (identifier === undefined) return undefined;
  const text = `${system}|${code}`;
  if (system === undefined || code === undefined || text.length > REFERENCE_LENGTH_MAX)
    return refuse(path, 'reference');
  return { text, type: stated, versioned: false };
}

export function mustReferenceIn(value: unknown, path: string): ReferenceRead {
  return referenceIn(value, path) ?? refuse(path, 'reference');
}

export interface FhirReference {
  readonly reference?: string;
  readonly type?: string;
  readonly identifier?: { readonly system: string; readonly value: string };
  readonly display?: string;
}

/** `type` is written where the text alone does not tell it. */
export function toReference(text: string, type?: string): FhirReference {
  const bar = text.indexOf('|');
  const named = type === undefined ? {} : { type };
  if (bar < 0) return LITERAL.test(text) ? { reference: text } : { reference: text, ...named };
  return { identifier: { system: text.slice(0, bar), value: text.slice(bar + 1) }, ...named };
}
