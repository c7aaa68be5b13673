import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkHome, type HomePaths, homePaths, makeHomeFolders, openHome } from '../../../src/files/home.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SOURCES = new URL('../../../src/', import.meta.url).href;

async function emptyHome(): Promise<HomePaths> {
  const paths = homePaths(join(await temporaryFolder(), 'home'));
  await makeHomeFolders(paths);
  await writeFile(paths.config, '');
  await writeFile(paths.validatorKey, '', { mode: 0o600 });
  return paths;
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('a home', () => {
  test('is made with folders that only the owner enters', async () => {
    const paths = await emptyHome();
    for (const folder of [paths.home, paths.keys, paths.data, paths.state]) {
      expect(await modeOf(folder)).toBe(0o700);
    }
  });

  test('is missing when there is no configuration, and a stranger folder is not filled', async () => {
    const folder = await temporaryFolder();
    expect(await refusalOf(() => openHome(folder))).toMatchObject({
      code: 'HOME_MISSING',
      data: { home: folder },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('is refused when others can read a key, or enter the folder of the keys', async () => {
    const paths = await emptyHome();
    await checkHome(paths);
    await chmod(paths.validatorKey, 0o640);
    expect(await refusalOf(() => checkHome(paths))).toMatchObject({
      code: 'KEY_FILE_MODE',
      data: { file: paths.validatorKey, mode: '0640' },
    });
    await chmod(paths.validatorKey, 0o600);
    await chmod(paths.keys, 0o701);
    expect(await refusalOf(() => openHome(paths.home))).toMatchObject({
      code: 'KEY_FILE_MODE',
      data: { file: paths.keys, mode: '0701' },
    });
  });

  test('belongs to one user at a time, and the refusal names who has it', async () => {
    const paths = await emptyHome();
    const first = await openHome(paths.home);
    expect(await refusalOf(() => openHome(paths.home))).toMatchObject({
      code: 'STORE_LOCKED',
      data: { home: paths.home, pid: process.pid },
    });
    await first.close();
    await using again = await openHome(paths.home);
    expect(again.paths).toEqual(paths);
  });

  test('that a killed process held is taken over without asking', async () => {
    const paths = await emptyHome();
    const source = `
      const { openHome } = await import('${SOURCES}files/home.ts');
      const home = await openHome(${JSON.stringify(paths.home)});
      process.stdout.write('open');
      setInterval(() => home, 1000);
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect((await refusalOf(() => openHome(paths.home))).data['pid']).toBe(holder.pid);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await using taken = await openHome(paths.home);
    expect(taken.store.get(6, Uint8Array.of(1))).toBeUndefined();
  });

  test('keeps its log in the state folder', async () => {
    const paths = await emptyHome();
    {
      await using home = await openHome(paths.home);
      home.disk.append('wal', Uint8Array.of(1));
      await new Promise((resolve) => home.disk.sync('wal', resolve));
    }
    expect(await readdir(paths.state)).toEqual(['wal']);
    expect(await readdir(paths.home)).not.toContain('pid');
  });
});
