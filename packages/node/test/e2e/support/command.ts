// The `consilium` command as a process, as a person types it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CONSILIUM_BIN } from './daemon.ts';

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `home`: where it keeps the newest height that it has seen. */
export async function consilium(home: string, ...words: readonly string[]): Promise<CommandEnd> {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('CONSILIUM_'));
  const child = spawn(process.execPath, [CONSILIUM_BIN, ...words], {
    cwd: home,
    env: { ...Object.fromEntries(environment), HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      told[name] += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...told };
}

/** What it prints with `--json`; a failure fails the test with its words. */
export async function consiliumJson<T>(home: string, ...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await consilium(home, ...words, '--json');
  if (code !== 0) throw new Error(`consilium ${words.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
