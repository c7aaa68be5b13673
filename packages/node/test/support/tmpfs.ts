// Owns: a file system in memory that is as small as a test wants, filled to the last page. Only where this machine lets the
// caller mount one.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILLER = 'filler';

export function mountTmpfs(folder: string, bytes: number): void {
  const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'full-disk-test', folder];
  execFileSync('mount', options, { stdio: 'ignore' });
}

export function resizeTmpfs(folder: string, bytes: number): void {
  execFileSync('mount', ['-o', `remount,size=${bytes}`, folder]);
}

export function unmountTmpfs(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
}

/** Of the rest of the disk, one page after the other at the end. `chunkBytes`: how much at once before that. */
export function fillTmpfs(folder: string, chunkBytes: number): void {
  const file = openSync(join(folder, FILLER), 'a');
  for (const length of [chunkBytes, 4_096]) for (const chunk = new Uint8Array(length); takes(file, chunk); );
  closeSync(file);
}

function takes(file: number, chunk: Uint8Array): boolean {
  try {
    writeSync(file, chunk);
    return true;
  } catch {
    return false;
  }
}

export function makeRoom(folder: string): void {
  rmSync(join(folder, FILLER));
}

export function mayMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'may-mount-'));
  try {
    mountTmpfs(probe, 1024 * 1024);
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
