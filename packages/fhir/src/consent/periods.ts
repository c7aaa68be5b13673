// Owns: FHIR's periods as the ledger counts them: when a consent holds in milliseconds, when data was made in months.
// Does not own: clocks; a date without a time zone counts in UTC, and the months of data are those that are written.
import type { ConsentPeriod, DataPeriod } from '@consilium/core';
import { MONTH_MAX } from '@consilium/core';
import { at, textOf } from '../json.ts';
import { type Decision, FOREVER_MS } from './plain.ts';
import type { Reading } from './reading.ts';
import { refuse } from './refusals.ts';

const DATE_TIME =
  /^(?!0000)(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2}))?)?)?$/;

/** All moments that a date or time of its precision covers: from `first`, until just before `end`. As written, and in UTC. */
interface Span {
  readonly first: number;
  readonly end: number;
  /** Milliseconds that the written time zone is ahead of UTC. */
  readonly offset: number;
}

function spanOf(text: string, path: string): Span {
  const match = DATE_TIME.exec(text);
  if (match === null) return refuse(path, 'period');
  const [year = 0, month, day, hour, minute = 0, second = 0] = match.slice(1, 7).map(numberOf);
  const fraction = match[7];
  const first = utc(year, month ?? 1, day ?? 1, hour ?? 0, minute, second) + fractionMs(fraction);
  return { first, end: endOf(match, first), offset: offsetMs(match[8]) };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

const fractionMs = (fraction = ''): number => Number(fraction.padEnd(3, '0').slice(0, 3));

/** FHIR: the end of a period includes every moment that it covers at its precision. */
function endOf([, year, month, day, hour, , , fraction]: RegExpExecArray, first: number): number {
  if (month === undefined) return utc(Number(year) + 1, 1, 1, 0, 0, 0);
  if (day === undefined) return utc(Number(year), Number(month) + 1, 1, 0, 0, 0);
  if (hour === undefined) return first + 86_400_000;
  return first + (fraction === undefined ? 1_000 : 1);
}

function offsetMs(zone = 'Z'): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** null: no constraint. */
export function periodIn({ provision, path }: Reading): ConsentPeriod | null {
  const period = provision['period'];
  if (period === undefined) return null;
  const [start, end] = boundsOf(period, `${path}.period`);
  const from = start === undefined ? 0 : Math.max(0, start.first - start.offset);
  const until = end === undefined ? FOREVER_MS : end.end - end.offset;
  return from < until ? { from, until } : refuse(`${path}.period`, 'period');
}

function boundsOf(period: unknown, path: string): readonly [Span | undefined, Span | undefined] {
  const [start, end] = [textOf(at(period, 'start')), textOf(at(period, 'end'))];
  if (start === undefined && end === undefined) refuse(path, 'period');
  return [
    start === undefined ? undefined : spanOf(start, `${path}.start`),
    end === undefined ? undefined : spanOf(end, `${path}.end`),
  ];
}

/** The months wholly inside for a permit, those touched for a denial; a note where that is not what is written. */
export function dataPeriodIn(reading: Reading): DataPeriod | null {
  const { provision, decision, notes } = reading;
  const path = `${reading.path}.dataPeriod`;
  if (provision['dataPeriod'] === undefined) return null;
  const [start, end] = boundsOf(provision['dataPeriod'], path);
  const from = start === undefined ? 0 : firstMonth(start.first, decision);
  const until = end === undefined ? MONTH_MAX : lastMonth(end.end, decision);
  const exact =
    (start === undefined || isMonthStart(start.first)) && (end === undefined || isMonthStart(end.end));
  if (!exact) notes.push({ path, effect: decision === 'permit' ? 'narrowed' : 'widened' });
  return from <= until ? { from, until } : refuse(path, 'data-period');
}

function monthAt(timeMs: number): number {
  const date = new Date(timeMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function isMonthStart(timeMs: number): boolean {
  return timeMs === monthStartMs(monthAt(timeMs));
}

export function monthStartMs(month: number): number {
  return utc(Math.floor(month / 12), (month % 12) + 1, 1, 0, 0, 0);
}

function firstMonth(first: number, decision: Decision): number {
  return monthAt(first) + (decision === 'permit' && !isMonthStart(first) ? 1 : 0);
}

function lastMonth(end: number, decision: Decision): number {
  return monthAt(end) - (decision === 'permit' || isMonthStart(end) ? 1 : 0);
}
