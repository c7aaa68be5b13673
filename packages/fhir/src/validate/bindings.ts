// Owns: required bindings: a coded element must hold a code of its value set. Does not own: which elements are bound
// (the definitions), value sets that the definitions cannot list (SNOMED CT, UCUM, media types, currencies).
import { at, listOf } from '../json.ts';
import type { ValueSets } from './definitions.ts';
import type { Finding } from './finding.ts';
import type { TypedValue } from './typed-walk.ts';

type Systems = ValueSets[string];

function holdsCoding(systems: Systems, coding: unknown): boolean {
  const system = at(coding, 'system');
  const code = at(coding, 'code');
  if (typeof system !== 'string' || typeof code !== 'string' || !Object.hasOwn(systems, system)) return false;
  return systems[system]?.includes(code) ?? false;
}

function isBound({ type, value }: TypedValue, systems: Systems): boolean {
  switch (type) {
    case 'code':
      // What is no text is the validator's to name; a code may be null in favour of an extension that says why.
      return typeof value !== 'string' || Object.values(systems).some((codes) => codes.includes(value));
    case 'Coding':
      return holdsCoding(systems, value);
    case 'CodeableConcept':
      return listOf(at(value, 'coding')).some((coding) => holdsCoding(systems, coding));
    default:
      return true;
  }
}

export function checkBinding(typed: TypedValue, valueSets: ValueSets): readonly Finding[] {
  const systems = typed.valueSet === undefined ? undefined : valueSets[typed.valueSet];
  return systems === undefined || isBound(typed, systems)
    ? []
    : [{ path: typed.path, rule: 'required-binding' }];
}
