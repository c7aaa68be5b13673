// Owns: what the readers of single elements need: the decision of the rule that the element belongs to, where it stands,
// and a place for notes. Does not own: any element.
import { at, isObject, type JsonObject, listOf, textOf } from '../json.ts';
import type { Decision } from './plain.ts';
import type { ConsentNote, ConsentRefusal } from './refusals.ts';
import { refuse } from './refusals.ts';

export interface Reading {
  readonly decision: Decision;
  readonly provision: JsonObject;
  /** Of the provision. */
  readonly path: string;
  readonly notes: ConsentNote[];
}

export interface Placed {
  readonly value: unknown;
  readonly path: string;
}

/** The repetitions of an element of the provision. */
export function repetitions({ provision, path }: Reading, element: string): readonly Placed[] {
  return listOf(provision[element]).map((value, position) => ({
    value,
    path: `${path}.${element}[${position}]`,
  }));
}

/** A denial may be taken more widely than it is written, and a note says so; a permit is refused. */
export function widen({ decision, notes }: Reading, path: string, rule: ConsentRefusal): void {
  if (decision === 'permit') refuse(path, rule);
  notes.push({ path, effect: 'widened' });
}

export interface CodingRead {
  readonly system: string | undefined;
  readonly code: string | undefined;
}

export const codingOf = (value: unknown): CodingRead => ({
  system: textOf(at(value, 'system')),
  code: textOf(at(value, 'code')),
});

/** The codings of one CodeableConcept. */
export const codingsOf = (concept: unknown): readonly CodingRead[] =>
  listOf(at(concept, 'coding')).filter(isObject).map(codingOf);
