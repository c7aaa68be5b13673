// The disk of a daemon under faults, over the production disk in a folder of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import type { LocalVault } from '@consilium/node';
import { TABLES } from '@consilium/node/replica';
import { homePaths } from '@consilium/node/setup';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk, type LocalDisk } from '../../../node/src/files/disk.ts';
import type { OpenHome } from '../../../node/src/files/home.ts';
import type { Store } from '../../../node/src/store/store.ts';
import { createDeath, type Death } from '../../src/devnet-world/death.ts';
import { withFaultyHome, withFaultyVault } from '../../src/devnet-world/faulty-disk.ts';
import type { NodeFault } from '../../src/devnet-world/node-faults.ts';

const FILE = 'agreement.wal';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let folder: string;
let inner: LocalDisk;
let faults: NodeFault[];
let disk: LocalDisk;
let store: OpenHome['store'];
/** What the store answers to the next batch. */
let refusal: ConsiliumError | undefined;
let stored: number;

let death: Death;

class Died extends Error {}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faulty-disk-'));
  faults = [];
  stored = 0;
  refusal = undefined;
  inner = createDisk(folder);
  const innerStore: Pick<Store, 'write'> = {
    write: (_batch, done) => {
      stored += 1;
      done(refusal);
    },
  };
  death = createDeath(() => {
    throw new Died();
  });
  const paths = { ...homePaths(folder), state: folder };
  const home = { disk: inner, store: innerStore, paths } as unknown as OpenHome;
  ({ disk, store } = withFaultyHome(home, { faults: () => faults, death }));
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

  test('dies when a batch is durable and nobody was told, and not when it was refused', () => {
    faults = [{ kind: 'crash', points: ['commit-synced'], power: true, torn: undefined }];
    let told = 0;
    const commit = (): void =>
      store.write(
        [TABLES.blocks, TABLES.meta].map((table) => ({ table, key: bytes('k'), value: bytes('v') })),
        () => {
          told += 1;
        },
      );
    expect(commit).toThrow(Died);
    expect([stored, told]).toEqual([1, 0]);
    refusal = new ConsiliumError('DISK_FULL');
    commit();
    expect([stored, told]).toEqual([2, 1]);
  });
});

describe('The vault of a daemon', () => {
  test.each(['vault-write', 'vault-remove'] as const)('dies at %s, before it and after it', (effect) => {
    const done: string[] = [];
    const inner: Pick<LocalVault, 'write' | 'remove'> = {
      write: (_blobs, told) => {
        done.push('vault-write');
        told();
      },
      remove: (_ids, told) => {
        done.push('vault-remove');
        told();
      },
    };
    const vault = withFaultyVault(inner as LocalVault, { faults: () => faults, death });
    const change = (): void =>
      effect === 'vault-write' ? vault.write([], () => undefined) : vault.remove([], () => undefined);
    faults = [{ kind: 'crash', points: [`${effect}-asked`], power: true, torn: undefined }];
    expect(change).toThrow(Died);
    expect(done).toEqual([]);
    faults = [{ kind: 'crash', points: [`${effect}-synced`], power: true, torn: undefined }];
    expect(change).toThrow(Died);
    expect(done).toEqual([effect]);
  });
});

function synced(): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => disk.sync(FILE, resolve));
}

function content(): string {
  return readFileSync(join(folder, FILE), 'utf8');
}
