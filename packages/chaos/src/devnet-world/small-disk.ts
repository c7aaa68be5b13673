// Owns: homes that lie on a file system of their own in memory, which can be made full and have room again; and that none
// of these outlives this process, however it ends. Does not own: what a daemon does on a full disk.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, open, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SMALL_DISK_BYTES, SMALL_DISK_SPARE_BYTES } from '../limits.ts';
import { isSystemError } from './is-system-error.ts';

export interface SmallDisk {
  /** Resolves when it takes no more bytes. In turn with the others. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  /** Resolves when all that was asked for before is done. */
  idle(): Promise<void>;
}

export interface SmallDisks {
  /** Of each home that lies on one. */
  readonly byHome: ReadonlyMap<string, SmallDisk>;
  /** To be called when no daemon has a file open there. What was on them is gone. Safe to call again. */
  close(): Promise<void>;
}

const run = promisify(execFile);
const FILLER = 'filler';
/** Down to one page: what is left then is no room. */
const CHUNKS = [1024 * 1024, 64 * 1024, 4 * 1024];

/** Nothing runs there yet. Where the machine does not allow it, a home stays where it is. */
export async function mountSmallDisks(homes: readonly string[]): Promise<SmallDisks> {
  const byHome = new Map<string, SmallDisk>();
  if (homes.length === 0) return { byHome, close: async () => undefined };
  const warden = startWarden(homes);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= endWarden(warden);
    return closing;
  };
  try {
    for (const home of homes) if (await moveToMemory(home)) byHome.set(home, createSmallDisk(home));
  } catch (error) {
    await close();
    throw error;
  }
  return { byHome, close };
}

/** Unmounts when its standard input ends: with `close`, or with this process. Signals to the whole group are not for it. */
const WARDEN = `trap '' HUP INT QUIT TERM
read -r _
for path in "$@"; do umount -l "$path" 2>/dev/null; done
exit 0`;

function startWarden(homes: readonly string[]): ChildProcess {
  const warden = spawn('/bin/sh', ['-c', WARDEN, 'warden', ...homes], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  warden.stdin?.on('error', () => undefined);
  warden.on('error', () => undefined);
  warden.unref();
  return warden;
}

async function endWarden(warden: ChildProcess): Promise<void> {
  if (warden.exitCode !== null || warden.pid === undefined) return;
  warden.ref();
  const exited = once(warden, 'exit');
  warden.stdin?.end();
  await exited;
}

async function moveToMemory(home: string): Promise<boolean> {
  const aside = `${home}.aside`;
  await rename(home, aside);
  await mkdir(home, { mode: 0o700 });
  const options = `size=${SMALL_DISK_BYTES},mode=0700`;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', options, 'consilium-chaos', home]);
  } catch {
    // No such command, no right to it, or no such file system: the error of `mount` names no more than that.
    await rmdir(home);
    await rename(aside, home);
    return false;
  }
  await cp(aside, home, { recursive: true });
  await rm(aside, { recursive: true });
  return true;
}

function createSmallDisk(home: string): SmallDisk {
  const filler = join(home, FILLER);
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    fill: () =>
      inTurn(async () => {
        const { blocks, bfree, bsize } = await statfs(home);
        await resize(home, (blocks - bfree) * bsize + SMALL_DISK_SPARE_BYTES);
        await fillUp(filler);
      }),
    empty: () =>
      inTurn(async () => {
        await rm(filler, { force: true });
        await resize(home, SMALL_DISK_BYTES);
      }),
    idle: () => last,
  };
}

async function resize(home: string, bytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${bytes}`, home]);
}

async function fillUp(path: string): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  for (const length of CHUNKS) {
    const chunk = new Uint8Array(length);
    while (await takes(() => file.write(chunk)));
  }
}

/** A part may have been written: then there is no room for the rest. */
async function takes(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOSPC')) return false;
    throw error;
  }
}
