import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePorts } from './support/ports.ts';

const CLONE = fileURLToPath(new URL('../../../..', import.meta.url));
/** The ports that the page says it uses. */
const PORTS = /\b4[123]0[1-4]\b/g;

test('The walk of `docs/operate.md`, run as printed: four homes, one genesis, a committed transaction, no devnet involved.', async () => {
  const script = shellOf(await readFile(join(CLONE, 'docs/operate.md'), 'utf8'));
  const home = await mkdtemp(join(tmpdir(), 'consilium-walk-'));
  const shell = await run(await withFreePorts(script), home);
  try {
    expect(await shell.ended, shell.told()).toBe(0);
    expect(shell.told()).toContain('valid: these bytes were anchored');
    expect(shell.told()).toMatch(/^Hospital West +DOWN /m);
    expect(shell.told()).toMatch(/certified +height 2\n/);
    // Ready is who reaches a quorum: the last link of the one that came back may be on its way.
    expect(shell.told().match(/signing +2 +[23] of 3/g), shell.told()).toHaveLength(4);
    for (const hospital of ['north', 'east', 'south', 'west'])
      expect(await readFile(join(home, `consilium/${hospital}.log`), 'utf8')).not.toContain(
        '"level":"error"',
      );
  } finally {
    shell.kill();
    await shell.ended;
    await rm(home, { recursive: true, force: true });
  }
}, 400_000);

function shellOf(page: string): string {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block).join('\n');
}

async function withFreePorts(script: string): Promise<string> {
  const printed = [...new Set(script.match(PORTS))];
  expect(printed).toHaveLength(12);
  const free = await freePorts(printed.length);
  return script.replaceAll(PORTS, (port) => String(free[printed.indexOf(port)]));
}

interface Shell {
  /** The exit code of the whole walk: the first command that fails ends it. */
  readonly ended: Promise<number | null>;
  told(): string;
  /** Ends all that it started and that is still there. */
  kill(): void;
}

async function run(script: string, home: string): Promise<Shell> {
  // An operator's shell knows of no other network.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CONSILIUM_')),
  );
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: CLONE,
    detached: true,
    env: { ...environment, HOME: home, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  const ended = once(shell, 'exit').then(([code]) => code as number | null);
  await once(shell, 'spawn');
  return {
    ended,
    told: () => told,
    kill: () => {
      try {
        process.kill(-(shell.pid ?? 0), 'SIGKILL');
      } catch {
        // Nobody of its group is left.
      }
    },
  };
}
