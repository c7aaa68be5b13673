// Owns: which part of a run is worth a close look (around the first divergence or violation, else its last heights), and
// that part as a sequence diagram. Does not own: its rows (sequence-rows.ts), drawing it (sequence-text.ts, report/).
import { SEQUENCE_LANES_MAX, SEQUENCE_ROWS_MAX } from '../limits.ts';
import { namesOf } from '../scenario/parse.ts';
import { firstDivergence } from './divergence.ts';
import { faultsOf, rowsOf, type SequenceRow, shortId } from './sequence-rows.ts';
import type { RunRecord, TimelineEntry } from './verdict.ts';

export interface Focus {
  readonly why: 'divergence' | 'violation' | 'end';
  /** The height that it is about; undefined when nobody said. */
  readonly height: number | undefined;
  readonly atMs: number;
}

export interface Sequence {
  readonly focus: Focus;
  readonly lanes: readonly string[];
  readonly rows: readonly SequenceRow[];
  /** Rows of the same heights that had no room. */
  readonly left: number;
  /** Messages that only passed on or said again what was shown right before. */
  readonly relays: number;
}

export function sequenceOf(record: RunRecord): Sequence {
  const focus = focusOf(record);
  const { rows, relays } = rowsOf(windowOf(record.timeline, focus), faultsOf(record.timeline));
  // Three quarters before the moment, one after it: causes come first.
  const pivot = rows.filter(({ atMs }) => atMs <= focus.atMs).length;
  const before = Math.max(SEQUENCE_ROWS_MAX - Math.min(rows.length - pivot, SEQUENCE_ROWS_MAX / 4), 0);
  const first = Math.max(0, pivot - before);
  const names = namesById(record);
  const shown = rows.slice(first, first + SEQUENCE_ROWS_MAX).map((row) => named(row, names));
  return { focus, lanes: lanesOf(record), rows: shown, left: rows.length - shown.length, relays };
}

/** The first digits of a node's id, as messages have them -> its name. */
export function namesById({ ids = {} }: RunRecord): ReadonlyMap<string, string> {
  return new Map(Object.entries(ids).map(([name, id]) => [shortId(id), name]));
}

/** Votes say whose they are by id. */
function named<Row extends SequenceRow>(row: Row, names: ReadonlyMap<string, string>): Row {
  const words = row.words.replace(/ (of|by) ([0-9a-f]{8})$/, (all, word: string, id: string) => {
    const name = names.get(id);
    return name === undefined ? all : ` ${word} ${name}`;
  });
  return { ...row, words };
}

function focusOf({ timeline, verdict }: RunRecord): Focus {
  const divergence = firstDivergence(timeline);
  if (divergence !== undefined)
    return { why: 'divergence', height: divergence.height, atMs: divergence.atMs };
  const told = timeline.find((entry) => entry.kind === 'violation');
  const first = told ?? verdict.violations[0];
  const lastMs = timeline.at(-1)?.atMs ?? 0;
  if (first !== undefined) return { why: 'violation', height: first.height, atMs: told?.atMs ?? lastMs };
  const last = timeline.findLast((entry) => entry.kind === 'commit');
  return { why: 'end', height: last?.height, atMs: last?.atMs ?? lastMs };
}

/** One lane for each validator of the scenario, and for any other that told of a commit or has a log. */
export function lanesOf({ scenario, timeline, logs }: RunRecord): readonly string[] {
  const names = new Set(namesOf(scenario.nodes, scenario.guests));
  for (const entry of timeline) if (entry.kind === 'commit') names.add(entry.node);
  for (const name of Object.keys(logs)) names.add(name);
  return [...names].slice(0, SEQUENCE_LANES_MAX);
}

/** From the end of the height two below the one in question until that one is committed. */
function windowOf(timeline: readonly TimelineEntry[], { height, atMs }: Focus): readonly TimelineEntry[] {
  const reached = topBefore(timeline, atMs);
  const about = height ?? reached;
  const fromMs = timeline.find((entry) => entry.kind === 'commit' && entry.height === about - 2)?.atMs ?? 0;
  const isAbout = (entry: TimelineEntry): boolean =>
    (entry.kind === 'commit' || entry.kind === 'violation') && entry.height === about;
  const untilMs = Math.max(atMs, timeline.findLast(isAbout)?.atMs ?? 0);
  return timeline.filter((entry) => entry.atMs >= fromMs && entry.atMs <= untilMs);
}

function topBefore(timeline: readonly TimelineEntry[], atMs: number): number {
  let top = 0;
  for (const entry of timeline)
    if (entry.kind === 'commit' && entry.atMs <= atMs) top = Math.max(top, entry.height);
  return top;
}
