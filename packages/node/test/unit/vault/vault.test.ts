import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOB_BYTES_MAX, type Hex32 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { homePaths, makeHomeFolders } from '../../../src/files/home.ts';
import {
  VAULT_GROUP_BYTES_MAX,
  VAULT_SEGMENT_BYTES_MAX,
  VAULT_SMALL_BYTES_MAX,
} from '../../../src/limits.ts';
import type { Kv } from '../../../src/ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { blobOf, idOf } from './vault-blobs.ts';
import { filesOf, isOnDisk, read, remove, type VaultHome, vaultHome, write } from './vault-home.ts';

const SIZES = [0, 1, 16, 4096, 4097, VAULT_SMALL_BYTES_MAX, VAULT_SMALL_BYTES_MAX + 1, BLOB_BYTES_MAX];

/** A store that counts what is asked of it. */
function counting(kv: Kv): Kv & { writes: number } {
  const counted = {
    writes: 0,
    get: kv.get,
    write: (...[batch, done]: Parameters<Kv['write']>): void => {
      counted.writes += 1;
      kv.write(batch, done);
    },
  };
  return counted;
}

interface Step {
  readonly type: 'write' | 'remove' | 'reopen';
  readonly blobs: readonly Uint8Array[];
}

const POOL = Array.from({ length: 10 }, (_, number) => blobOf(number, number === 0 ? 100_000 : number * 50));
const anyStep: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom('write', 'write', 'write', 'remove', 'remove', 'reopen'),
  blobs: fc.array(fc.constantFrom(...POOL)),
});

/** The step on the vault, and in the plainest words on a set of ids. */
async function perform(home: VaultHome, model: Set<Hex32>, { type, blobs }: Step): Promise<void> {
  const ids = blobs.map(idOf);
  if (type === 'reopen') await home.reopen();
  if (type === 'write') {
    await write(home.vault, ...blobs);
    for (const id of ids) model.add(id);
  }
  if (type === 'remove') {
    await remove(home.vault, ...ids);
    for (const id of ids) model.delete(id);
  }
}

describe('the vault', () => {
  test('gives back what was written, of any size, also after it was opened again', async () => {
    await using home = await vaultHome();
    const blobs = SIZES.map((size, number) => blobOf(number, size));
    expect(await write(home.vault, ...blobs)).toBeUndefined();
    for (const blob of blobs) expect(await read(home.vault, idOf(blob))).toEqual(blob);
    await home.reopen();
    for (const blob of blobs) {
      expect(home.vault.has(idOf(blob))).toBe(true);
      expect(await read(home.vault, idOf(blob))).toEqual(blob);
    }
    expect(home.log.events).toEqual([]);
  });

  test('does not have what nobody wrote', async () => {
    await using home = await vaultHome();
    expect(home.vault.has(idOf(blobOf(1, 10)))).toBe(false);
    expect(await read(home.vault, idOf(blobOf(1, 10)))).toBeUndefined();
    expect(home.log.events).toEqual([]);
  });

  test('claims nothing before the write is done, and never calls back before the call has returned', async () => {
    await using home = await vaultHome();
    const blob = blobOf(1, 100);
    let returned = false;
    const written = new Promise<boolean>((resolve) => {
      home.vault.write([blob], () => resolve(returned));
    });
    returned = true;
    expect(home.vault.has(idOf(blob))).toBe(false);
    expect(await written).toBe(true);
    expect(home.vault.has(idOf(blob))).toBe(true);
  });

  test('holds small blobs in a segment and large ones in files of their own, for the owner only', async () => {
    await using home = await vaultHome();
    const large = blobOf(1, VAULT_SMALL_BYTES_MAX + 1);
    await write(home.vault, blobOf(2, 10), large, blobOf(3, 10));
    const id = idOf(large);
    const files = await filesOf(home.folder);
    expect(files).toEqual([
      join(home.folder, 'files', id.slice(0, 2), id),
      join(home.folder, 'segments', '00000000.segment'),
    ]);
    for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home.folder, 'files', id.slice(0, 2)))).mode & 0o777).toBe(0o700);
  });

  test('writes the same blob once, in one call, in calls at once, and later', async () => {
    await using home = await vaultHome();
    const blob = blobOf(1, 5000);
    const large = blobOf(2, 100_000);
    const calls = Array.from({ length: 20 }, () => write(home.vault, blob, large, blob));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([undefined]));
    await write(home.vault, blob, large);
    expect(home.vault.stats()).toEqual({ blobs: 2, bytes: 105_000 });
    expect((await stat(join(home.folder, 'segments', '00000000.segment'))).size).toBe(5040);
  });

  test('serves the calls that wait with one write of the index, and known blobs with none', async () => {
    let kv: ReturnType<typeof counting> | undefined;
    await using home = await vaultHome((store) => {
      kv = counting(store);
      return kv;
    });
    const before = kv?.writes ?? 0;
    await Promise.all(Array.from({ length: 50 }, (_, number) => write(home.vault, blobOf(number, 200))));
    expect(kv?.writes).toBe(before + 1);
    await write(home.vault, blobOf(7, 200));
    await write(home.vault);
    expect(kv?.writes).toBe(before + 1);
  });

  test('does not let the first caller wait for more than a group of bytes', async () => {
    let kv: ReturnType<typeof counting> | undefined;
    await using home = await vaultHome((store) => {
      kv = counting(store);
      return kv;
    });
    const before = kv?.writes ?? 0;
    const half = VAULT_GROUP_BYTES_MAX / 2 / VAULT_SMALL_BYTES_MAX;
    const call = (number: number): ReturnType<typeof write> => {
      const blobs = Array.from({ length: half }, (_, at) =>
        blobOf(number * half + at, VAULT_SMALL_BYTES_MAX),
      );
      return write(home.vault, ...blobs);
    };
    await Promise.all([call(0), call(1), call(2)]);
    expect(kv?.writes).toBe(before + 2);
  });

  test('answers calls in their order: a blob written, removed and written again is there', async () => {
    await using home = await vaultHome();
    const blob = blobOf(1, 1000);
    const answered: string[] = [];
    await Promise.all([
      write(home.vault, blob).then(() => answered.push('write')),
      remove(home.vault, idOf(blob)).then(() => answered.push('remove')),
      write(home.vault, blob).then(() => answered.push('again')),
    ]);
    expect(answered).toEqual(['write', 'remove', 'again']);
    expect(await read(home.vault, idOf(blob))).toEqual(blob);
    expect(home.vault.stats()).toEqual({ blobs: 1, bytes: 1000 });
  });

  test('refuses a blob over the bound to its writer alone', async () => {
    await using home = await vaultHome();
    const [good, other] = [blobOf(1, 10), blobOf(2, 10)];
    const refused = write(home.vault, other, new Uint8Array(BLOB_BYTES_MAX + 1));
    const accepted = write(home.vault, good);
    expect(await refused).toMatchObject({ code: 'ENCODING_TOO_LARGE', data: { bytesMax: BLOB_BYTES_MAX } });
    expect(await accepted).toBeUndefined();
    expect([home.vault.has(idOf(good)), home.vault.has(idOf(other))]).toEqual([true, false]);
  });

  test('goes on in a new segment when one is full', async () => {
    await using home = await vaultHome();
    const perSegment = Math.floor(VAULT_SEGMENT_BYTES_MAX / (VAULT_SMALL_BYTES_MAX + 40));
    const blobs = Array.from({ length: perSegment + 2 }, (_, number) => {
      const blob = new Uint8Array(VAULT_SMALL_BYTES_MAX);
      new DataView(blob.buffer).setUint32(0, number);
      return blob;
    });
    await Promise.all(blobs.map((blob) => write(home.vault, blob)));
    expect((await filesOf(home.folder)).length).toBe(2);
    await home.reopen();
    for (const blob of [...blobs.slice(0, 2), ...blobs.slice(-3)]) {
      expect(await read(home.vault, idOf(blob))).toEqual(blob);
    }
  });

  test('takes 5,000 small blobs in batches of 64 from several callers, and has each of them', async () => {
    await using home = await vaultHome();
    const blobs = Array.from({ length: 5_000 }, (_, number) => blobOf(number, 200 + (number % 1_800)));
    const calls: Promise<unknown>[] = [];
    for (let first = 0; first < blobs.length; first += 64) {
      calls.push(write(home.vault, ...blobs.slice(first, first + 64)));
    }
    expect(new Set(await Promise.all(calls))).toEqual(new Set([undefined]));
    expect(home.vault.stats().blobs).toBe(5_000);
    const found = await Promise.all(blobs.map((blob) => read(home.vault, idOf(blob))));
    expect(found.every((bytes, at) => bytes !== undefined && idOf(bytes) === idOf(blobs[at] ?? bytes))).toBe(
      true,
    );
  });

  test('ends what is under way when it is closed', async () => {
    const home = await vaultHome();
    const [blob, large] = [blobOf(1, 100), blobOf(2, 200_000)];
    const written = write(home.vault, blob, large);
    const found = read(home.vault, idOf(large));
    const removed = remove(home.vault, idOf(blob));
    await home.vault.close();
    expect(await written).toBeUndefined();
    await found;
    expect(await removed).toBeUndefined();
    await home.store.close();
    expect(() => home.vault.read(idOf(blob), () => undefined)).toThrow('invariant');
  });

  test('agrees with a plain set under any writes, removals and openings', async () => {
    const agrees = fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
      await using home = await vaultHome();
      const model = new Set<Hex32>();
      for (const step of steps) await perform(home, model, step);
      for (const blob of POOL) {
        const found = await read(home.vault, idOf(blob));
        expect(found !== undefined).toBe(model.has(idOf(blob)));
      }
      expect(home.vault.stats().blobs).toBe(model.size);
      expect(home.log.events).toEqual([]);
    });
    await fc.assert(agrees, { numRuns: 25 });
  });
});

describe('a removed blob', () => {
  test('is on no disk any more, whatever its size, and its neighbours are', async () => {
    await using home = await vaultHome();
    const [before, small, after, large] = [
      blobOf(1, 500),
      blobOf(2, 500),
      blobOf(3, 500),
      blobOf(4, 100_000),
    ];
    await write(home.vault, before, small, after, large);
    expect(await isOnDisk(home.folder, small)).toBe(true);
    expect(await remove(home.vault, idOf(small), idOf(large), idOf(small))).toBeUndefined();
    for (const blob of [small, large]) {
      expect(home.vault.has(idOf(blob))).toBe(false);
      expect(await read(home.vault, idOf(blob))).toBeUndefined();
      expect(await isOnDisk(home.folder, blob.subarray(0, 64))).toBe(false);
    }
    for (const blob of [before, after]) expect(await read(home.vault, idOf(blob))).toEqual(blob);
    expect(home.vault.stats()).toEqual({ blobs: 2, bytes: 1000 });
    expect(home.log.events).toEqual([]);
  });

  test('that was never here is no error', async () => {
    await using home = await vaultHome();
    expect(await remove(home.vault, idOf(blobOf(1, 1)))).toBeUndefined();
    expect(home.vault.stats()).toEqual({ blobs: 0, bytes: 0 });
  });

  test('can be written again', async () => {
    await using home = await vaultHome();
    const blobs = [blobOf(1, 500), blobOf(2, 100_000)];
    await write(home.vault, ...blobs);
    await remove(home.vault, ...blobs.map(idOf));
    await write(home.vault, ...blobs);
    for (const blob of blobs) expect(await read(home.vault, idOf(blob))).toEqual(blob);
  });
});

describe('the folder of the vault', () => {
  test('is made with the home, and only the owner enters it', async () => {
    const paths = homePaths(join(await temporaryFolder(), 'home'));
    await makeHomeFolders(paths);
    expect((await stat(paths.vault)).mode & 0o777).toBe(0o700);
  });
});
