// Owns: the files of the log of admin actions as a whole: which there are, and whether their lines are one unbroken chain
// that reaches where it was seen last. Does not own: writing them (admin-log.ts).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError, type Hex32, isConsiliumError } from '@consilium/core';
import { readSmallFile } from '../files/atomic-file.ts';
import { diskError, errnoOf } from '../files/errors.ts';
import { ADMIN_LOG_FILE_BYTES_MAX, ADMIN_LOG_FILES_MAX } from '../limits.ts';
import { type AdminLine, type ChainHead, NO_LINE, parseLine } from './admin-line.ts';

export const ADMIN_LOG_FILE = 'admin.log';

/** Full files are named by their first line, so that their names sort by age. */
const FULL_FILE = /^admin-\d{12}\.log$/;

/** Number of the first line of a full file. */
export function firstOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}

export function fullFileName(firstSeq: number): string {
  return `admin-${String(firstSeq).padStart(12, '0')}.log`;
}

/** What is kept elsewhere of the log: without it nobody would notice that its end, or its oldest file, is gone. */
export interface ChainMark extends ChainHead {
  /** Number of the first line that is kept. */
  readonly first: number;
}

export interface AdminBreak {
  readonly file: string;
  /** Line of the file, from 1. */
  readonly line: number;
  /**
   * `form`: no line of this log, or changed. `chain`: it does not follow on the one before. `cut`: lines that were there
   * are gone.
   */
  readonly rule: 'form' | 'chain' | 'cut';
}

export interface AdminFiles {
  readonly lines: readonly AdminLine[];
  readonly head: ChainHead;
  readonly broken: AdminBreak | undefined;
  /** Length of the newest file up to its last whole line: what is behind was never acknowledged. Bytes. */
  readonly wholeBytes: number;
}

/**
 * Names in the order of their lines; the one that is written to comes last. Throws `FILE_MISSING` without the folder,
 * `DISK_FAILED`.
 */
export async function adminFileNames(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const full = names.filter((name) => FULL_FILE.test(name)).sort();
  return names.includes(ADMIN_LOG_FILE) ? [...full, ADMIN_LOG_FILE] : full;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new ConsiliumError('FILE_MISSING', { file: folder });
    throw diskError(error, folder);
  }
}

/** Reads all that is kept, and holds it against what was noted elsewhere. Throws as `adminFileNames` does. */
export async function readAdminFiles(folder: string, mark: ChainMark | undefined): Promise<AdminFiles> {
  const names = await adminFileNames(folder);
  // More than are kept: a stranger's, and not worth the memory.
  const kept = names.slice(-(ADMIN_LOG_FILES_MAX + 1));
  const walk = createWalk(mark);
  let wholeBytes = 0;
  for (const name of kept) {
    const bytes = await readWhole(join(folder, name));
    const length = bytes === undefined ? 0 : bytes.lastIndexOf(0x0a) + 1;
    if (name === ADMIN_LOG_FILE) wholeBytes = length;
    walk.file(name, name === ADMIN_LOG_FILE ? bytes?.subarray(0, length) : bytes);
  }
  return { ...walk.end(), wholeBytes };
}

/** Up to `limit` lines from a number on, oldest first, unchecked; reads no more files than it must. */
export async function readLinesFrom(
  folder: string,
  from: number,
  limit: number,
): Promise<readonly AdminLine[]> {
  const names = await adminFileNames(folder);
  const found: AdminLine[] = [];
  for (const [index, name] of names.entries()) {
    const next = names[index + 1];
    if (next !== undefined && next !== ADMIN_LOG_FILE && firstOf(next) <= from) continue;
    const bytes = (await readWhole(join(folder, name))) ?? new Uint8Array();
    const lines = new TextDecoder().decode(bytes).split('\n').map(parseLine);
    found.push(...lines.filter((line) => line !== undefined).filter(({ seq }) => seq >= from));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** undefined: longer than any file of this log. */
async function readWhole(path: string): Promise<Uint8Array | undefined> {
  try {
    return (await readSmallFile(path, ADMIN_LOG_FILE_BYTES_MAX)).bytes;
  } catch (error) {
    if (isConsiliumError(error, 'FILE_TOO_LARGE')) return undefined;
    throw error;
  }
}

function createWalk(mark: ChainMark | undefined) {
  const lines: AdminLine[] = [];
  let broken: AdminBreak | undefined;
  let last = { file: ADMIN_LOG_FILE, line: 0 };
  const fault = (rule: AdminBreak['rule']): void => {
    broken ??= { ...last, rule };
  };
  const take = (text: string): void => {
    const line = parseLine(text);
    if (line === undefined) return fault('form');
    if (!follows(lines.at(-1), line)) return fault('chain');
    lines.push(line);
  };
  return {
    /** undefined: it could not be read whole. */
    file: (file: string, bytes: Uint8Array | undefined): void => {
      const texts = bytes === undefined ? [''] : new TextDecoder().decode(bytes).split('\n');
      if (bytes !== undefined && texts.at(-1) === '') texts.pop();
      for (const [index, text] of texts.entries()) {
        if (broken !== undefined) return;
        last = { file, line: index + 1 };
        take(text);
      }
    },
    end: (): Omit<AdminFiles, 'wholeBytes'> => {
      if (broken === undefined && !reaches(lines, mark)) fault('cut');
      const { seq, hash } = lines.at(-1) ?? NO_LINE;
      return { lines, head: { seq, hash }, broken };
    },
  };
}

function follows(before: AdminLine | undefined, line: AdminLine): boolean {
  if (before === undefined) return line.seq > 1 || line.previous === NO_LINE.hash;
  return line.seq === before.seq + 1 && line.previous === before.hash;
}

/** Lines behind the mark were written just before the node died: the mark follows on the line. */
function reaches(lines: readonly AdminLine[], mark: ChainMark | undefined): boolean {
  // A store that was made anew knows of no line.
  if (mark === undefined) return true;
  const first = lines[0];
  if (first === undefined || first.seq > mark.first) return false;
  return hashAt(lines, mark.seq) === mark.hash;
}

function hashAt(lines: readonly AdminLine[], seq: number): Hex32 | undefined {
  return lines[seq - (lines[0]?.seq ?? 0)]?.hash;
}
