// Owns: taking the fields of a TOML table one by one: each has a kind, a bound and a default, and what is left over was
// misspelt. Refuses with `SCENARIO_INVALID` {where, why}.
import { ConsiliumError } from '@consilium/core';

export type Table = Readonly<Record<string, unknown>>;

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Fields {
  has(name: string): boolean;
  text(name: string, otherwise?: string): string;
  integer(name: string, range: Range, otherwise?: number): number;
  number(name: string, range: Range, otherwise?: number): number;
  flag(name: string, otherwise: boolean): boolean;
  /** Written "300ms", "5s" or "2m". Milliseconds. */
  duration(name: string, range: Range, otherwise?: number): number;
  texts(name: string): readonly string[];
  /** A text, or a list of them. */
  oneOrMore(name: string, otherwise: string): string | readonly string[];
  table(name: string): Fields;
  tables(name: string): readonly Fields[];
  /** Refuses what nobody has taken. */
  end(): void;
  refuse(name: string, why: string): never;
}

export function isTable(raw: unknown): raw is Table {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}

/** `where`: of the table, as it is named to a person: `step 2`. */
export function fieldsOf(table: Table, where: string): Fields {
  const taken = new Set<string>();
  const refuse = (name: string, why: string): never => {
    const place = where === '' ? name : `${where}: ${name}`;
    throw new ConsiliumError('SCENARIO_INVALID', { where: place, why });
  };
  /** `read` gives undefined for what it does not take. */
  const take = <T>(
    name: string,
    expected: string,
    otherwise: T | undefined,
    read: (raw: unknown) => T | undefined,
  ): T => {
    taken.add(name);
    const raw = table[name];
    if (raw === undefined) return otherwise ?? refuse(name, `is missing: ${expected}`);
    return read(raw) ?? refuse(name, `must be ${expected}, not ${shown(raw)}`);
  };
  const numberIn =
    ({ min, max }: Range, isRight: (raw: number) => boolean) =>
    (raw: unknown): number | undefined =>
      typeof raw === 'number' && isRight(raw) && raw >= min && raw <= max ? raw : undefined;
  const listOf = (raw: unknown): readonly string[] | undefined =>
    Array.isArray(raw) && raw.every((each) => typeof each === 'string') ? raw : undefined;
  const textIn = (raw: unknown): string | undefined =>
    typeof raw === 'string' && raw !== '' ? raw : undefined;

  return {
    has: (name) => table[name] !== undefined,
    text: (name, otherwise) => take(name, 'a text', otherwise, textIn),
    integer: (name, range, otherwise) =>
      take(name, `an integer ${between(range)}`, otherwise, numberIn(range, Number.isSafeInteger)),
    number: (name, range, otherwise) =>
      take(name, `a number ${between(range)}`, otherwise, numberIn(range, Number.isFinite)),
    flag: (name, otherwise) =>
      take(name, 'true or false', otherwise, (raw) => (typeof raw === 'boolean' ? raw : undefined)),
    duration: (name, range, otherwise) =>
      take(name, `a duration such as "300ms", "5s" or "2m", ${between(range)} ms`, otherwise, (raw) =>
        numberIn(range, Number.isFinite)(durationMs(raw)),
      ),
    texts: (name) => take(name, 'a list of texts', [], listOf),
    oneOrMore: (name, otherwise) =>
      take<string | readonly string[]>(name, 'a text or a list of texts', otherwise, (raw) =>
        typeof raw === 'string' ? textIn(raw) : listOf(raw),
      ),
    table: (name) => fieldsOf(take<Table>(name, 'a table', {}, tableIn), placeOf(where, name)),
    tables: (name) =>
      take<readonly Table[]>(name, 'a list of tables', [], (raw) =>
        Array.isArray(raw) && raw.every(isTable) ? raw : undefined,
      ).map((each, index) => fieldsOf(each, `${placeOf(where, name)} ${index + 1}`)),
    end: () => {
      const left = Object.keys(table).find((name) => !taken.has(name));
      if (left !== undefined) refuse(left, `is not known here; known are ${[...taken].join(', ')}`);
    },
    refuse,
  };
}

function tableIn(raw: unknown): Table | undefined {
  return isTable(raw) ? raw : undefined;
}

function placeOf(where: string, name: string): string {
  return where === '' ? name : `${where} ${name}`;
}

function between({ min, max }: Range): string {
  return `from ${min} to ${max}`;
}

function shown(raw: unknown): string {
  return raw instanceof Date ? 'a date' : (JSON.stringify(raw)?.slice(0, 60) ?? typeof raw);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

function durationMs(raw: unknown): number {
  const [, count, unit] = (typeof raw === 'string' && /^(-?\d+(?:\.\d+)?)(ms|s|m)$/.exec(raw)) || [];
  if (count === undefined || unit === undefined) return Number.NaN;
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  // Whole milliseconds, or its text would not read back.
  return Number.isSafeInteger(ms) ? ms : Number.NaN;
}
