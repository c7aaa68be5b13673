import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Log, openLog, reportToAll } from '../../../src/observe/log.ts';
import type { ReportedEvent } from '../../../src/ports.ts';
import { runUnderFileLimit } from '../support/file-limit.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SOURCES = new URL('../../../src/', import.meta.url).href;

async function openInFolder(level: ReportedEvent['level'] = 'info'): Promise<{ log: Log; file: string }> {
  const file = join(await temporaryFolder(), 'node.log');
  return { log: openLog({ level, file }), file };
}

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  test('is one JSON object per event: level, time, code and the facts', async () => {
    const before = Date.now();
    const { log, file } = await openInFolder();
    log.report({ level: 'info', code: 'node.started', height: 7, empty: false });
    log.report({ level: 'error', code: 'replica.failed', file: 'wal' });
    await log.close();
    const [first, second, ...rest] = await linesOf(file);
    expect(first).toEqual({
      level: 'info',
      time: expect.any(Number),
      code: 'node.started',
      height: 7,
      empty: false,
    });
    expect(Number(first?.['time'])).toBeGreaterThanOrEqual(before);
    expect(second).toMatchObject({ level: 'error', code: 'replica.failed', file: 'wal' });
    expect(rest).toEqual([]);
  });

  test('leaves out what is less important than its level', async () => {
    const { log, file } = await openInFolder('warn');
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      log.report({ level, code: 'api.started' });
    await log.close();
    expect((await linesOf(file)).map((line) => line['level'])).toEqual(['warn', 'error']);
  });

  test('keeps the time of the line apart from a fact of that name, and a text on its line', async () => {
    const { log, file } = await openInFolder();
    log.report({ level: 'info', code: 'api.started', time: 5, text: 'a\n{"level":"error"}' });
    await log.close();
    const text = await readFile(file, 'utf8');
    expect(text.match(/"time":/g)).toHaveLength(1);
    expect(await linesOf(file)).toMatchObject([{ eventTime: 5, text: 'a\n{"level":"error"}' }]);
  });

  test('appends, and only the owner reads it', async () => {
    const { log, file } = await openInFolder();
    log.report({ level: 'info', code: 'api.started' });
    await log.close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = openLog({ level: 'info', file });
    again.report({ level: 'info', code: 'api.stopped' });
    await again.close();
    expect((await linesOf(file)).map((line) => line['code'])).toEqual(['api.started', 'api.stopped']);
  });

  test('flush writes what waits before it returns', async () => {
    const { log, file } = await openInFolder();
    log.report({ level: 'error', code: 'replica.failed' });
    log.flush();
    expect(await linesOf(file)).toMatchObject([{ code: 'replica.failed' }]);
    await log.close();
  });

  test('takes events after it was closed without a word', async () => {
    const { log, file } = await openInFolder();
    await log.close();
    log.report({ level: 'info', code: 'api.stopped' });
    log.flush();
    await log.close();
    expect(await linesOf(file)).toEqual([]);
  });

  test('goes to standard output without a file', async () => {
    const source = `
      const { openLog } = await import('${SOURCES}observe/log.ts');
      const log = openLog({ level: 'info' });
      log.report({ level: 'info', code: 'STARTED', height: 1 });
      await log.close();
    `;
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);
    const { stdout } = await node;
    expect(JSON.parse(stdout)).toMatchObject({ level: 'info', code: 'STARTED', height: 1 });
  });

  test('a file that cannot be opened is named', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'log'));
    expect(await refusalOf(() => openLog({ level: 'info', file: join(folder, 'log') }))).toMatchObject({
      code: 'DISK_FAILED',
      data: { errno: 'EISDIR' },
    });
  });

  test('a burst beyond its buffer is dropped and counted, and nobody waits', async () => {
    const { log, file } = await openInFolder();
    const filler = 'x'.repeat(10_000);
    for (let number = 0; number < 300; number += 1) log.report({ level: 'info', code: 'api.failed', filler });
    const written = async () => (await linesOf(file).catch(() => [])).map((line) => line['code']);
    await expect.poll(written).toContain('LOG_LINES_DROPPED');
    await log.close();
    const lines = await linesOf(file);
    const kept = lines.filter((line) => line['code'] === 'api.failed').length;
    const dropped = lines.find((line) => line['code'] === 'LOG_LINES_DROPPED')?.['lines'];
    expect(kept + Number(dropped)).toBe(300);
    expect(kept).toBeGreaterThan(50);
  });

  test('a disk that takes no more does not stop the node, nor closing it', async () => {
    const file = join(await temporaryFolder(), 'node.log');
    const source = `
      const { openLog } = await import('${SOURCES}observe/log.ts');
      const log = openLog({ level: 'info', file: ${JSON.stringify(file)} });
      for (let i = 0; i < 50; i += 1) {
        log.report({ level: 'info', code: 'FILL', filler: 'x'.repeat(10_000) });
        await new Promise(setImmediate);
      }
      log.flush();
      log.report({ level: 'info', code: 'MORE' });
      await log.close();
      process.stdout.write('went on');
    `;
    expect(await runUnderFileLimit(source, 64)).toBe('went on');
  });

  test('a reader that stalls holds up neither the node nor its end', async () => {
    const source = `
      const { openLog } = await import('${SOURCES}observe/log.ts');
      const log = openLog({ level: 'info' });
      for (let i = 0; i < 500; i += 1) log.report({ level: 'info', code: 'api.started', filler: 'x'.repeat(10_000) });
      await log.close();
      process.stderr.write('ended');
      process.exit(0);
    `;
    // Nobody reads its standard output.
    const node = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(String(await once(node.stderr, 'data'))).toBe('ended');
    await once(node, 'exit');
  });
});

describe('reporting to several', () => {
  test('hands each event to each', () => {
    const heard: string[] = [];
    const report = reportToAll(
      ({ code }) => heard.push(`a ${code}`),
      ({ code }) => heard.push(`b ${code}`),
    );
    report({ level: 'info', code: 'api.started' });
    expect(heard).toEqual(['a api.started', 'b api.started']);
  });
});
