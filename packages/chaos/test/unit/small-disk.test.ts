// Homes on file systems of their own. Where this machine lets nobody mount one, only the refusal is tested.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mountSmallDisks, type SmallDisks } from '../../src/devnet-world/small-disk.ts';

let folder: string;
let home: string;
let disks: SmallDisks | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  home = join(folder, 'home');
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'keys', 'key'), 'secret', { mode: 0o600 });
});

afterEach(async () => {
  await disks?.close();
  disks = undefined;
  rmSync(folder, { recursive: true });
});

describe.runIf(mayMount())('A home on a disk of its own', () => {
  test('has all that was in it, takes no byte when it is full, and takes them again', async () => {
    const disk = await mounted();
    expect(statSync(home).dev).not.toBe(statSync(folder).dev);
    expect(statSync(join(home, 'keys', 'key')).mode & 0o777).toBe(0o600);
    await disk.fill();
    expect(() => writeFileSync(join(home, 'more'), new Uint8Array(4_096))).toThrow('ENOSPC');
    expect(readFileSync(join(home, 'keys', 'key'), 'utf8')).toBe('secret');
    await disk.empty();
    writeFileSync(join(home, 'more'), new Uint8Array(32 * 1024 * 1024));
    expect(readdirSync(home).toSorted()).toEqual(['keys', 'more']);
  });

  test('is gone after the end, and nothing is mounted', async () => {
    await mounted();
    await disks?.close();
    expect(mountsIn(folder)).toEqual([]);
    expect(statSync(home).dev).toBe(statSync(folder).dev);
  });

  test('is gone too when the process that mounted it is killed', async () => {
    const url = new URL('../../src/devnet-world/small-disk.ts', import.meta.url).href;
    const script = `const { mountSmallDisks } = await import('${url}');
      await mountSmallDisks(['${home}']); console.log('mounted'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(mountsIn(folder)).toEqual([home]);
    child.kill('SIGKILL');
    await expect.poll(() => mountsIn(folder)).toEqual([]);
  });
});

test('Where nobody may mount, the home stays where it is.', async () => {
  const usual = process.env['PATH'];
  process.env['PATH'] = folder;
  try {
    disks = await mountSmallDisks([home]);
  } finally {
    process.env['PATH'] = usual;
  }
  expect(disks.byHome.size).toBe(0);
  expect(readFileSync(join(home, 'keys', 'key'), 'utf8')).toBe('secret');
  expect(readdirSync(folder)).toEqual(['home']);
});

async function mounted() {
  disks = await mountSmallDisks([home]);
  const disk = disks.byHome.get(home);
  if (disk === undefined) throw new Error('it was mounted a moment ago');
  return disk;
}

function mountsIn(path: string): readonly string[] {
  const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '').filter((each) => each.startsWith(path));
}

function mayMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'may-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4096', 'probe', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
