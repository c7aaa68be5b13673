import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

const TITLE =
  'README: what it is and for whom, the commands, a picture of the way of a transaction, packages (owns, does not own), limits, status of what is not there yet, a program of at most 30 lines against the SDK that a test takes out and runs. Every path named in `docs/architecture.md` exists (test).';

it(TITLE, async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const sections = [
    'Start',
    'A program',
    'The way of a transaction',
    'Packages',
    'Dependencies',
    'Limits',
    'Status',
  ];
  for (const section of sections) expect(readme).toContain(`\n## ${section}\n`);
  for (const reader of ['operators', 'developers', 'testers']) expect(readme).toContain(`**${reader}**`);
  expect(readme).toContain('not there yet');
  expect(pathsNamed('docs/architecture.md').filter((path) => !existsSync(join(root, path)))).toEqual([]);

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

/** Paths in code quotes that begin with a folder or file of the root. */
function pathsNamed(file: string): string[] {
  const quoted = [...readFileSync(join(root, file), 'utf8').matchAll(/`([^`\s]+)`/g)].map(
    ([, path]) => path ?? '',
  );
  const paths = quoted.filter(
    (path) => path.includes('/') && existsSync(join(root, path.split('/')[0] ?? '')),
  );
  expect(paths.length).toBeGreaterThan(30);
  return paths;
}
