import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createHandlePool, readAt } from '../../../src/vault/handle-pool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function numberedFiles(count: number): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  const paths = Array.from({ length: count }, (_, number) => join(folder, `${number}`));
  for (const [number, path] of paths.entries()) await writeFile(path, Uint8Array.of(number, number));
  return paths;
}

describe('the open segment files', () => {
  test('are as few as allowed once nobody reads, and every reader gets its own file', async () => {
    const paths = await numberedFiles(12);
    const pool = createHandlePool(3);
    const handles = new Map<string, { readonly fd: number }>();
    const readOne = (path: string): Promise<Uint8Array> =>
      pool.use(path, (handle) => {
        handles.set(path, handle);
        return readAt(handle, 1, 5);
      });
    const openOnes = (): number => [...handles.values()].filter(({ fd }) => fd !== -1).length;
    const all = await Promise.all([...paths, ...paths].map(readOne));
    expect(all.map(([first]) => first)).toEqual([...paths.keys(), ...paths.keys()]);
    expect(openOnes()).toBe(3);
    const kept = paths.filter((path) => handles.get(path)?.fd !== -1);
    const before = kept.map((path) => handles.get(path));
    for (const path of kept) await readOne(path);
    expect(kept.map((path) => handles.get(path))).toEqual(before);
    await pool.close();
    expect(openOnes()).toBe(0);
  });

  test('are looked for again when one was missing', async () => {
    const [path = ''] = await numberedFiles(1);
    const pool = createHandlePool(3);
    const later = `${path}-later`;
    const readLater = (): Promise<Uint8Array> => pool.use(later, (handle) => readAt(handle, 0, 1));
    await expect(readLater()).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(later, Uint8Array.of(7));
    expect(await readLater()).toEqual(Uint8Array.of(7));
    await pool.close();
  });
});
