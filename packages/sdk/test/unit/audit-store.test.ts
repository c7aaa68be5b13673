import { type ChildProcess, fork } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EntryInputDeps, parseEntryInput } from '../../src/index.ts';
import { segmentOf } from '../../src/node-only/audit-store/segments.ts';
import {
  type AuditStore,
  openAuditAdder,
  openAuditQueue,
  openOrMakeAuditStore,
} from '../../src/node-only/index.ts';
import {
  type AggregatesScene,
  createAggregatesScene,
  entryOfLine,
  inputLine,
  pseudonym,
} from '../support/aggregates-scene.ts';

const PROGRAM = new URL('../support/add-entries.ts', import.meta.url);

async function made(): Promise<AggregatesScene> {
  const scene = await createAggregatesScene();
  onTestFinished(() => scene[Symbol.asyncDispose]());
  return scene;
}

/** A process of its own that adds chunk after chunk, and says how many entries it was told are durable. */
function addingProcess(folder: string): {
  readonly child: ChildProcess;
  readonly acknowledged: () => number;
} {
  let acknowledged = 0;
  const child = fork(PROGRAM, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.on('message', (total) => {
    acknowledged = Number(total);
  });
  return { child, acknowledged: () => acknowledged };
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
  });

async function added(store: AuditStore, ...lines: readonly object[]): Promise<void> {
  await using adder = await openAuditAdder(store);
  await adder.add(lines.map((line) => entryOfLine(line, store)));
}

describe('what was acknowledged is there after a kill', () => {
  test('whenever the process that adds is killed: every entry that it was told of is committed, none twice', async () => {
    const scene = await made();
    let told = 0;
    for (const wanted of [1, 40, 90]) {
      const { child, acknowledged } = addingProcess(scene.folder);
      const gone = ended(child);
      await expect.poll(acknowledged, { timeout: 30_000, interval: 5 }).toBeGreaterThan(told + wanted);
      child.kill('SIGKILL');
      await gone;
      told = acknowledged();
      await using adder = await openAuditAdder(scene.store);
      expect(adder.total()).toBeGreaterThanOrEqual(told);
      told = adder.total();
    }
    const batch = await scene.commit();
    expect(batch?.count).toBe(told);
    expect(await scene.commit()).toBeNull();
  });

  test('and handed in again, what has an id is not taken twice, after a restart and after its commit', async () => {
    const scene = await made();
    const lines = Array.from({ length: 20 }, (_, at) => inputLine('Anna', { id: `event ${at}` }));
    const add = async (...given: readonly object[]): Promise<number> => {
      await using adder = await openAuditAdder(scene.store);
      return await adder.add(given.map((line) => entryOfLine(line, scene.store)));
    };
    expect(await add(...lines.slice(0, 15), lines[3] ?? {})).toBe(15);
    expect(await add(...lines.slice(10))).toBe(5);
    expect((await scene.commit())?.count).toBe(20);
    expect(await add(...lines)).toBe(0);
    expect(await scene.commit()).toBeNull();
    // Without an id nobody can tell.
    expect(await add(inputLine('Anna'), inputLine('Anna'))).toBe(2);
  });

  test('a chunk that was not wholly written is cut off and said, wherever it ends; the ones before stay', async () => {
    const scene = await made();
    await added(scene.store, inputLine('Anna'), inputLine('Beat'));
    const { path } = segmentOf(scene.folder, 0);
    const whole = (await readFile(path)).length;
    await added(scene.store, inputLine('Clara'));
    const both = await readFile(path);
    for (let end = whole + 1; end < both.length; end += 37) {
      await writeFile(path, both.subarray(0, end));
      await using adder = await openAuditAdder(scene.store);
      expect(adder.tornBytes).toBe(end - whole);
      expect(adder.total()).toBe(2);
    }
    await added(scene.store, inputLine('Dora'));
    expect((await scene.commit())?.count).toBe(3);
  });

  test('bytes of nothing at the end, as a power cut leaves them, are cut off too', async () => {
    const scene = await made();
    await added(scene.store, inputLine('Anna'));
    const { path } = segmentOf(scene.folder, 0);
    await appendFile(path, new Uint8Array(5_000));
    await appendFile(path, '\nhalf a line\n');
    await using adder = await openAuditAdder(scene.store);
    expect(adder.tornBytes).toBe(5_013);
    expect(adder.total()).toBe(1);
  });

  test('a change in the middle of what waits is damage, and nothing is taken from it', async () => {
    const scene = await made();
    await added(scene.store, inputLine('Anna'));
    await added(scene.store, inputLine('Beat'));
    const { path } = segmentOf(scene.folder, 0);
    const bytes = await readFile(path);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(openAuditAdder(scene.store)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await expect(scene.commit()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(scene.ledger.blocks).toHaveLength(0);
  });

  test('a batch that was changed after it was decided is refused, and says which', async () => {
    const scene = await made();
    await scene.add(inputLine('Anna'));
    await scene.commit();
    await rm(join(scene.folder, 'heads.ndjson'));
    const path = join(scene.folder, 'batches', '000000', '000000000000.ndjson');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"action":"R"', '"action":"D"'));
    await expect(scene.prove(pseudonym('Anna'))).rejects.toMatchObject({
      code: 'FILE_INVALID',
      data: { batch: 0 },
    });
    await truncate(path, 100);
    await expect(scene.prove(pseudonym('Anna'))).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });
});

describe('one process at a time', () => {
  test('adds, and one commits, at the same time', async () => {
    const { store } = await made();
    await using adder = await openAuditAdder(store);
    await expect(openAuditAdder(store)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      data: { pid: process.pid },
    });
    await using queue = await openAuditQueue(store);
    await expect(openAuditQueue(store)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await adder.add([entryOfLine(inputLine('Anna'), store)]);
    expect((await queue.next())?.head.count).toBe(1);
  });

  test('and the lock of one that was killed holds nobody up', async () => {
    const scene = await made();
    const { child, acknowledged } = addingProcess(scene.folder);
    const gone = ended(child);
    await expect.poll(acknowledged, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    await expect(openAuditAdder(scene.store)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      data: { pid: child.pid },
    });
    child.kill('SIGKILL');
    await gone;
    await using adder = await openAuditAdder(scene.store);
    expect(adder.total()).toBeGreaterThan(0);
  });

  test('and who died while it looked for a dead one is named by its file', async () => {
    const { store } = await made();
    await mkdir(join(store.folder, 'adding.lock.turn'));
    await writeFile(join(store.folder, 'adding.lock'), '4194305 -\n');
    await expect(openAuditAdder(store)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      data: { file: join(store.folder, 'adding.lock.turn') },
    });
  });
});

test('a store is of one institution and one network', async () => {
  const { store } = await made();
  const { folder, genesis, institution } = store;
  expect(await openOrMakeAuditStore(folder, { genesis, institution })).toEqual(store);
  for (const other of [
    { genesis, institution: '11'.repeat(32) },
    { genesis: '11'.repeat(32), institution },
  ])
    await expect(openOrMakeAuditStore(folder, other)).rejects.toMatchObject({ code: 'FILE_INVALID' });
});

describe('a line of input', () => {
  const deps: EntryInputDeps = {
    actorSecret: '22'.repeat(32),
    random: (length) => new Uint8Array(length).fill(5),
    pseudonymOf: (local) => (local === 'P-17' ? pseudonym('Anna') : undefined),
  };
  const read = (line: object) => parseEntryInput(JSON.stringify(line), deps);

  test('may name a patient as the institution does, and whoever did it by a name or an account', () => {
    expect(read(inputLine('Anna', { patient: 'P-17' })).patient).toBe(pseudonym('Anna'));
    const account = '33'.repeat(32);
    expect(read(inputLine('Anna', { actor: undefined, account })).actor).toEqual({
      type: 'account',
      id: account,
    });
    expect(read(inputLine('Anna')).actor).toEqual(read(inputLine('Beat')).actor);
    expect(read(inputLine('Anna')).actor).not.toEqual(read(inputLine('Anna', { actor: 'x' })).actor);
    expect(read(inputLine('Anna', { time: 1_790_000_000_000 })).time).toBe(1_790_000_000_000);
  });

  test.each<[field: string, more: object]>([
    ['time', { time: '26.11.2026' }],
    ['time', { time: '2026-11-26T10:15:00' }],
    ['time', { time: -1 }],
    ['patient', { patient: 'Anna Muster' }],
    ['patient', { patient: undefined }],
    ['actor', { actor: undefined }],
    ['actor', { account: '33'.repeat(32) }],
    ['actor', { actor: '' }],
    ['account', { actor: undefined, account: 'm.keller' }],
    ['action', { action: 'read' }],
    ['purpose', { purpose: 'CURIOUS' }],
    ['id', { id: 17 }],
    ['id', { id: '' }],
    ['line', { name: 'Anna Muster' }],
    ['line', { detail: 'x'.repeat(70_000) }],
    ['detail', { detail: '\ud800' }],
  ])('is refused by its field %s, and never says what stands in it', (field, more) => {
    const refusal = (() => {
      try {
        return read(inputLine('Anna', more));
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toMatchObject({ code: 'VALUE_INVALID', data: { field } });
    expect(JSON.stringify(refusal) + String(refusal)).not.toMatch(/Muster|keller|CURIOUS/);
    expect(refusal).toBeInstanceOf(ConsiliumError);
  });

  test.each(['', '[]', 'null', '{', '"text"'])('that is no object is refused: %j', (line) => {
    expect(() => parseEntryInput(line, deps)).toThrow('not a JSON object');
  });
});
