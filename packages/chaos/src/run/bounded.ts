// Owns: cutting a run to what its folder may hold. What explains the run stays longest: faults and violations before
// commits, commits before messages, the newest before older ones.
import {
  RUN_FILE_BYTES_MAX,
  RUN_LINE_CHARS_MAX,
  RUN_LOG_LINES_MAX,
  RUN_TIMELINE_ENTRIES_MAX,
  RUN_VIOLATIONS_MAX,
  RUN_WRITES_MAX,
} from '../limits.ts';
import type { RunRecord, TimelineEntry, Verdict, WriteSeen } from './verdict.ts';

export interface Bounds {
  readonly linesMax: number;
  readonly bytesMax: number;
}

/** Within these a record is left as it is. */
export interface RecordBounds {
  readonly timeline: Bounds;
  readonly log: Bounds;
  readonly writes: Bounds;
}

const RECORD_BOUNDS: RecordBounds = {
  timeline: { linesMax: RUN_TIMELINE_ENTRIES_MAX, bytesMax: RUN_FILE_BYTES_MAX },
  log: { linesMax: RUN_LOG_LINES_MAX, bytesMax: RUN_FILE_BYTES_MAX },
  writes: { linesMax: RUN_WRITES_MAX, bytesMax: RUN_FILE_BYTES_MAX },
};

/** `dropped` of the result says of which file how many lines are missing. */
export function boundRecord(record: RunRecord, bounds: RecordBounds = RECORD_BOUNDS): RunRecord {
  const dropped: Record<string, number> = { ...record.dropped };
  const cut = <Line>(
    file: string,
    lines: readonly Line[],
    within: Bounds,
    rank: (line: Line) => number,
  ): Line[] => {
    const kept = keep(lines, within, rank);
    if (kept.length < lines.length) dropped[file] = (dropped[file] ?? 0) + lines.length - kept.length;
    return kept;
  };
  const timeline = cut('timeline.jsonl', record.timeline, bounds.timeline, rankOfEntry);
  const writes = cut('writes.jsonl', record.writes, bounds.writes, rankOfWrite);
  const logs: Record<string, readonly string[]> = {};
  for (const [name, lines] of Object.entries(record.logs))
    logs[name] = cut(`nodes/${name}.log`, lines.map(asOneLine), bounds.log, () => 0);
  const verdict = boundVerdict(record.verdict, dropped);
  return { ...record, verdict, timeline, logs, writes, ...(Object.keys(dropped).length > 0 && { dropped }) };
}

function boundVerdict(verdict: Verdict, dropped: Record<string, number>): Verdict {
  const { violations, unknown } = verdict;
  const beyond = violations.length + unknown.length - cutList(violations).length - cutList(unknown).length;
  if (beyond > 0) dropped['verdict.json'] = (dropped['verdict.json'] ?? 0) + beyond;
  return {
    ...verdict,
    violations: cutList(violations).map((each) => ({ ...each, what: cutText(each.what) })),
    unknown: cutList(unknown).map(cutText),
  };
}

function cutList<Each>(list: readonly Each[]): readonly Each[] {
  return list.slice(0, RUN_VIOLATIONS_MAX);
}

/** Lower stays longer. */
function rankOfEntry({ kind }: TimelineEntry): number {
  if (kind === 'message' || kind === 'report') return 2;
  return kind === 'commit' ? 1 : 0;
}

function rankOfWrite({ outcome }: WriteSeen): number {
  return outcome === 'ok' ? 1 : 0;
}

/** The newest lines of the lowest ranks, in their order. */
function keep<Line>(lines: readonly Line[], bounds: Bounds, rank: (line: Line) => number): Line[] {
  const kept = new Set<number>();
  let bytesLeft = bounds.bytesMax;
  for (const current of [0, 1, 2]) {
    for (let index = lines.length - 1; index >= 0 && kept.size < bounds.linesMax; index -= 1) {
      const line = lines[index] as Line;
      if (rank(line) !== current) continue;
      const bytes = bytesOf(line);
      if (bytes > bytesLeft) break;
      bytesLeft -= bytes;
      kept.add(index);
    }
  }
  return lines.filter((_, index) => kept.has(index));
}

function bytesOf(line: unknown): number {
  return Buffer.byteLength(typeof line === 'string' ? line : JSON.stringify(line)) + 1;
}

/** A node writes lines; what it was sent may hold ends of lines and halves of characters all the same. */
function asOneLine(line: string): string {
  return cutText(line.replaceAll(/[\r\n\u2028\u2029]+/g, ' '));
}

function cutText(text: string): string {
  const whole = text.length > RUN_LINE_CHARS_MAX ? `${text.slice(0, RUN_LINE_CHARS_MAX - 1)}…` : text;
  return whole.toWellFormed();
}
