// Owns: what each file of a run's folder must look like, checked value by value. A shape throws `Misshapen` with the place.
import type { TimelineEntry, Verdict, WriteSeen } from './verdict.ts';

/** Thrown here, and caught by those who know which file it was. */
export class Misshapen extends Error {}

type Shape = (value: unknown, where: string) => void;
type Fields = Readonly<Record<string, unknown>>;

const text: Shape = (value, where) => need(typeof value === 'string', where, 'a text');
const finite: Shape = (value, where) => need(Number.isFinite(value), where, 'a number');
const whole: Shape = (value, where) =>
  need(Number.isSafeInteger(value) && (value as number) >= 0, where, 'a whole number');
const plain: Shape = (value, where) =>
  need(['string', 'number', 'boolean'].includes(typeof value), where, 'a plain value');

const oneOf =
  (...words: readonly string[]): Shape =>
  (value, where) =>
    need(typeof value === 'string' && words.includes(value), where, `one of ${words.join(', ')}`);

const optional =
  (shape: Shape): Shape =>
  (value, where) => {
    if (value !== undefined) shape(value, where);
  };

const list =
  (each: Shape): Shape =>
  (value, where) => {
    need(Array.isArray(value), where, 'a list');
    for (const [index, item] of (value as unknown[]).entries()) each(item, `${where}[${index}]`);
  };

const table =
  (each: Shape): Shape =>
  (value, where) => {
    for (const [name, item] of Object.entries(fieldsOf(value, where))) each(item, `${where}.${name}`);
  };

const fields =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, where) => {
    const given = fieldsOf(value, where);
    for (const [name, shape] of Object.entries(shapes)) shape(given[name], `${where}.${name}`);
  };

const outcome = oneOf('pass', 'fail', 'unknown');

const verdict: Shape = fields({
  scenario: text,
  world: oneOf('sim', 'devnet'),
  seed: whole,
  outcome,
  checks: table(oneOf('pass', 'fail', 'unknown', 'idle')),
  violations: list(
    fields({ checker: text, what: text, height: optional(whole), nodes: optional(list(text)) }),
  ),
  unknown: list(text),
  sometimes: table(whole),
  heights: whole,
  tookMs: finite,
  healedMs: optional(finite),
  digest: text,
});

const ENTRIES: Readonly<Record<TimelineEntry['kind'], Shape>> = {
  fault: fields({ id: whole, fault: text, targets: list(text), params: table(plain) }),
  undo: fields({ id: whole }),
  phase: fields({ phase: oneOf('faults', 'heal', 'end') }),
  commit: fields({
    node: text,
    height: whole,
    round: whole,
    blockId: text,
    stateRoot: text,
    txs: whole,
  }),
  message: fields({ from: text, to: text, words: text }),
  report: fields({ node: text, level: text, code: text, facts: table(plain) }),
  violation: fields({ checker: text, what: text, height: optional(whole) }),
};

const write: Shape = fields({
  id: text,
  node: text,
  atMs: finite,
  outcome: oneOf('ok', 'fail', 'info', 'lost', 'duplicated', 'never-read'),
});

export function asVerdict(value: unknown): Verdict {
  verdict(value, 'verdict');
  const { healedMs, ...rest } = value as Verdict;
  return { ...rest, healedMs };
}

export function asEntry(value: unknown): TimelineEntry {
  const { kind, atMs } = fieldsOf(value, 'entry');
  finite(atMs, 'entry.atMs');
  need(typeof kind === 'string' && Object.hasOwn(ENTRIES, kind), 'entry.kind', 'a known kind');
  ENTRIES[kind as TimelineEntry['kind']](value, 'entry');
  return value as TimelineEntry;
}

export function asWrite(value: unknown): WriteSeen {
  write(value, 'write');
  return value as WriteSeen;
}

export function asTexts(value: unknown, where: string): Readonly<Record<string, string>> {
  table(text)(value, where);
  return value as Readonly<Record<string, string>>;
}

export interface FileSeen {
  readonly bytes: number;
  readonly sha256: string;
}

export function asIndex(value: unknown): Readonly<Record<string, FileSeen>> {
  table(fields({ bytes: whole, sha256: text }))(value, 'files');
  return value as Readonly<Record<string, FileSeen>>;
}

export function asCounts(value: unknown): Readonly<Record<string, number>> {
  table(whole)(value, 'dropped');
  return value as Readonly<Record<string, number>>;
}

export function fieldsOf(value: unknown, where: string): Fields {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), where, 'an object');
  return value as Fields;
}

function need(holds: boolean, where: string, what: string): void {
  if (!holds) throw new Misshapen(`${where} is not ${what}`);
}
