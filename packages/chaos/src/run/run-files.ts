// Owns: a run's record as the texts of its files, and back. Does not own: the disk (artifacts.ts).
import { createHash } from 'node:crypto';
import { ConsiliumError } from '@consilium/core';
import { RUN_LOGS_MAX, RUN_NODE_NAME_CHARS_MAX } from '../limits.ts';
import { parseScenario } from '../scenario/parse.ts';
import { renderScenario } from '../scenario/render.ts';
import { boundRecord } from './bounded.ts';
import {
  asCounts,
  asEntry,
  asIndex,
  asTexts,
  asVerdict,
  asWrite,
  type FileSeen,
  fieldsOf,
  Misshapen,
} from './record-shapes.ts';
import { sequenceText } from './sequence-text.ts';
import type { RunRecord } from './verdict.ts';

/** Of the folder: grows when an older reader would misunderstand it. */
const RUN_FORMAT = 1;
export const VERDICT_FILE = 'verdict.json';

export type RunFiles = ReadonlyMap<string, string>;

/** Path in the folder -> text. `verdict.json` holds the length and the digest of each other file. */
export function filesOf(given: RunRecord): RunFiles {
  const record = boundRecord(given);
  const files = new Map([
    ['scenario.toml', renderScenario(record.scenario)],
    ['versions.json', jsonOf(record.versions)],
    ['timeline.jsonl', linesOf(record.timeline)],
    ['writes.jsonl', linesOf(record.writes)],
    ['sequence.txt', sequenceText(record)],
  ]);
  for (const [name, lines] of Object.entries(record.logs)) {
    if (!isNodeName(name)) throw new TypeError(`no name of a node: ${JSON.stringify(name)}`);
    files.set(`nodes/${name}.log`, lines.map((line) => `${line}\n`).join(''));
  }
  const index = Object.fromEntries([...files].map(([path, text]) => [path, seenOf(text)]));
  const { dropped = {}, ids = {}, verdict } = record;
  files.set(VERDICT_FILE, jsonOf({ format: RUN_FORMAT, ...verdict, ids, dropped, files: index }));
  return files;
}

/** Which other files there must be. Throws `Misshapen`. */
export function indexOf(verdictText: string): ReadonlyMap<string, FileSeen> {
  const { format, files } = fieldsOf(parsed(verdictText), 'verdict');
  if (format !== RUN_FORMAT)
    throw new Misshapen(`format ${JSON.stringify(format) ?? 'unknown'}; this version reads ${RUN_FORMAT}`);
  const index = new Map(Object.entries(asIndex(files)));
  const logs = [...index.keys()].filter((path) => !KNOWN.has(path));
  if (logs.length > RUN_LOGS_MAX) throw new Misshapen(`more than ${RUN_LOGS_MAX} logs`);
  for (const path of logs) logNameOf(path);
  for (const path of KNOWN) if (!index.has(path)) throw new Misshapen(`${path} is not named`);
  return index;
}

const KNOWN: ReadonlySet<string> = new Set([
  'scenario.toml',
  'versions.json',
  'timeline.jsonl',
  'writes.jsonl',
  'sequence.txt',
]);

/** Throws `Misshapen` when the text is not the one that was written. */
export function checkFile(path: string, text: string, seen: FileSeen): void {
  const { bytes, sha256 } = seenOf(text);
  if (bytes !== seen.bytes || sha256 !== seen.sha256) throw new Misshapen(`${path} was changed`);
}

/** The inverse of `filesOf`, of files that were checked. Throws `Misshapen`. */
export function recordOf(files: RunFiles): RunRecord {
  const {
    format: _,
    files: __,
    ids,
    dropped,
    ...verdict
  } = fieldsOf(parsed(textOf(files, VERDICT_FILE)), 'verdict');
  const logs: Record<string, readonly string[]> = {};
  for (const path of files.keys())
    if (!KNOWN.has(path) && path !== VERDICT_FILE) logs[logNameOf(path)] = splitLines(textOf(files, path));
  const counts = asCounts(dropped);
  const names = asTexts(ids, 'ids');
  return {
    verdict: asVerdict(verdict),
    scenario: scenarioOf(textOf(files, 'scenario.toml')),
    versions: asTexts(parsed(textOf(files, 'versions.json')), 'versions'),
    timeline: splitLines(textOf(files, 'timeline.jsonl')).map((line) => asEntry(parsed(line))),
    logs,
    writes: splitLines(textOf(files, 'writes.jsonl')).map((line) => asWrite(parsed(line))),
    ...(Object.keys(names).length > 0 && { ids: names }),
    ...(Object.keys(counts).length > 0 && { dropped: counts }),
  };
}

function scenarioOf(text: string): RunRecord['scenario'] {
  try {
    return parseScenario(text);
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    throw new Misshapen(`scenario.toml: ${error.code}`);
  }
}

function logNameOf(path: string): string {
  const name = /^nodes\/(.+)\.log$/.exec(path)?.[1] ?? '';
  if (!isNodeName(name)) throw new Misshapen(`names a file that no run has: ${JSON.stringify(path)}`);
  return name;
}

/** Nothing that could lead out of the folder. */
function isNodeName(name: string): boolean {
  return name.length <= RUN_NODE_NAME_CHARS_MAX && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name);
}

function textOf(files: RunFiles, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Misshapen(`${path} is missing`);
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Misshapen('not JSON');
  }
}

function splitLines(text: string): string[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Misshapen('the last line has no end');
  return text.slice(0, -1).split('\n');
}

function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function seenOf(text: string): FileSeen {
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}
