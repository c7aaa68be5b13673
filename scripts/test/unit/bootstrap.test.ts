// The bootstrap in a clone of its own, whose one dependency lies in the clone: a real `npm ci`, without a network.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOlderNode } from '../support/older-node.ts';
import { createFolder, repository, type Tree } from '../support/tree.ts';

const announced = /^Installing \d+ locked packages, about \d+ MB on disk; this happens once\.\n$/;

const manifest = (dependencies: Record<string, string>): string =>
  JSON.stringify({ name: 'clone', version: '1.0.0', dependencies });

const lockFile = (parcelVersion: string): string =>
  JSON.stringify({
    name: 'clone',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'clone', version: '1.0.0', dependencies: { parcel: 'file:parcel' } },
      'node_modules/parcel': { resolved: 'parcel', link: true },
      parcel: { version: parcelVersion },
    },
  });

function writeParcel(clone: Tree, version: string): void {
  clone.write('parcel/package.json', JSON.stringify({ name: 'parcel', version }));
  clone.write('package-lock.json', lockFile(version));
}

function createClone(): Tree {
  const clone = createFolder();
  clone.write('package.json', manifest({ parcel: 'file:parcel' }));
  writeParcel(clone, '1.0.0');
  cpSync(join(repository, 'scripts/bootstrap.mjs'), join(clone.root, 'scripts/bootstrap.mjs'));
  return clone;
}

const bootstrap = 'node scripts/bootstrap.mjs';
const isInstalled = (clone: Tree): boolean =>
  existsSync(join(clone.root, 'node_modules/parcel/package.json'));
const idOfADeadProcess = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('the bootstrap', () => {
  it('installs a fresh clone after one line on stderr, and says nothing the next time', async () => {
    using clone = createClone();
    const first = await clone.run(bootstrap);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(announced);
    expect(isInstalled(clone)).toBe(true);
    expect(await clone.run(bootstrap)).toMatchObject({ code: 0, output: '' });
  });

  it('installs once when three commands start at once', async () => {
    using clone = createClone();
    const outcomes = await Promise.all([1, 2, 3].map(() => clone.run(bootstrap)));
    expect(outcomes.map((outcome) => outcome.code)).toEqual([0, 0, 0]);
    expect(outcomes.filter((outcome) => announced.test(outcome.output))).toHaveLength(1);
    expect(isInstalled(clone)).toBe(true);
    expect(existsSync(join(clone.root, '.install-lock'))).toBe(false);
  });

  it('installs again when the lock file has changed', async () => {
    using clone = createClone();
    await clone.run(bootstrap);
    writeParcel(clone, '1.0.1');
    expect((await clone.run(bootstrap)).output).toMatch(announced);
    expect((await clone.run(bootstrap)).output).toBe('');
  });

  it('is not held up by a command that was killed while it installed', async () => {
    using clone = createClone();
    clone.write('.install-lock/pid', String(idOfADeadProcess()));
    expect((await clone.run(bootstrap)).output).toMatch(announced);
    expect(isInstalled(clone)).toBe(true);
  });

  it('shows what npm said and what to do when the install fails', async () => {
    using clone = createClone();
    clone.write('package.json', manifest({ parcel: 'file:parcel', other: 'file:other' }));
    const outcome = await clone.run(bootstrap);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('npm error');
    expect(outcome.stderr).toMatch(/\nThe install failed: .* run the same command again\.\n$/);
    expect(existsSync(join(clone.root, '.install-lock'))).toBe(false);
  });

  it('says how to get Node 24 when the scripts would run on an older one', async () => {
    using clone = createClone();
    await clone.run(bootstrap);
    const older = findOlderNode().map((word) => `'${word}'`);
    const outcome = await clone.run(`${older.join(' ')} scripts/bootstrap.mjs`);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^Consilium needs Node 24 and finds \d+.*: run `npm rebuild node`, .*\n$/);
  });
});
