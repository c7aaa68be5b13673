// The disk of a daemon under faults, over the production disk in a folder of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsiliumError } from '@consilium/core';
import { homePaths } from '@consilium/node/setup';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk, type LocalDisk } from '../../../node/src/files/disk.ts';
import type { OpenHome } from '../../../node/src/files/home.ts';
import type { Store } from '../../../node/src/store/store.ts';
import { createDeath } from '../../src/devnet-world/death.ts';
import { withFaultyHome } from '../../src/devnet-world/faulty-disk.ts';
import type { NodeFault } from '../../src/devnet-world/node-faults.ts';

const FILE = 'agreement.wal';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let folder: string;
let inner: LocalDisk;
let faults: NodeFault[];
let disk: LocalDisk;
let stored: number;

class Died extends Error {}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faulty-disk-'));
  faults = [];
  stored = 0;
  inner = createDisk(folder);
  const store: Pick<Store, 'write'> = {
    write: (_batch, done) => {
      stored += 1;
      done();
    },
  };
  const home = { disk: inner, store, paths: { ...homePaths(folder), state: folder } } as unknown as OpenHome;
  const death = createDeath(() => {
    throw new Died();
  });
  ({ disk } = withFaultyHome(home, { faults: () => faults, death }));
});

afterEach(async () => {
  await inner.close();
  rmSync(folder, { recursive: true });
});

describe('The disk of a daemon', () => {
  test('without faults is the production disk', async () => {
    disk.append(FILE, bytes('one'));
    disk.append(FILE, bytes('two'));
    expect(await synced()).toBeUndefined();
    disk.writeAt(FILE, 0, bytes('O'));
    disk.truncate(FILE, 4);
    expect(await synced()).toBeUndefined();
    expect(content()).toBe('Onet');
  });

  test('has nothing in its files before it is to be synced', async () => {
    disk.append(FILE, bytes('held'));
    const other = createDisk(folder);
    expect(other.read(FILE)).toBeUndefined();
    await other.close();
  });

  test.each([
    ['disk-failing', 'DISK_FAILED'],
    ['disk-full', 'DISK_FULL'],
  ] as const)('%s: refuses with %s and writes nothing', async (kind, code) => {
    faults = [{ kind }];
    disk.append(FILE, bytes('lost'));
    expect((await synced())?.code).toBe(code);
    expect(inner.read(FILE)).toBeUndefined();
  });

  test('slow: takes longer, and no longer than the fault stands', async () => {
    faults = [{ kind: 'disk-slow', factor: 1_000_000 }];
    disk.append(FILE, bytes('late'));
    let told = false;
    const done = synced().finally(() => {
      told = true;
    });
    // The production disk is done when its file has it: the fault alone keeps the answer back.
    while (!existsSync(join(folder, FILE)) || content() !== 'late')
      await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(told).toBe(false);
    faults = [];
    expect(await done).toBeUndefined();
  });

  test('dies before a write with nothing of it, or with a part', () => {
    faults = [{ kind: 'crash', points: ['log-asked'], power: true, torn: undefined }];
    disk.append(FILE, bytes('12345678'));
    expect(() => disk.sync(FILE, () => undefined)).toThrow(Died);
    expect(() => content()).toThrow('ENOENT');
    faults = [{ kind: 'crash', points: ['log-asked'], power: true, torn: 0.5 }];
    expect(() => disk.sync(FILE, () => undefined)).toThrow(Died);
    expect(content()).toBe('1234');
  });

  test.each([
    { power: false, left: 'firsTand more' },
    { power: true, left: 'first' },
  ])('dies with power $power: of what was not synced it leaves "$left"', async ({ power, left }) => {
    disk.append(FILE, bytes('first'));
    expect(await synced()).toBeUndefined();
    disk.append(FILE, bytes('and'));
    disk.append(FILE, bytes(' more!'));
    disk.writeAt(FILE, 4, bytes('T'));
    disk.truncate(FILE, 13);
    faults = [{ kind: 'crash', points: ['signing-record-asked'], power, torn: undefined }];
    disk.append('signing-record', bytes('x'));
    expect(() => disk.sync('signing-record', () => undefined)).toThrow(Died);
    expect(content()).toBe(left);
  });

  test('dies at the point of another file only when that is written', async () => {
    faults = [{ kind: 'crash', points: ['signing-record-asked'], power: true, torn: undefined }];
    disk.append(FILE, bytes('x'));
    expect(await synced()).toBeUndefined();
    disk.append('signing-record', bytes('x'));
    expect(() => disk.sync('signing-record', () => undefined)).toThrow(Died);
    expect(stored).toBe(0);
  });
});

function synced(): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => disk.sync(FILE, resolve));
}

function content(): string {
  return readFileSync(join(folder, FILE), 'utf8');
}
