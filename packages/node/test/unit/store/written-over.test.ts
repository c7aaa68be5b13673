// What custody relies on when it erases: that a value which was written over can be had out of the store's files.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { whenDone } from '../../../src/when-done.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-written-over-'));
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const KEY = new Uint8Array(40).fill(7);
const put = (value: Uint8Array | null): Promise<void> =>
  whenDone((done) => store.write([{ table: TABLES.packages, key: KEY, value }], done));
const merge = (): Promise<void> =>
  store.compact([{ table: TABLES.packages, from: KEY, to: Uint8Array.of(...KEY, 1) }]);

async function liesThere(value: Uint8Array): Promise<boolean> {
  for (const name of await readdir(folder))
    if ((await readFile(join(folder, name))).includes(Buffer.from(value))) return true;
  return false;
}

it.each([true, false])(
  'Merged, written once more and merged, no file holds what stood there before (in files of its own: %s).',
  async (apart) => {
    const [secret, other] = [randomBytes(2_000), randomBytes(2_000)];
    await put(secret);
    if (apart) await merge();
    await put(other);
    expect(await liesThere(secret)).toBe(true);
    await merge();
    await put(other);
    await merge();
    expect(await liesThere(secret)).toBe(false);
    expect(await liesThere(other)).toBe(true);
  },
);
