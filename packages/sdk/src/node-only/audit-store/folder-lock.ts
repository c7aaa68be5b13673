// Owns: that one process at a time does one kind of work in a folder. A process that was killed holds nothing: its lock
// is taken over. For processes of one machine.
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { errnoOf, onDisk, STORE_FILE_MODE } from './durable-files.ts';

export interface FolderLock extends AsyncDisposable {
  release(): Promise<void>;
}

/** Throws `STORE_LOCKED` with the process that holds it. */
export async function takeFolderLock(folder: string, name: string): Promise<FolderLock> {
  const path = join(folder, name);
  await onDisk(path, async () => {
    if (await tryTake(path)) return;
    await removeIfDead(path);
    if (!(await tryTake(path))) throw locked(path, await holderOf(path));
  });
  const release = (): Promise<void> => onDisk(path, () => rm(path, { force: true }));
  return { release, [Symbol.asyncDispose]: release };
}

/** The lock is there with its content, or not at all. */
async function tryTake(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${process.pid} ${await startOf(process.pid)}\n`, { mode: STORE_FILE_MODE });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

/** One at a time looks whether the holder is gone and takes its lock away: else a second one would take a new lock away. */
async function removeIfDead(path: string): Promise<void> {
  const turn = `${path}.turn`;
  try {
    await mkdir(turn);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw locked(turn, undefined);
    throw error;
  }
  try {
    const holder = await holderOf(path);
    if (holder !== undefined && !(await isRunning(holder))) await rm(path, { force: true });
  } finally {
    await rmdir(turn);
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const [pid = '', start = ''] = (await readFile(path, 'utf8')).trim().split(' ');
    return { pid: Number(pid), start };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A number is given again after a while; with its start it is one process. */
async function isRunning({ pid, start }: Holder): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return now === '-' || start === '-' || now === start;
}

/** When a process began, as Linux counts it, with which boot; `-` where that cannot be known. */
async function startOf(pid: number): Promise<string> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets, in which anything may stand.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot}:${ticks}`;
  } catch {
    return '-';
  }
}

function locked(path: string, holder: Holder | undefined): ConsiliumError {
  return new ConsiliumError(
    'STORE_LOCKED',
    { file: path, ...(holder !== undefined && { pid: holder.pid }) },
    'another process does this in the store of entries already',
  );
}
