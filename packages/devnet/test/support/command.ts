// Owns: running the command as a person types it, in the clone, and looking at what is left of it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Outcome, repository, runShell } from '../../../../scripts/test/support/tree.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A process group of its own, as a shell gives to what is typed: `pressCtrlC` reaches all of it. */
  readonly group?: boolean;
}

/** What a person's shell has: nothing of the test runner, of the npm that started it, or of another network. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = /^(CONSILIUM_|VITEST|NODE_ENV|INIT_CWD|npm_(?!config_(cache|registry|userconfig)$))/i;
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !/[/\\]node_modules[/\\]/.test(folder));
  const entries = Object.entries(process.env).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}

export function start(command: string, args: readonly string[], options: Options = {}): ChildProcess {
  const { cwd = repository, env = cleanEnvironment(), group = false } = options;
  return spawn(command, [...args], { cwd, env, detached: group, stdio: ['ignore', 'pipe', 'pipe'] });
}

export function pressCtrlC({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

/** What it has printed, as soon as that holds the text. Rejects when it ends without. */
export function printed(child: ChildProcess, text: string): Promise<string> {
  let stdout = '';
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      stdout += part;
      if (stdout.includes(text)) resolve(stdout);
    });
    child.once('close', () => reject(new Error(`ended without printing ${text}: ${stdout}`)));
  });
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
  return ended(start(process.execPath, [join(repository, 'packages/cli/bin/consilium.js'), ...words]));
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

/** A line as it is typed in the clone. */
export function shell(line: string): Promise<Outcome> {
  return runShell(line, repository, cleanEnvironment());
}
