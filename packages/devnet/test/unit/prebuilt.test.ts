import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFolder, repository, type Tree } from '../../../../scripts/test/support/tree.ts';

const PREBUILT = 'packages/devnet/src/supervisor/prebuilt.ts';
const ASK = `
const { findPrebuilt, prebuiltOr, sourceFingerprint } = await import(process.argv[1]);
const found = findPrebuilt() ?? null;
process.stdout.write(JSON.stringify({ found, program: prebuiltOr('main', 'source.ts'), fingerprint: sourceFingerprint() }));`;

interface Answer {
  readonly found: string | null;
  readonly program: string;
  readonly fingerprint: string;
}

function createClone(): Tree {
  const clone = createFolder();
  clone.write('package-lock.json', '{}');
  clone.write('scripts/build/prebuild.ts', '');
  clone.write('packages/core/package.json', '{}');
  clone.write('packages/core/src/a.ts', 'export const a = 1;\n');
  clone.write('packages/devnet/package.json', '{ "type": "module" }');
  mkdirSync(join(clone.root, 'packages/devnet/src/supervisor'), { recursive: true });
  cpSync(join(repository, PREBUILT), join(clone.root, PREBUILT));
  return clone;
}

function ask(clone: Tree): Answer {
  const args = ['--input-type=module', '--eval', ASK, join(clone.root, PREBUILT)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as Answer;
}

const bundleOf = (fingerprint: string): string => join('node_modules/.cache/consilium/bundles', fingerprint);

test('A bundle is used for the very source that it was made of: after an edit, with a file more or less, the source itself runs', () => {
  using clone = createClone();
  const before = ask(clone);
  expect(before).toMatchObject({ found: null, program: 'source.ts' });
  clone.write(join(bundleOf(before.fingerprint), 'main.js'), '');
  const folder = join(clone.root, bundleOf(before.fingerprint));
  expect(ask(clone)).toEqual({ ...before, found: folder, program: join(folder, 'main.js') });

  clone.write('packages/core/src/b.ts', '');
  expect(ask(clone).found).toBeNull();
  clone.remove('packages/core/src/b.ts');
  expect(ask(clone).found).toBe(folder);
  clone.write('packages/core/src/a.ts', 'export const a = 2;\n');
  expect(ask(clone).found).toBeNull();
});

test('Where there is no source there is no bundle of it: a package runs what it is', () => {
  using clone = createClone();
  const { fingerprint } = ask(clone);
  clone.write(join(bundleOf(fingerprint), 'main.js'), '');
  clone.remove('scripts/build/prebuild.ts');
  const args = [
    '--input-type=module',
    '--eval',
    'const { findPrebuilt } = await import(process.argv[1]); process.stdout.write(String(findPrebuilt()))',
  ];
  const { stdout } = spawnSync(process.execPath, [...args, join(clone.root, PREBUILT)], { encoding: 'utf8' });
  expect(stdout).toBe('undefined');
});
