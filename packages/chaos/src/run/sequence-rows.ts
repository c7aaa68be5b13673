// Owns: entries of a timeline as rows of a sequence diagram: what is drawn, in which form, and what only repeats.
import { findFault } from '../faults/catalogue.ts';
import { SEQUENCE_MERGE_MS, SEQUENCE_REPEAT_MS } from '../limits.ts';
import type { TimelineEntry } from './verdict.ts';

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

type MarkRow = Extract<SequenceRow, { kind: 'mark' }>;

export interface FaultSeen {
  readonly fault: string;
  readonly targets: readonly string[];
}

/** Of the whole run: what is undone here may have begun long before. */
export function faultsOf(timeline: readonly TimelineEntry[]): ReadonlyMap<number, FaultSeen> {
  return new Map(timeline.flatMap((entry) => (entry.kind === 'fault' ? [[entry.id, entry]] : [])));
}

export interface Rows {
  readonly rows: readonly SequenceRow[];
  readonly relays: number;
}

export function rowsOf(entries: readonly TimelineEntry[], faults: ReadonlyMap<number, FaultSeen>): Rows {
  const rows: SequenceRow[] = [];
  const messages = createMessages(rows);
  for (const entry of entries) {
    if (entry.kind === 'message') messages.add(entry);
    else for (const row of marksOf(entry, faults)) addMark(rows, row);
  }
  return { rows, relays: messages.relays() };
}

/** Nodes that commit the same right after each other share a row. */
function addMark(rows: SequenceRow[], row: MarkRow): void {
  const last = rows.at(-1);
  const joins = last?.kind === 'mark' && last.mark === 'commit' && last.words === row.words;
  if (joins) rows[rows.length - 1] = { ...last, lanes: [...last.lanes, ...row.lanes] };
  else rows.push(row);
}

type MessageEntry = Extract<TimelineEntry, { kind: 'message' }>;

interface Messages {
  add(message: MessageEntry): void;
  relays(): number;
}

/** Each vote by itself. What one sender says to several is one row; what only passes on what was shown is left out. */
function createMessages(rows: SequenceRow[]): Messages {
  const shown = new Map<string, { readonly atMs: number; readonly from: string; readonly to: string[] }>();
  let relays = 0;
  const addPart = (form: MessageForm, words: string, { atMs, from, to }: MessageEntry): void => {
    const before = shown.get(words);
    const sinceMs = atMs - (before?.atMs ?? Number.NEGATIVE_INFINITY);
    if (before?.from === from && sinceMs <= SEQUENCE_MERGE_MS) {
      if (!before.to.includes(to)) before.to.push(to);
    } else if (sinceMs <= SEQUENCE_REPEAT_MS) {
      relays += 1;
    } else {
      const receivers = [to];
      shown.set(words, { atMs, from, to: receivers });
      rows.push({ kind: 'message', form, atMs, from, to: receivers, words });
    }
  };
  return {
    add: (message) => {
      if (HIDDEN.test(message.words)) return;
      for (const part of message.words.replace(/^votes /, '').split(', '))
        addPart(formOf(part), part, message);
    },
    relays: () => relays,
  };
}

/** Agreement, evidence and sync are drawn; gossip of transactions and of heights would hide them. */
const HIDDEN = /^(status|transactions|bodies|bodies-request|value-request)\b/;

const FORMS: readonly MessageForm[] = ['proposal', 'prevote', 'precommit', 'certificate'];

function formOf(words: string): MessageForm {
  return FORMS.find((form) => words.startsWith(`${form} `)) ?? 'other';
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
  return `commit ${height}/${round} ${shortId(blockId)} state ${shortId(stateRoot)}, transactions: ${txs}`;
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
