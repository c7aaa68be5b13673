// Owns: which table files make up a store, as LevelDB's manifest says (its db/version_edit.cc): a crash leaves others that
// were never finished.
import { recordsOf } from './log-file.ts';
import { varint } from './snappy.ts';

/** Numbers of the files in use. undefined: the manifest does not have the form that is known here. */
export function tablesInUse(manifest: Uint8Array): ReadonlySet<number> | undefined {
  const used = new Set<number>();
  for (const record of recordsOf(manifest)) if (!takeEdit(record, used)) return undefined;
  return used;
}

/** What follows each tag: `n` a number, `b` bytes with their length before them. */
const FIELDS: Readonly<Record<number, string>> = {
  1: 'b',
  2: 'n',
  3: 'n',
  4: 'n',
  5: 'nb',
  6: 'nn',
  7: 'nnnbb',
  9: 'n',
};
const [DELETED, ADDED] = [6, 7];

function takeEdit(record: Uint8Array, used: Set<number>): boolean {
  let at = 0;
  while (at < record.length) {
    const field = fieldAt(record, at);
    if (field === undefined) return false;
    const [, file] = field.numbers;
    if (field.tag === DELETED && file !== undefined) used.delete(file);
    if (field.tag === ADDED && file !== undefined) used.add(file);
    at = field.next;
  }
  return at === record.length;
}

interface Field {
  readonly tag: number;
  readonly numbers: readonly number[];
  readonly next: number;
}

function fieldAt(record: Uint8Array, at: number): Field | undefined {
  const tag = varint(record, at);
  const parts = tag && FIELDS[tag.value];
  if (tag === undefined || parts === undefined) return undefined;
  const numbers: number[] = [];
  let next = tag.next;
  for (const part of parts) {
    const number = varint(record, next);
    if (number === undefined) return undefined;
    if (part === 'n') numbers.push(number.value);
    next = part === 'n' ? number.next : number.next + number.value;
  }
  return { tag: tag.value, numbers, next };
}
