// Owns: running the command as a person types it, in the clone, and looking at what is left of it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const clone: string = fileURLToPath(new URL('../../../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A test's own environment must not tell the command where a network is. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(CONSILIUM_|VITEST|NODE_ENV)/.test(name));
  return Object.fromEntries(entries);
}

export function start(command: string, args: readonly string[], options: Options = {}): ChildProcess {
  const { cwd = clone, env = cleanEnvironment() } = options;
  return spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Until it has exited and everybody has closed its output. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

/** The command in the clone, without the second that npx takes to find it. */
export function consilium(...words: readonly string[]): Promise<Ended> {
  return ended(start(process.execPath, [join(clone, 'packages/cli/bin/consilium.js'), ...words]));
}

/** `npx consilium ...` as a person types it. */
export function npxConsilium(...words: readonly string[]): Promise<Ended> {
  return ended(start('npx', ['consilium', ...words]));
}

/** Polls; throws when it takes too long. */
export async function until(
  what: string,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(50);
  }
}

/** Command lines of living processes that name the folder, this one's reader not counted. */
export function processesOf(folder: string): string[] {
  const all = execFileSync('ps', ['-axo', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line));
}

export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

export interface Folder extends Disposable {
  readonly path: string;
}

export function createFolder(): Folder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'consilium-devnet-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
