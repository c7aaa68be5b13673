// Owns: the log of admin actions: lines appended in order, durable before anybody hears of them, bounded on the disk, and
// a chain that goes on over full files, restarts and breaks. Does not own: which actions are noted (api/admin-actions.ts).
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { diskError } from '../files/errors.ts';
import { openPlainFile, type PlainFile, syncFolder } from '../files/plain-file.ts';
import { ADMIN_LINE_LENGTH_MAX, ADMIN_LOG_FILE_BYTES_MAX, ADMIN_LOG_FILES_MAX } from '../limits.ts';
import type { Clock, Report } from '../ports.ts';
import {
  ADMIN_LOG_FILE,
  type AdminFiles,
  adminFileNames,
  type ChainMark,
  firstOf,
  fullFileName,
  readAdminFiles,
  readLinesFrom,
} from './admin-files.ts';
import {
  type AdminAct,
  type AdminLine,
  type ChainHead,
  NO_LINE,
  nextLine,
  renderLine,
} from './admin-line.ts';

export interface AdminLogDeps {
  /** Folder of the log's files. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly report: Report;
  /** Kept in another place than the files. */
  readonly mark: ChainMark | undefined;
  readonly keepMark: (mark: ChainMark) => Promise<void>;
}

export interface AdminLog extends AsyncDisposable {
  /** Resolves when line and mark are durable. Throws `DISK_FULL`, `DISK_FAILED` or an error of the store. */
  append(act: AdminAct): Promise<AdminLine>;
  /** Up to `limit` lines from a number on, oldest first. */
  read(from: number, limit: number): Promise<readonly AdminLine[]>;
  head(): ChainMark;
  close(): Promise<void>;
}

/** Throws `DISK_FULL`, `DISK_FAILED`. A broken log is set aside, said so, and noted in the new one. */
export async function openAdminLog(deps: AdminLogDeps): Promise<AdminLog> {
  const { folder, mark } = deps;
  const found = await readAdminFiles(folder, mark);
  if (found.broken !== undefined) await setAside(folder, (mark ?? NO_LINE).seq, deps);
  const start = found.broken === undefined ? startOf(found) : brokenStart(mark);
  const log = createAdminLog(deps, start);
  if (found.broken !== undefined) {
    const { file, line, rule } = found.broken;
    deps.report({ level: 'error', code: 'admin.log-broken', file, line, rule });
    await log.append({
      by: 'node',
      role: 'node',
      action: 'log.broken',
      outcome: 'done',
      facts: { ...found.broken },
    });
  }
  return log;
}

interface Start {
  readonly head: ChainHead;
  readonly first: number;
  readonly bytes: number;
  /** Number of the first line of the file that is written to. */
  readonly fileFirst: number;
}

function startOf({ lines, head, wholeBytes }: AdminFiles): Start {
  const first = lines[0]?.seq ?? 1;
  return { head, first, bytes: wholeBytes, fileFirst: firstOfBytes(lines, wholeBytes) ?? head.seq + 1 };
}

/** The lines at the end that fill so many bytes are those of the newest file. */
function firstOfBytes(lines: readonly AdminLine[], bytes: number): number | undefined {
  let left = bytes;
  for (const line of lines.toReversed()) {
    left -= Buffer.byteLength(renderLine(line));
    if (left <= 0) return line.seq;
  }
  return undefined;
}

/** The chain goes on from where it was last seen whole. */
function brokenStart(mark: ChainMark | undefined): Start {
  const { seq, hash } = mark ?? NO_LINE;
  return { head: { seq, hash }, first: seq + 1, bytes: 0, fileFirst: seq + 1 };
}

/** What is broken is evidence: it stays, out of the way. */
async function setAside(folder: string, seq: number, { clock }: AdminLogDeps): Promise<void> {
  const aside = join(folder, `admin-broken-${seq}-${clock.wallMs()}`);
  try {
    await mkdir(aside, { mode: 0o700 });
    for (const name of await adminFileNames(folder)) await rename(join(folder, name), join(aside, name));
    await syncFolder(folder);
  } catch (error) {
    throw diskError(error, aside);
  }
}

function createAdminLog(deps: AdminLogDeps, start: Start): AdminLog {
  const { folder, clock, report, keepMark } = deps;
  let { head, first, bytes, fileFirst } = start;
  let file: PlainFile | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const closeFile = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close();
  };

  /** The mark forgets the oldest lines before they go: those that are still there then do no harm. */
  const rotate = async (): Promise<void> => {
    await closeFile();
    await rename(join(folder, ADMIN_LOG_FILE), join(folder, fullFileName(fileFirst)));
    [bytes, fileFirst] = [0, head.seq + 1];
    const full = (await adminFileNames(folder)).filter((name) => name !== ADMIN_LOG_FILE);
    const oldest = full.at(-ADMIN_LOG_FILES_MAX);
    if (oldest === undefined) return;
    first = firstOf(oldest);
    await keepMark({ first, ...head });
    for (const name of full.slice(0, -ADMIN_LOG_FILES_MAX)) await rm(join(folder, name));
  };

  const write = async (act: AdminAct): Promise<AdminLine> => {
    if (bytes + ADMIN_LINE_LENGTH_MAX * 4 > ADMIN_LOG_FILE_BYTES_MAX) await rotate();
    const { by, action, outcome } = act;
    const line = nextLine(head, act, clock.wallMs());
    const text = Buffer.from(renderLine(line));
    file ??= await openPlainFile(folder, ADMIN_LOG_FILE);
    // What an earlier try left behind the last whole line goes first.
    await file.perform([
      { type: 'truncate', length: bytes },
      { type: 'append', bytes: text },
    ]);
    await file.sync();
    // From here on the line is there, also when the mark does not follow.
    bytes += text.length;
    head = { seq: line.seq, hash: line.hash };
    await keepMark({ first, ...head });
    report({ level: 'info', code: 'admin.action', seq: line.seq, hash: line.hash, by, action, outcome });
    return line;
  };

  /** One after the other, whatever became of those before. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work, work);
    queue = done.catch(() => undefined);
    return done.catch((error: unknown) => {
      throw error instanceof ConsiliumError ? error : diskError(error, join(folder, ADMIN_LOG_FILE));
    });
  };
  const close = (): Promise<void> => inTurn(closeFile);
  return {
    append: (act) => inTurn(() => write(act)),
    read: (from, limit) => inTurn(() => readLinesFrom(folder, from, limit)),
    head: () => ({ first, ...head }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
