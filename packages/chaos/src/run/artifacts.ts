// Owns: a run's folder on the disk: written beside its place and renamed into it, read with bounds, refused when it is of
// another format or damaged. Does not own: what is in its files (run-files.ts).
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { RUN_FILE_BYTES_MAX } from '../limits.ts';
import { Misshapen } from './record-shapes.ts';
import { checkFile, filesOf, indexOf, type RunFiles, recordOf, VERDICT_FILE } from './run-files.ts';
import type { RunRecord } from './verdict.ts';

/**
 * Makes the folder `dir`, whole or not at all. Throws `FILE_EXISTS` {file} when something is there, `DISK_FULL`,
 * `FILE_UNREADABLE` {file}.
 */
export async function writeRun(dir: string, record: RunRecord): Promise<void> {
  const path = resolve(dir);
  const files = filesOf(record);
  try {
    if (await isThere(path)) throw new ConsiliumError('FILE_EXISTS', { file: path });
    await writeBeside(path, files);
  } catch (error) {
    throw writeError(error, path);
  }
}

async function writeBeside(path: string, files: RunFiles): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFiles(beside, files);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
}

async function writeFiles(folder: string, files: RunFiles): Promise<void> {
  await mkdir(join(folder, 'nodes'), { recursive: true });
  for (const [path, text] of files) await writeFile(join(folder, path), text, { flag: 'wx' });
}

/** Throws `CHAOS_RUN_INVALID` {path, what}, `FILE_UNREADABLE` {file}. */
export async function readRun(dir: string): Promise<RunRecord> {
  const path = resolve(dir);
  try {
    // A link of a stranger's could lead out of the folder.
    const nodes = await lstat(join(path, 'nodes')).catch(() => undefined);
    if (nodes?.isSymbolicLink() === true) throw new Misshapen('nodes is a link');
    const verdict = await readText(path, VERDICT_FILE);
    const files = new Map([[VERDICT_FILE, verdict]]);
    for (const [file, seen] of indexOf(verdict)) {
      const text = await readText(path, file);
      checkFile(file, text, seen);
      files.set(file, text);
    }
    return recordOf(files);
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error;
    const what = error.message;
    throw new ConsiliumError('CHAOS_RUN_INVALID', { path, what }, `${path}: ${what}`);
  }
}

async function readText(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  try {
    // A link could lead out of the folder, and a pipe would never end.
    if (!(await lstat(path)).isFile()) throw new Misshapen(`${file} is no file`);
    const handle = await open(path, 'r');
    try {
      if ((await handle.stat()).size > RUN_FILE_BYTES_MAX) throw new Misshapen(`${file} is too large`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Misshapen) throw error;
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')
      throw new Misshapen(`${file} is missing`);
    throw new ConsiliumError('FILE_UNREADABLE', { file: path });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function writeError(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (errno === 'ENOSPC') return new ConsiliumError('DISK_FULL', { file: path });
  if (errno === 'ENOTEMPTY' || errno === 'EEXIST') return new ConsiliumError('FILE_EXISTS', { file: path });
  return new ConsiliumError('FILE_UNREADABLE', { file: path });
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error && 'code' in error ? String(error.code) : undefined;
}
