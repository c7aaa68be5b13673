import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { environmentOf, launchDevnet } from '../../src/index.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function programOfReadme(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, program] = /<!-- program: run by a test -->\s*```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  if (program === undefined) throw new Error('the README has no program');
  return program;
}

/** Runs TypeScript from standard input, as if it lay in the root of the clone. */
function run(program: string, env: Record<string, string>): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-'], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on('exit', (code) => resolve({ code, out }));
    child.stdin.end(program);
  });
}

it('README: the program of at most 30 lines against the SDK runs as it is printed.', async () => {
  const program = programOfReadme();
  expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  const folder = mkdtempSync(join(tmpdir(), 'consilium-readme-'));
  folders.push(folder);
  await using devnet = await launchDevnet({ dir: join(folder, 'net'), findPorts: true });
  const { code, out } = await run(program, environmentOf(devnet.file));
  expect(out).toMatch(/height \d+: .*Hospital/);
  expect(out).toContain('anchored: committed');
  expect(out).toMatch(/proven since height \d+/);
  expect(code).toBe(0);
});
