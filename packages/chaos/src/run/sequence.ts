// Owns: which part of a run is worth a close look (around the first divergence or violation, else its last heights), and
// that part as rows of a sequence diagram. Does not own: drawing it (sequence-text.ts, report/).
import { findFault } from '../faults/catalogue.ts';
import { SEQUENCE_LANES_MAX, SEQUENCE_MERGE_MS, SEQUENCE_ROWS_MAX } from '../limits.ts';
import { namesOf } from '../scenario/parse.ts';
import { firstDivergence } from './divergence.ts';
import type { RunRecord, TimelineEntry } from './verdict.ts';

export interface Focus {
  readonly why: 'divergence' | 'violation' | 'end';
  /** The height that it is about; undefined when nobody said. */
  readonly height: number | undefined;
  readonly atMs: number;
}

/** A message that one node sent and others received, or something that happened on lanes. */
export type SequenceRow = { readonly atMs: number; readonly words: string } & (
  | {
      readonly kind: 'message';
      readonly form: MessageForm;
      readonly from: string;
      readonly to: readonly string[];
    }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly lanes: readonly string[] }
);

export type MessageForm = 'proposal' | 'prevote' | 'precommit' | 'certificate' | 'other';
export type Mark = 'commit' | 'crash' | 'restart' | 'fault' | 'undo' | 'phase' | 'trouble';

export interface Sequence {
  readonly focus: Focus;
  readonly lanes: readonly string[];
  readonly rows: readonly SequenceRow[];
  /** Rows of the same heights that had no room. */
  readonly left: number;
}

export function sequenceOf(record: RunRecord): Sequence {
  const focus = focusOf(record);
  const rows = rowsOf(windowOf(record.timeline, focus), faultsOf(record.timeline));
  // Three quarters before the moment, one after it: causes come first.
  const pivot = rows.filter(({ atMs }) => atMs <= focus.atMs).length;
  const before = Math.max(SEQUENCE_ROWS_MAX - Math.min(rows.length - pivot, SEQUENCE_ROWS_MAX / 4), 0);
  const first = Math.max(0, pivot - before);
  const shown = rows.slice(first, first + SEQUENCE_ROWS_MAX);
  return { focus, lanes: lanesOf(record), rows: shown, left: rows.length - shown.length };
}

export function focusOf({ timeline, verdict }: RunRecord): Focus {
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

type MessageRow = Extract<SequenceRow, { kind: 'message' }>;
type MarkRow = Extract<SequenceRow, { kind: 'mark' }>;

interface FaultSeen {
  readonly fault: string;
  readonly targets: readonly string[];
}

/** Of the whole run: what is undone here may have begun long before. */
function faultsOf(timeline: readonly TimelineEntry[]): ReadonlyMap<number, FaultSeen> {
  return new Map(timeline.flatMap((entry) => (entry.kind === 'fault' ? [[entry.id, entry]] : [])));
}

function rowsOf(entries: readonly TimelineEntry[], faults: ReadonlyMap<number, FaultSeen>): SequenceRow[] {
  const rows: SequenceRow[] = [];
  const open = new Map<string, { row: MessageRow; to: string[] }>();
  for (const entry of entries) {
    if (entry.kind === 'message') addMessage(rows, open, entry);
    else for (const row of marksOf(entry, faults)) addMark(rows, row);
  }
  return rows;
}

/** Nodes that commit the same right after each other share a row. */
function addMark(rows: SequenceRow[], row: MarkRow): void {
  const last = rows.at(-1);
  const joins = last?.kind === 'mark' && last.mark === 'commit' && last.words === row.words;
  if (joins) rows[rows.length - 1] = { ...last, lanes: [...last.lanes, ...row.lanes] };
  else rows.push(row);
}

/** The same words of one sender to several are one row. */
function addMessage(
  rows: SequenceRow[],
  open: Map<string, { row: MessageRow; to: string[] }>,
  { atMs, from, to, words }: Extract<TimelineEntry, { kind: 'message' }>,
): void {
  const form = formOf(words);
  if (form === undefined) return;
  const key = `${from} ${words}`;
  const before = open.get(key);
  if (before !== undefined && atMs - before.row.atMs <= SEQUENCE_MERGE_MS) {
    if (!before.to.includes(to)) before.to.push(to);
    return;
  }
  const receivers = [to];
  const row: MessageRow = { kind: 'message', form, atMs, from, to: receivers, words };
  open.set(key, { row, to: receivers });
  rows.push(row);
}

/** Agreement, evidence and sync are drawn; gossip of transactions and of heights would hide them. */
const HIDDEN = /^(status|transactions|bodies|bodies-request|value-request)\b/;

function formOf(words: string): MessageForm | undefined {
  if (HIDDEN.test(words)) return undefined;
  const [first = '', second = ''] = words.split(' ', 2);
  if (first === 'proposal' || first === 'certificate') return first;
  const vote = first === 'votes' ? second : first;
  return vote === 'prevote' || vote === 'precommit' ? vote : 'other';
}

function marksOf(
  entry: Exclude<TimelineEntry, { kind: 'message' }>,
  faults: ReadonlyMap<number, FaultSeen>,
): MarkRow[] {
  const mark = (of: Mark, lanes: readonly string[], words: string): MarkRow[] => [
    { kind: 'mark', mark: of, atMs: entry.atMs, lanes, words },
  ];
  switch (entry.kind) {
    case 'commit':
      return mark('commit', [entry.node], commitWords(entry));
    case 'fault':
      return mark(isCrash(entry.fault) ? 'crash' : 'fault', entry.targets, entry.fault);
    case 'undo': {
      const of = faults.get(entry.id);
      const words = undoWords(of?.fault);
      return mark(of !== undefined && isCrash(of.fault) ? 'restart' : 'undo', of?.targets ?? [], words);
    }
    case 'phase':
      return mark('phase', [], `phase: ${entry.phase}`);
    case 'violation':
      return mark('trouble', [], `violation of ${entry.checker}: ${entry.what}`);
    case 'report':
      return entry.level === 'error' || entry.level === 'fatal'
        ? mark('trouble', [entry.node], entry.code)
        : [];
  }
}

function commitWords(entry: Extract<TimelineEntry, { kind: 'commit' }>): string {
  const { height, round, blockId, stateRoot, txs } = entry;
  return `commit ${height}/${round} ${shortId(blockId)} state ${shortId(stateRoot)}, ${txs} transactions`;
}

function undoWords(fault: string | undefined): string {
  if (fault === undefined) return 'an earlier fault is undone';
  return `${fault} undone: ${findFault(fault)?.undo ?? 'everything is as before'}`;
}

/** As messages name ids, so that an eye finds them. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

const CRASHES: ReadonlySet<string> = new Set([
  'kill',
  'power-cut',
  'restart',
  'crash-point',
  'torn-write',
  'flipped-bit',
  'truncation',
  'folder-entry-lost',
  'disk-lost',
  'restored-backup',
  'deleted-signing-record',
  'wrong-genesis',
]);

/** Whether its target is down until it is undone. */
export function isCrash(fault: string): boolean {
  return CRASHES.has(fault);
}
