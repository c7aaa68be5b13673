// The bin as an older Node reads it, with a command of the test's own behind it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOlderNode } from '../../../../scripts/test/support/older-node.ts';
import { createFolder, repository, type Tree } from '../../../../scripts/test/support/tree.ts';

type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string };

const [olderNode, ...olderArguments] = findOlderNode();

function createClone(main: string, options = { bringsNode: true }): Tree {
  const clone = createFolder();
  clone.write('packages/cli/package.json', '{ "type": "module" }');
  clone.write('packages/cli/src/entry.ts', main);
  cpSync(join(repository, 'packages/cli/bin'), join(clone.root, 'packages/cli/bin'), { recursive: true });
  if (options.bringsNode) {
    clone.write('node_modules/node/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
    chmodSync(join(clone.root, 'node_modules/node/bin/node'), 0o755);
  }
  return clone;
}

const start = (clone: Tree, words: string[] = []): ChildProcess =>
  spawn(olderNode, [...olderArguments, join(clone.root, 'packages/cli/bin/consilium.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function end(child: ChildProcess): Promise<Ended> {
  const ended = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    ended.stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...ended };
}

const saysWhatItGets = `export async function run(argv: string[]): Promise<number> {
  console.log(JSON.stringify([process.versions.node, ...argv]));
  console.error('progress');
  return 5;
}
`;

const waitsForSignals = `export function run(): Promise<number> {
  const keepAlive = setInterval(() => undefined, 1_000_000);
  const { promise, resolve } = Promise.withResolvers<number>();
  const codes = { SIGINT: 11, SIGTERM: 12, SIGHUP: 13 };
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      clearInterval(keepAlive);
      resolve(code);
    });
  }
  console.log('ready');
  return promise;
}
`;

describe('the bin, called by an older Node', () => {
  it('runs the command on the Node that the clone brings, with its words, streams and exit code', async () => {
    using clone = createClone(saysWhatItGets);
    const ended = await end(start(clone, ['status', '--json', 'two words']));
    expect(ended).toEqual({
      code: 5,
      signal: null,
      stdout: `${JSON.stringify([process.versions.node, 'status', '--json', 'two words'])}\n`,
      stderr: 'progress\n',
    });
  });

  for (const [signal, code] of [
    ['SIGINT', 11],
    ['SIGTERM', 12],
    ['SIGHUP', 13],
  ] as const) {
    it(`passes ${signal} on to the command and ends as the command ends`, async () => {
      using clone = createClone(waitsForSignals);
      const child = start(clone);
      child.stdout?.once('data', () => child.kill(signal));
      expect(await end(child)).toMatchObject({ code, stdout: 'ready\n' });
    });
  }

  it('dies of the signal that its command died of', async () => {
    using clone = createClone("export const run = (): void => process.kill(process.pid, 'SIGKILL');\n");
    expect(await end(start(clone))).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('says in one line which Node it needs when the clone brings none, and exits 78', async () => {
    using clone = createClone(saysWhatItGets, { bringsNode: false });
    const ended = await end(start(clone));
    expect(ended.stderr).toMatch(/^NODE_TOO_OLD: Consilium needs Node 24 or newer .*\n$/);
    expect(ended).toMatchObject({ code: 78, stdout: '' });
  });

  it('says in one line that packages are missing when nothing is installed, and exits 78', async () => {
    using clone = createClone("export { run } from '@consilium/sdk';\n");
    const ended = await end(start(clone));
    expect(ended.stderr).toMatch(/^DEPENDENCIES_MISSING: .*@consilium\/sdk.*`npm ci` first\.\n$/);
    expect(ended).toMatchObject({ code: 78, stdout: '' });
  });
});

it('ends without a word when what reads its output has gone', () => {
  const words = [
    process.execPath,
    join(repository, 'packages/cli/bin/consilium.js'),
    'consent',
    'grant',
    '--help',
  ];
  const { stderr } = spawnSync('sh', ['-c', '"$@" | true', 'sh', ...words], { encoding: 'utf8' });
  expect(stderr).toBe('');
});
