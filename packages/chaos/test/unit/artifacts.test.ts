import { mkdtemp, readdir, readFile, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isConsiliumError } from '@consilium/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRun, writeRun } from '../../src/run/artifacts.ts';
import { boundRecord } from '../../src/run/bounded.ts';
import type { RunRecord } from '../../src/run/verdict.ts';
import { emptyRecord, forkedRecord, passingRecord } from '../support/run-records.ts';

let root = '';
let dir = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'consilium-run-'));
  dir = join(root, 'run');
});
afterEach(() => rm(root, { recursive: true }));

async function damageOf(path: string): Promise<string> {
  try {
    await readRun(path);
  } catch (error) {
    if (!isConsiliumError(error, 'CHAOS_RUN_INVALID')) throw error;
    expect(error.data['path']).toBe(path);
    return String(error.data['what']);
  }
  throw new Error('was read');
}

async function change(file: string, by: (text: string) => string): Promise<void> {
  const path = join(dir, file);
  await writeFile(path, by(await readFile(path, 'utf8')));
}

describe('The folder of a run', () => {
  test.each<[string, () => RunRecord]>([
    ['a pass', passingRecord],
    ['a fork', forkedRecord],
    ['nothing', emptyRecord],
  ])('gives back %s as it was written.', async (_, make) => {
    await writeRun(dir, make());
    expect(await readRun(dir)).toEqual(make());
  });

  test('has a verdict that says its format, the scenario as text, and a log for each node.', async () => {
    await writeRun(dir, forkedRecord());
    expect((await readdir(dir)).sort()).toEqual([
      'nodes',
      'scenario.toml',
      'sequence.txt',
      'timeline.jsonl',
      'verdict.json',
      'versions.json',
      'writes.jsonl',
    ]);
    expect((await readdir(join(dir, 'nodes'))).sort()).toEqual(['n1.log', 'n2.log', 'n3.log', 'n4.log']);
    const verdict: unknown = JSON.parse(await readFile(join(dir, 'verdict.json'), 'utf8'));
    expect(verdict).toMatchObject({ format: 1, outcome: 'fail', scenario: 'leader-cut-then-heal', seed: 42 });
    expect(await readFile(join(dir, 'scenario.toml'), 'utf8')).toContain('name = "two-state-roots"');
  });

  test('is the same bytes for the same record.', async () => {
    await writeRun(dir, forkedRecord());
    await writeRun(join(root, 'again'), forkedRecord());
    for (const file of ['verdict.json', 'sequence.txt', 'timeline.jsonl'])
      expect(await readFile(join(dir, file), 'utf8')).toBe(await readFile(join(root, 'again', file), 'utf8'));
  });

  test('is never written over another, and leaves nothing beside it.', async () => {
    await writeRun(dir, emptyRecord());
    await expect(writeRun(dir, passingRecord())).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(await readdir(root)).toEqual(['run']);
    expect(await readRun(dir)).toEqual(emptyRecord());
  });

  test('is not there at all when a part of it cannot be written.', async () => {
    const record = { ...emptyRecord(), logs: { '../../etc/n1': ['a'] } };
    await expect(writeRun(dir, record)).rejects.toThrow('no name of a node');
    await writeRun(dir, emptyRecord());
    await expect(writeRun(join(dir, 'verdict.json', 'x'), emptyRecord())).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    expect(await readdir(root)).toEqual(['run']);
  });

  test('may hold further files, such as a report.', async () => {
    await writeRun(dir, emptyRecord());
    await writeFile(join(dir, 'report.html'), 'x');
    expect(await readRun(dir)).toEqual(emptyRecord());
  });
});

describe('A folder that is no run is refused with CHAOS_RUN_INVALID:', () => {
  test('one that is not there, or empty.', async () => {
    expect(await damageOf(dir)).toBe('verdict.json is missing');
    expect(await damageOf(root)).toBe('verdict.json is missing');
  });

  test('one of another format.', async () => {
    await writeRun(dir, passingRecord());
    await change('verdict.json', (text) => text.replace('"format": 1', '"format": 2'));
    expect(await damageOf(dir)).toBe('format 2; this version reads 1');
  });

  test.each([
    ['scenario.toml', 'name', 'game'],
    ['timeline.jsonl', '"height":3', '"height":4'],
    ['writes.jsonl', '"ok"', '"info"'],
    ['nodes/n3.log', 'block', 'clock'],
    ['sequence.txt', 'lane', 'lame'],
  ])('one whose %s was changed.', async (file, from, to) => {
    await writeRun(dir, passingRecord());
    await change(file, (text) => text.replace(from, to));
    expect(await damageOf(dir)).toBe(`${file} was changed`);
  });

  test.each(['timeline.jsonl', 'nodes/n1.log', 'verdict.json'])('one without its %s.', async (file) => {
    await writeRun(dir, passingRecord());
    await unlink(join(dir, file));
    expect(await damageOf(dir)).toBe(`${file} is missing`);
  });

  test('one with a longer or a shorter timeline.', async () => {
    await writeRun(dir, passingRecord());
    await change('timeline.jsonl', (text) => `${text}{}\n`);
    expect(await damageOf(dir)).toBe('timeline.jsonl was changed');
    await change('timeline.jsonl', (text) => text.slice(0, 100));
    expect(await damageOf(dir)).toBe('timeline.jsonl was changed');
  });

  test.each([
    ['"outcome": "fail"', '"outcome": "maybe"', 'verdict.outcome is not one of pass, fail, unknown'],
    ['"seed": 42', '"seed": -1', 'verdict.seed is not a whole number'],
    ['"nodes/n1.log"', '"nodes/../n1.log"', 'names a file that no run has: "nodes/../n1.log"'],
    ['"nodes/n1.log"', '"/etc/passwd"', 'names a file that no run has: "/etc/passwd"'],
    ['{', '[{', 'not JSON'],
  ])('one whose verdict has %s turned to %s.', async (from, to, what) => {
    await writeRun(dir, forkedRecord());
    await change('verdict.json', (text) => text.replace(from, to));
    expect(await damageOf(dir)).toBe(what);
  });

  test('one with a file over its bound, before it is read.', async () => {
    await writeRun(dir, passingRecord());
    await truncate(join(dir, 'writes.jsonl'), 64 * 1024 * 1024 + 1);
    expect(await damageOf(dir)).toBe('writes.jsonl is too large');
  });

  test('one with a link in the place of a file.', async () => {
    await writeRun(dir, passingRecord());
    await unlink(join(dir, 'versions.json'));
    await symlink('/dev/zero', join(dir, 'versions.json'));
    expect(await damageOf(dir)).toBe('versions.json is no file');
  });
});

describe('A record over its bounds', () => {
  const linesMax = (lines: number) => ({ linesMax: lines, bytesMax: 1_000_000 });

  test('loses messages and old commits before faults, and says how many.', () => {
    const record = passingRecord();
    const bounds = { timeline: linesMax(30), log: linesMax(3), writes: linesMax(10) };
    const { timeline, logs, writes, dropped } = boundRecord(record, bounds);
    expect(timeline).toHaveLength(30);
    expect(timeline.filter(({ kind }) => kind === 'fault' || kind === 'undo')).toHaveLength(4);
    expect(timeline.filter(({ kind }) => kind === 'message')).toHaveLength(0);
    expect(timeline.at(-1)).toEqual(record.timeline.at(-1));
    expect(logs['n1']).toEqual(record.logs['n1']?.slice(-3));
    expect(writes.filter(({ outcome }) => outcome !== 'ok')).toHaveLength(6);
    expect(dropped).toMatchObject({
      'timeline.jsonl': record.timeline.length - 30,
      'nodes/n1.log': 17,
      'writes.jsonl': 50,
    });
  });

  test('is cut to bytes as well.', () => {
    const few = { linesMax: 1_000, bytesMax: 500 };
    const { logs } = boundRecord(passingRecord(), { timeline: few, log: few, writes: few });
    const bytes = (logs['n1'] ?? []).join('\n').length;
    expect(bytes).toBeGreaterThan(300);
    expect(bytes).toBeLessThan(500);
  });

  test('of hostile lines comes back as lines of whole characters.', async () => {
    const record = { ...emptyRecord(), logs: { n1: ['a\nb\r\nc', '\ud800', 'x'.repeat(10_000)] } };
    await writeRun(dir, record);
    const { logs } = await readRun(dir);
    expect(logs['n1']?.map((line) => line.length)).toEqual([5, 1, 4_096]);
    expect(logs['n1']?.slice(0, 2)).toEqual(['a b c', '\ufffd']);
  });
});
