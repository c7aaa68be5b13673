// Owns: holding a bundle of audit events against the verified log that it is said to be made from: made anew, it must be
// the same text; where it is not, the event and the reason are named. Does not own: the log's own check (verify-log.ts).
import { ConsiliumError, type Hex32, isConsiliumError } from '@consilium/core';
import { ACCESS_LOG_BYTES_MAX } from '../../limits.ts';
import type { VerifiedAccessLog } from '../verify-log.ts';
import { type AuditEventOf, auditBundle, auditEvents, bundleHead } from './bundle.ts';

/** What of a bundle does not hold. */
export type EventsCheck =
  | 'events-form'
  | 'events-age'
  | 'events-head'
  | 'event'
  | 'event-missing'
  | 'event-surplus'
  | 'event-order';

const SENTENCES: Readonly<Record<EventsCheck, string>> = {
  'events-form': 'it is not as it was written',
  'events-age': 'the bundle is complete as of another time than the log',
  'events-head': 'the bundle is of another network, or not what an export of this log begins with',
  event: 'the event is not what the log says',
  'event-missing': 'an event of the log is missing here',
  'event-surplus': 'nothing in the log makes this event, or it stands twice',
  'event-order': 'the event stands in another place than in the log',
};

/** Where in the bundle: the event's place from 1, its line, and the access that it is of. */
interface Where {
  readonly entry: number;
  readonly line: number;
  readonly patient?: Hex32;
  readonly index?: number;
  /** Inside the event: as in FHIRPath. */
  readonly path?: string;
}

/** Gives the number of events. Throws `PROOF_INVALID` whose data `entry`, `line`, `rule` (an `EventsCheck`) say what differs. */
export function verifyAuditBundle(log: VerifiedAccessLog, text: string): number {
  const expected = auditEvents(log);
  if (text === auditBundle(log)) return expected.length;
  explain(log, expected, text);
  throw failed('events-form', { entry: 0, line: firstDifference(auditBundle(log), text) });
}

function failed(rule: EventsCheck, where: Where): ConsiliumError {
  const { entry, line, patient, index, path } = where;
  const access = patient === undefined ? '' : `, access ${index} of ${patient.slice(0, 8)}…`;
  const inside = path === undefined ? '' : ` at ${path}`;
  const place = entry === 0 ? `line ${line}` : `entry ${entry} (line ${line}${access})${inside}`;
  return new ConsiliumError('PROOF_INVALID', { rule, ...where }, `${place}: ${SENTENCES[rule]}`);
}

/** Throws when the bundle says something else than the log; passes what only is written in another way. */
function explain(log: VerifiedAccessLog, expected: readonly AuditEventOf[], text: string): void {
  const { entry = [], ...head } = parsed(text);
  if (!Array.isArray(entry)) throw failed('events-form', { entry: 0, line: 1 });
  checkHead(log, head);
  const given = entry.map(resourceOf);
  const places = new Map(expected.map(({ id }, at) => [id, at]));
  for (let at = 0; at < Math.max(given.length, expected.length); at += 1) {
    const [is, must] = [given[at], expected[at]];
    // Looking for the line reads the whole text: only where something is said of it.
    const refused = (rule: EventsCheck, path?: string): ConsiliumError => {
      const where = { entry: at + 1, line: lineOf(text, is), patient: must?.patient, index: must?.index };
      return failed(rule, path === undefined ? placeIn(where) : { ...placeIn(where), path });
    };
    if (is === undefined) throw refused('event-missing');
    const own = places.get(is.id);
    if (must === undefined || own === undefined || own < at) throw refused('event-surplus');
    if (is.id !== must.id) {
      const later = given.slice(at).some(({ id }) => id === must.id);
      throw refused(later ? 'event-order' : 'event-missing');
    }
    const path = differenceOf(must.resource, is.resource, 'AuditEvent');
    if (path !== undefined) throw refused('event', path);
  }
}

function placeIn({
  patient,
  index,
  ...where
}: Pick<Where, 'entry' | 'line'> & { patient: Hex32 | undefined; index: number | undefined }): Where {
  return patient === undefined || index === undefined ? where : { ...where, patient, index };
}

function parsed(text: string): Record<string, unknown> {
  if (text.length > ACCESS_LOG_BYTES_MAX) throw failed('events-form', { entry: 0, line: 1 });
  try {
    const raw: unknown = JSON.parse(text);
    if (isRecord(raw)) return raw;
  } catch (error) {
    if (isConsiliumError(error)) throw error;
  }
  throw failed('events-form', { entry: 0, line: 1 });
}

/** An old bundle beside a new log, or the other way round, is told apart from a damaged one. */
function checkHead(log: VerifiedAccessLog, head: Record<string, unknown>): void {
  const must = bundleHead(log);
  const path = differenceOf(must, head, 'Bundle');
  if (path === undefined) return;
  const aged = ['timestamp', 'identifier'].every((name) => name in head) && head['type'] === must['type'];
  throw failed(aged ? 'events-age' : 'events-head', { entry: 0, line: 1, path });
}

interface Given {
  readonly id: string;
  readonly resource: unknown;
}

function resourceOf(entry: unknown): Given {
  const resource = isRecord(entry) ? entry['resource'] : undefined;
  const id = isRecord(resource) ? resource['id'] : undefined;
  return { id: typeof id === 'string' ? id : '', resource };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Path of the first difference; undefined when both mean the same. */
function differenceOf(must: unknown, is: unknown, path: string): string | undefined {
  if (Array.isArray(must) && Array.isArray(is)) {
    if (must.length !== is.length) return path;
    return firstOf(must.map((value, at) => [value, is[at], `${path}[${at}]`]));
  }
  if (isRecord(must) && isRecord(is)) {
    const stranger = Object.keys(is).some((name) => !(name in must));
    if (stranger) return path;
    return firstOf(Object.keys(must).map((name) => [must[name], is[name], `${path}.${name}`]));
  }
  return must === is ? undefined : path;
}

function firstOf(pairs: readonly (readonly [unknown, unknown, string])[]): string | undefined {
  for (const [must, is, path] of pairs) {
    const found = differenceOf(must, is, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The line on which the event stands, or else the last. */
function lineOf(text: string, given: Given | undefined): number {
  const at = given === undefined ? -1 : text.indexOf(JSON.stringify(given.id));
  return (at < 0 ? text.trimEnd() : text.slice(0, at)).split('\n').length;
}

function firstDifference(must: string, is: string): number {
  const [expected, given] = [must.split('\n'), is.split('\n')];
  const at = given.findIndex((line, place) => line !== expected[place]);
  return at < 0 ? given.length + 1 : at + 1;
}
