// Owns: which data a provision speaks of, by kind, by record and by author. Does not own: labels and months.
import { canonicalSet } from '@consilium/core';
import { CATEGORIES, categoryOfType } from '../describe/category.ts';
import { at } from '../json.ts';
import { codingOf, codingsOf, type Placed, type Reading, repetitions, widen } from './reading.ts';
import { mustReferenceIn } from './references.ts';
import { refuse } from './refusals.ts';
import { isOf } from './systems.ts';

/** The words under which records are filed, from `class`. */
export function categoriesIn(reading: Reading): readonly string[] {
  // A clinical code is not on the ledger, and the nearest thing that is, a category, says something else.
  for (const { path } of repetitions(reading, 'code')) refuse(path, 'code');
  return canonicalSet(repetitions(reading, 'class').map((placed) => categoryIn(reading, placed)));
}

function categoryIn(reading: Reading, { value, path }: Placed): string {
  const { system, code = '' } = codingOf(value);
  if (isOf('recordCategory', system) || isOf('observationCategory', system))
    return CATEGORIES.find((category) => category === code) ?? refuse(path, 'class');
  const wider = isOf('resourceTypes', system) ? categoryOfType(code) : undefined;
  if (wider === undefined) return refuse(path, 'class');
  widen(reading, path, 'class');
  return wider;
}

export interface NamedData {
  readonly records: readonly string[];
  readonly authors: readonly string[];
}

export function dataIn(reading: Reading): NamedData {
  const records: string[] = [];
  const authors: string[] = [];
  for (const placed of repetitions(reading, 'data')) {
    const meaning = at(placed.value, 'meaning');
    const { text, versioned } = mustReferenceIn(at(placed.value, 'reference'), `${placed.path}.reference`);
    if (meaning === 'instance') {
      // The ledger's consents speak of all versions of a record.
      if (versioned) widen(reading, `${placed.path}.reference`, 'reference');
      records.push(text);
    } else if (meaning === 'authoredby') authors.push(text);
    else refuse(`${placed.path}.meaning`, 'data-meaning');
  }
  // Alternatives in FHIR, two conditions on the ledger.
  if (records.length > 0 && authors.length > 0) refuse(`${reading.path}.data`, 'data-mixed');
  return { records: canonicalSet(records), authors: canonicalSet(authors) };
}

/** HL7: correcting includes access. */
const READING = ['access', 'correct'];
const OTHER_USES = ['collect', 'disclose', 'use'];

/** The ledger decides on reading. What a permit says of other actions beside it, it neither grants nor forbids. */
export function checkAction(reading: Reading): void {
  const actions = repetitions(reading, 'action');
  const codes = actions.map(({ value }) =>
    codingsOf(value).flatMap(({ system, code }) =>
      isOf('action', system) && code !== undefined ? [code] : [],
    ),
  );
  if (actions.length === 0 || codes.flat().some((code) => READING.includes(code))) return;
  const path = `${reading.path}.action`;
  if (codes.some((each) => !each.some((code) => OTHER_USES.includes(code)))) refuse(path, 'action');
  widen(reading, path, 'action');
}
