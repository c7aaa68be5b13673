import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFile, readSmallFile, replaceFile } from '../../../src/files/atomic-file.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('writing a whole file', () => {
  test('replaces what was there, with the mode asked for, and leaves nothing beside it', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'file');
    await writeFile(path, 'before');
    await chmod(path, 0o666);
    await replaceFile(path, 'after', 0o600);
    expect(await readFile(path, 'utf8')).toBe('after');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('makes a new file, and refuses one that is there without touching it', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'file');
    await createFile(path, 'first', 0o600);
    expect(await refusalOf(() => createFile(path, 'second', 0o600))).toMatchObject({
      code: 'FILE_EXISTS',
      data: { file: path },
    });
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('of many who make the same file at once, one succeeds', async () => {
    const path = join(await temporaryFolder(), 'file');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, number) => createFile(path, `${number}`, 0o600)),
    );
    const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`${winner}`);
  });

  test('cleans up when it fails, and names the error', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'taken');
    await mkdir(path);
    expect((await refusalOf(() => replaceFile(path, 'x', 0o600))).code).toBe('DISK_FAILED');
    expect(await readdir(folder)).toEqual(['taken']);
    expect((await refusalOf(() => replaceFile(join(folder, 'no', 'x'), 'x', 0o600))).data['errno']).toBe(
      'ENOENT',
    );
  });
});

describe('reading a small file', () => {
  test('gives bytes and mode', async () => {
    const path = join(await temporaryFolder(), 'file');
    await createFile(path, 'text', 0o640);
    expect(await readSmallFile(path, 4)).toEqual({ bytes: new TextEncoder().encode('text'), mode: 0o640 });
  });

  test('refuses a missing file and one over its bound', async () => {
    const path = join(await temporaryFolder(), 'file');
    expect((await refusalOf(() => readSmallFile(path, 4))).code).toBe('FILE_MISSING');
    await writeFile(path, 'texts');
    expect((await refusalOf(() => readSmallFile(path, 4))).code).toBe('FILE_TOO_LARGE');
  });
});
