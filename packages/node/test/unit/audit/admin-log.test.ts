import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { ADMIN_LOG_FILE, type ChainMark, readAdminFiles } from '../../../src/audit/admin-files.ts';
import { NO_LINE, nextLine, parseLine, renderLine } from '../../../src/audit/admin-line.ts';
import { type AdminLog, openAdminLog } from '../../../src/audit/admin-log.ts';
import { markFromBytes, markToBytes, readMark, writeMark } from '../../../src/audit/chain-mark.ts';
import { ADMIN_LOG_FILE_BYTES_MAX, ADMIN_LOG_FILES_MAX } from '../../../src/limits.ts';
import { openStore } from '../../../src/store/store.ts';
import { createEventLog, createManualClock } from '../../support/fakes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ACT = { by: 'operator', role: 'operator', action: 'snapshot.create', outcome: 'begun', facts: {} };

async function place() {
  const folder = join(await temporaryFolder(), 'state');
  await mkdir(folder);
  const events = createEventLog();
  const kept: { mark: ChainMark | undefined; fails: boolean } = { mark: undefined, fails: false };
  const open = (): Promise<AdminLog> =>
    openAdminLog({
      folder,
      clock: createManualClock(),
      report: events.report,
      mark: kept.mark,
      keepMark: async (mark) => {
        if (kept.fails) throw new ConsiliumError('DISK_FULL');
        kept.mark = mark;
      },
    });
  const file = join(folder, ADMIN_LOG_FILE);
  return { folder, file, events, kept, open, look: () => readAdminFiles(folder, kept.mark) };
}

type Place = Awaited<ReturnType<typeof place>>;

async function written(count: number): Promise<Place> {
  const at = await place();
  await using log = await at.open();
  for (let n = 0; n < count; n += 1) await log.append({ ...ACT, facts: { n } });
  return at;
}

describe('the log of admin actions', () => {
  test('has a line for each action, chained to the one before, and goes on after a restart', async () => {
    const at = await written(2);
    {
      await using log = await at.open();
      await log.append({ ...ACT, outcome: 'done' });
    }
    const { lines, broken } = await at.look();
    expect(broken).toBeUndefined();
    expect(lines.map(({ seq, outcome }) => [seq, outcome])).toEqual([
      [1, 'begun'],
      [2, 'begun'],
      [3, 'done'],
    ]);
    expect(lines[0]?.previous).toBe(NO_LINE.hash);
    expect(lines[2]?.previous).toBe(lines[1]?.hash);
    expect(at.kept.mark).toEqual({ first: 1, seq: 3, hash: lines[2]?.hash });
    expect(at.events.codes()).toEqual(['admin.action', 'admin.action', 'admin.action']);
  });

  test('is kept in order when many act at once', async () => {
    const at = await place();
    await using log = await at.open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append({ ...ACT, facts: { n } })));
    const { lines, broken } = await at.look();
    expect(broken).toBeUndefined();
    expect(lines.map(({ facts }) => facts['n'])).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect((await log.read(10, 3)).map(({ seq }) => seq)).toEqual([10, 11, 12]);
  });

  test.each([
    ['an edited line', (text: string) => text.replace('"n":1', '"n":7'), { line: 2, rule: 'form' }],
    [
      'a removed line',
      (text: string) => text.split('\n').toSpliced(1, 1).join('\n'),
      { line: 2, rule: 'chain' },
    ],
    ['a cut end', (text: string) => `${text.split('\n').slice(0, 3).join('\n')}\n`, { line: 3, rule: 'cut' }],
    ['an end cut within the last line', (text: string) => text.slice(0, -2), { line: 3, rule: 'cut' }],
    ['an emptied file', () => '', { line: 0, rule: 'cut' }],
  ])('%s is noticed', async (_what, change, expected) => {
    const at = await written(4);
    await writeFile(at.file, change(await readFile(at.file, 'utf8')));
    expect((await at.look()).broken).toEqual({ file: ADMIN_LOG_FILE, ...expected });
  });

  test('a line that is made anew, hash and all, does not fit what follows', async () => {
    const at = await written(3);
    const { lines } = await at.look();
    const [first, , third] = lines;
    if (first === undefined || third === undefined) throw new Error('lines');
    const forged = nextLine(first, { ...ACT, by: 'nobody' }, 5);
    await writeFile(at.file, [first, forged, third].map(renderLine).join(''));
    expect((await at.look()).broken).toEqual({ file: ADMIN_LOG_FILE, line: 3, rule: 'chain' });
    // And with everything behind it made anew as well, what the store knows is another line.
    await writeFile(at.file, [first, forged, nextLine(forged, ACT, 6)].map(renderLine).join(''));
    expect((await at.look()).broken).toEqual({ file: ADMIN_LOG_FILE, line: 3, rule: 'cut' });
  });

  test('a broken log is set aside, said so, and noted in the new one', async () => {
    const at = await written(4);
    await truncate(at.file, 100);
    {
      await using log = await at.open();
      await log.append(ACT);
    }
    expect(at.events.events).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'admin.log-broken', rule: 'cut' }),
    );
    const { lines, broken } = await at.look();
    expect(broken).toBeUndefined();
    expect(lines.map(({ seq, action }) => [seq, action])).toEqual([
      [5, 'log.broken'],
      [6, 'snapshot.create'],
    ]);
    const aside = (await readdir(at.folder)).find((name) => name.startsWith('admin-broken-')) ?? '';
    expect(await readdir(join(at.folder, aside))).toEqual([ADMIN_LOG_FILE]);
  });

  test('what a power cut left half written was never acknowledged, and is written over', async () => {
    const at = await written(2);
    await writeFile(at.file, '{"version":1,"seq":3,"at', { flag: 'a' });
    expect((await at.look()).broken).toBeUndefined();
    {
      await using log = await at.open();
      await log.append(ACT);
    }
    const { lines, broken } = await at.look();
    expect([lines.length, broken]).toEqual([3, undefined]);
  });

  test('a line whose mark did not follow is no break, but its action is not acknowledged', async () => {
    const at = await written(1);
    {
      await using log = await at.open();
      at.kept.fails = true;
      await expect(log.append(ACT)).rejects.toMatchObject({ code: 'DISK_FULL' });
    }
    at.kept.fails = false;
    {
      await using log = await at.open();
      await log.append(ACT);
    }
    const { lines, broken } = await at.look();
    expect([lines.length, broken]).toEqual([3, undefined]);
  });

  test('fills files of a bounded size, keeps the newest, and the chain goes over all of them', async () => {
    const at = await place();
    const facts = { text: 'x'.repeat(1_500) };
    const perFile = Math.floor(ADMIN_LOG_FILE_BYTES_MAX / 1_800);
    {
      await using log = await at.open();
      for (let n = 0; n < perFile * (ADMIN_LOG_FILES_MAX + 3); n += 1) await log.append({ ...ACT, facts });
    }
    {
      await using log = await at.open();
      await log.append(ACT);
      const { first, seq } = log.head();
      expect(first).toBeGreaterThan(perFile);
      expect((await log.read(seq - 400, 1_000)).length).toBe(401);
    }
    const { lines, broken } = await at.look();
    expect(broken).toBeUndefined();
    expect(lines.at(0)?.seq).toBe(at.kept.mark?.first);
    const names = (await readdir(at.folder)).sort();
    expect(names).toHaveLength(ADMIN_LOG_FILES_MAX + 1);
    await rm(join(at.folder, names[0] ?? ''));
    expect((await at.look()).broken?.rule).toBe('cut');
  }, 60_000);
});

describe('a line', () => {
  test('reads back as it was rendered, and in no other form', () => {
    const line = nextLine(NO_LINE, { ...ACT, facts: { b: 1, a: 'x', c: true } }, 77);
    const text = renderLine(line).trimEnd();
    expect(parseLine(text)).toEqual(line);
    for (const other of [
      ` ${text}`,
      text.replace('"version":1', '"version":2'),
      `${text} `,
      '',
      '{}',
      'null',
    ])
      expect(parseLine(other)).toBeUndefined();
  });
});

describe('the mark in the store', () => {
  test('is there after it was written', async () => {
    await using store = await openStore(await temporaryFolder());
    expect(readMark(store)).toBeUndefined();
    const mark = { first: 3, seq: 2 ** 40, hash: 'ab'.repeat(32) };
    await writeMark(store, mark);
    expect(readMark(store)).toEqual(mark);
    expect(markFromBytes(markToBytes(mark).subarray(1))).toBeUndefined();
  });
});
