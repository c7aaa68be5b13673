// Owns: reading the words of the command line into values, each refusal with exit code 64.
import { ConsiliumError, type DataPeriod, isConsiliumError } from '@consilium/core';

export function usage(sentence: string): ConsiliumError {
  return new ConsiliumError('USAGE_INVALID', {}, sentence);
}

export function integerOf(text: string, name: string, min = 0): number {
  const value = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(value) || value < min)
    throw usage(`${name} must be a whole number from ${min}, not '${text}'`);
  return value;
}

export function hexIdOf(text: string, name: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw usage(`${name} must be 64 lower-case hex digits, not '${text}'`);
  return text;
}

/** `41230:9f3c...`: a height and a block id, as `status` and `block show` print it. Spaces and dashes are for reading. */
export function blockOf(text: string, name: string): { readonly height: number; readonly blockId: string } {
  const [height = '', id = '', ...rest] = text.split(':');
  const blockId = id.replaceAll(/[\s-]/g, '').toLowerCase();
  if (rest.length > 0 || !isHexId(blockId)) throw usage(`${name} must be HEIGHT:BLOCKID, not '${text}'`);
  return { height: integerOf(height.trim(), name, 1), blockId };
}

/** The same, in groups of four, to be read out by telephone. */
export function spokenBlock(height: number, blockId: string): string {
  return `${height}:${(blockId.match(/.{4}/g) ?? []).join('-')}`;
}

export function isHexId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

const DAY_MS = 86_400_000;

/** `2027-05-31`, a full ISO time, or `90d` from now. Milliseconds since the epoch. */
export function timeOf(text: string, name: string, nowMs: number): number {
  const days = /^([0-9]{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return nowMs + Number(days) * DAY_MS;
  const ms = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw usage(`${name} must be a date (2027-05-31), a time (ISO 8601) or days (90d)`);
  return ms;
}

/** `2026-05` as a month of data (`year * 12 + month - 1`). */
export function monthOf(text: string, name: string): number {
  const [, year, month] = /^([0-9]{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined) throw usage(`${name} must be a month (2026-05)`);
  return Number(year) * 12 + Number(month) - 1;
}

/** Two months of which both or none are given. */
export function monthsOf(
  from: string | undefined,
  until: string | undefined,
  [fromName, untilName]: readonly [string, string],
): DataPeriod | null {
  if (from === undefined && until === undefined) return null;
  if (from === undefined || until === undefined) throw usage(`${fromName} and ${untilName} go together`);
  const months = { from: monthOf(from, fromName), until: monthOf(until, untilName) };
  if (months.until < months.from) throw usage(`${untilName} must not lie before ${fromName}`);
  return months;
}

/** `10m`, `24h` or `90d`. Milliseconds. */
export function durationOf(text: string, name: string): number {
  const [, count, unit] = /^([0-9]{1,5})([mhd])$/.exec(text) ?? [];
  if (count === undefined) throw usage(`${name} must be a time such as 30m, 24h or 90d`);
  return Number(count) * { m: 60_000, h: 3_600_000, d: DAY_MS }[unit as 'm' | 'h' | 'd'];
}

/** A value that must be one of a closed list. */
export function oneOf<T extends string>(known: readonly T[], text: string, name: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw usage(`${name} is one of ${known.join(', ')}`);
  return found;
}

/** All values of an option that may stand several times: a word that nobody knows, or none, would protect nothing. */
export function knownWords(
  known: readonly string[],
  given: readonly string[] | undefined,
  name: string,
): readonly string[] {
  const words = listOf(given);
  if (given !== undefined && words.length === 0) throw usage(`${name} is one of ${known.join(', ')}`);
  return words.map((word) => oneOf(known, word, name));
}

/** For an option that may stand several times. A list in one place would swallow the argument behind it. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Every value of an option that may stand several times or hold a list with commas. */
export function listOf(given: readonly string[] | undefined): readonly string[] {
  return (given ?? []).flatMap((text) => text.split(',')).filter((part) => part !== '');
}

/** A value of the caller's that a library refuses is a wrong use of the command. */
export function asUsage<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isConsiliumError(error)) throw usage(`${name}: ${error.message}`);
    throw error;
  }
}
