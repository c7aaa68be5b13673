// The entries of a hospital's own systems, typed command by command, against a node that proves everything.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { type Hex32, hashHex, utf8 } from '@consilium/core';
import { createKeyFile, formatKeyFile } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { createFakeLedger, createFakeNode, type FakeNode } from '../../../sdk/test/support/fake-node.ts';
import type { Io } from '../../src/io.ts';
import { run } from '../../src/main.ts';
import { createDesk, type Desk, use } from '../support/desk.ts';
import { type ServedNode, serve } from '../support/served-node.ts';

const ledger = createFakeLedger();
const [first] = ledger.chain.hospitals as [Hospital];
const ANNA = hashHex(utf8('Anna'));
const BEAT = hashHex(utf8('Beat'));
const STORE = ['--store', 'store'];
let desk: Desk;
let node: FakeNode;
let served: ServedNode;

const line = (patient: Hex32 | string, more: object = {}): string =>
  `${JSON.stringify({ time: '2026-11-26T10:15:00Z', patient, actor: 'm.keller', action: 'R', purpose: 'TREAT', ...more })}\n`;

beforeAll(async () => {
  desk = createDesk();
  desk.now = () => ledger.chain.view().tip.time;
  node = createFakeNode(ledger);
  served = await serve(node);
  use(desk, served.url, ledger.chain.genesis);
  desk.write('north.json', formatKeyFile(createKeyFile(first.name, 'institution', first.account)));
  desk.env['CONSILIUM_KEY'] = 'north.json';
});

afterAll(async () => {
  desk[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

describe('entries of a hospital', () => {
  test('are taken in without a node, from a file or from standard input, and the store is made by that', async () => {
    desk.env['CONSILIUM_NODE'] = 'http://127.0.0.1:1';
    desk.write('ehr.ndjson', line(ANNA) + line(BEAT, { detail: 'labs' }) + line(ANNA, { action: 'U' }));
    expect(await desk.json('audit', 'add', 'ehr.ndjson', ...STORE)).toMatchObject({
      added: 3,
      total: 3,
      tornBytes: 0,
    });
    desk.input = `\n${line(ANNA, { account: first.id, actor: undefined })}`;
    expect(await desk.json('audit', 'add', '-', ...STORE)).toMatchObject({ added: 1, total: 4 });
    desk.env['CONSILIUM_NODE'] = served.url;
  });

  test('that are handed in once more are known by their ids', async () => {
    desk.write('again.ndjson', line(BEAT, { id: 'e1' }) + line(BEAT, { id: 'e2' }));
    const words = ['audit', 'add', 'again.ndjson', '--store', 'other-store'];
    expect(await desk.json(...words)).toMatchObject({ added: 2, known: 0, total: 2 });
    expect(await desk.json(...words)).toMatchObject({ added: 0, known: 2, total: 2 });
  });

  test('of a file with one bad line none is taken; of a stream those before it are, and it says how many', async () => {
    desk.write('bad.ndjson', line(ANNA) + line('Anna Muster'));
    const refused = await desk.run('audit', 'add', 'bad.ndjson', ...STORE);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^VALUE_INVALID: line 2: patient: /);
    expect(refused.stderr).not.toContain('Muster');
    desk.input = line(BEAT) + line('Anna Muster');
    const cut = await desk.run('audit', 'add', '-', ...STORE);
    expect(cut.exitCode).toBe(1);
    expect(cut.stderr).toMatch(/added/);
    desk.input = '';
    expect(await desk.json('audit', 'add', '-', ...STORE)).toMatchObject({ added: 0, total: 5 });
  });

  test('come as they are seen: each portion of a stream is durable before the next is read', async () => {
    const totals: unknown[] = [];
    const io: Io = {
      env: desk.env,
      cwd: desk.folder,
      home: desk.path('home'),
      now: () => 0,
      out: (text) => void totals.push(JSON.parse(text).total),
      err: () => {},
      readInput: async () => '',
      inputPortions: async function* () {
        const bytes = new TextEncoder().encode(line(ANNA, { detail: 'Röntgen' }));
        yield bytes.subarray(0, 200);
        yield bytes.subarray(200);
        const { readdirSync, statSync } = await import('node:fs');
        const [segment = ''] = readdirSync(desk.path('store/waiting'));
        totals.push(statSync(desk.path(`store/waiting/${segment}`)).size);
        yield new TextEncoder().encode(line(BEAT));
      },
    };
    const before = readFileSync(desk.path('store/waiting/000000000000000.log')).length;
    expect(await run(['audit', 'add', '-', ...STORE, '--json'], io)).toBe(0);
    expect(totals[0]).toBeGreaterThan(before);
    expect(totals[1]).toBe(7);
  });

  test('are committed under one root, and then nothing waits', async () => {
    const { batches, entries, last } = await desk.json('audit', 'commit', ...STORE);
    expect({ batches, entries }).toEqual({ batches: 1, entries: 7 });
    expect(last).toMatchObject({ index: 0, count: 7, height: 1 });
    expect((await desk.run('audit', 'commit', ...STORE)).stdout).toBe('nothing waits\n');
    expect(await desk.json('audit', 'commit', ...STORE)).toEqual({ batches: 0, entries: 0, last: null });
  });

  test('of one pseudonym are exported, and verified with the genesis alone', async () => {
    const exported = await desk.json('audit', 'export', ANNA, '--out', 'anna.audit', ...STORE);
    expect(exported).toMatchObject({ patient: ANNA, entries: 4 });
    const offline = { ...desk.env };
    desk.env = { CONSILIUM_GENESIS: offline['CONSILIUM_GENESIS'] };
    const verified = await desk.json('audit', 'verify', 'anna.audit', '--max-age', '1h');
    expect(verified).toMatchObject({ valid: true, claim: 'all', institutionName: first.name });
    expect(verified['entries'].map(({ action }: { action: string }) => action)).toEqual(['R', 'U', 'R', 'R']);
    const { stdout } = await desk.run('audit', 'verify', 'anna.audit', '--list');
    expect(stdout).toContain(
      `valid: 4 entries: all that ${first.name} committed of this pseudonym as of height 1`,
    );
    expect(stdout).toContain('updated');
    desk.env = offline;
    expect((await desk.run('audit', 'export', ANNA, '--out', 'anna.audit', ...STORE)).exitCode).toBe(78);
  });

  test('are each proven alone, with the detail for whom it is shown', async () => {
    await desk.json('audit', 'prove', BEAT, '--number', '0', '--with-salt', '--out', 'one.audit', ...STORE);
    desk.write('labs.txt', 'labs');
    const words = ['audit', 'verify', 'one.audit', '--detail'];
    expect(await desk.json(...words, 'labs.txt')).toMatchObject({ claim: 'one', patient: BEAT });
    desk.write('other.txt', 'labs!');
    expect(await desk.run(...words, 'other.txt')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^PROOF_INVALID: line \d+: the detail/),
    });
    expect(await desk.run('audit', 'prove', BEAT, '--number', '9', '--out', 'x', ...STORE)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^VALUE_INVALID: entries of this pseudonym count from 0, and there are \d/,
      ),
    });
  });

  test('a file that is changed, too old, or no longer holds what an earlier one did ends with its code', async () => {
    const text = readFileSync(desk.path('anna.audit'), 'utf8');
    writeFileSync(desk.path('changed.audit'), text.replace('"action":"U"', '"action":"D"'));
    expect(await desk.run('audit', 'verify', 'changed.audit')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^PROOF_INVALID: line \d+: the entry is not the one/),
    });
    desk.now = () => ledger.chain.view().tip.time + 7_200_000;
    expect((await desk.run('audit', 'verify', 'anna.audit', '--max-age', '1h')).exitCode).toBe(2);
    desk.now = () => ledger.chain.view().tip.time;
    desk.input = line(ANNA);
    await desk.json('audit', 'add', '-', ...STORE);
    await desk.json('audit', 'commit', ...STORE);
    await desk.json('audit', 'export', ANNA, '--out', 'later.audit', ...STORE);
    expect(await desk.json('audit', 'verify', 'later.audit', '--earlier', 'anna.audit')).toMatchObject({
      valid: true,
    });
    expect((await desk.run('audit', 'verify', 'anna.audit', '--earlier', 'later.audit')).exitCode).toBe(2);
  });

  test('a patient may be named as the hospital does, where its register is given', async () => {
    const wallet = desk.path('wallet.json');
    await desk.json('key', 'new', wallet, '--role', 'patient');
    const enrolled = await desk.json(
      'patient',
      'enrol',
      '--wallet',
      wallet,
      '--local',
      'P-17',
      '--register',
      'reg.json',
    );
    desk.input = line('P-17');
    expect(await desk.run('audit', 'add', '-', ...STORE)).toMatchObject({ exitCode: 1 });
    await desk.json('audit', 'add', '-', ...STORE, '--register', 'reg.json');
    await desk.json('audit', 'commit', ...STORE);
    const words = ['audit', 'export', 'P-17', '--register', 'reg.json', '--out', 'p17.audit', ...STORE];
    expect(await desk.json(...words)).toMatchObject({ patient: enrolled['account'], entries: 1 });
  });

  test('are committed again and again until it is stopped, and then it ends in order', async () => {
    const blocks = ledger.blocks.length;
    const running = desk.json('audit', 'commit', '--every', '1', ...STORE);
    for (const wanted of [blocks + 1, blocks + 2]) {
      desk.input = line(BEAT);
      await desk.json('audit', 'add', '-', ...STORE);
      await expect.poll(() => ledger.blocks.length, { timeout: 20_000 }).toBe(wanted);
    }
    process.emit('SIGINT');
    expect(await running).toMatchObject({ batches: 2, entries: 2 });
    expect((await desk.run('audit', 'commit', ...STORE)).stdout).toBe('nothing waits\n');
  });

  test('of a whole store are held against the ledger', async () => {
    desk.input = line(BEAT);
    await desk.json('audit', 'add', '-', ...STORE);
    const entries = (await desk.json('audit', 'add', '-', ...STORE))['total'] - 2;
    expect(await desk.json('audit', 'check', ...STORE)).toMatchObject({ whole: true, entries, waiting: 2 });
    expect((await desk.run('audit', 'check', ...STORE)).stdout).toContain('whole as of height');
    await desk.json('audit', 'commit', ...STORE);
  });

  test('the store is found by the key, where none is named', async () => {
    expect(await desk.run('audit', 'commit')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^FILE_MISSING/),
    });
    desk.input = line(ANNA);
    const { store } = await desk.json('audit', 'add', '-');
    expect(store).toBe(desk.path(`home/.consilium/audit-${first.id}`));
  });

  test('a new store begins behind a lost one only when somebody says so', async () => {
    const words = ['audit', 'begin', '--store', 'new-store'];
    expect((await desk.run(...words)).exitCode).toBe(64);
    desk.ask = async () => 'no';
    expect(await desk.run(...words)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/NOT_CONFIRMED/),
    });
    desk.ask = undefined;
    const { begins } = await desk.json(...words, '--yes');
    desk.input = line(BEAT);
    await desk.json('audit', 'add', '-', '--store', 'new-store');
    expect((await desk.json('audit', 'commit', '--store', 'new-store'))['last'].index).toBe(begins.batches);
    expect((await desk.run(...words, '--yes')).exitCode).toBe(78);
    desk.input = line(BEAT);
    await desk.json('audit', 'add', '-', ...STORE);
    expect(await desk.run('audit', 'commit', ...STORE)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^AGGREGATES_DIVERGED: /),
    });
  });

  test('a second process that commits is refused, and what is damaged too', async () => {
    const { openAuditQueue, openAuditStore } = await import('@consilium/sdk/node');
    {
      await using _queue = await openAuditQueue(await openAuditStore(desk.path('store')));
      expect(await desk.run('audit', 'commit', ...STORE)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/^STORE_LOCKED: another process does this/),
      });
    }
    appendFileSync(desk.path('store/store.json'), 'x');
    expect((await desk.run('audit', 'commit', ...STORE)).exitCode).toBe(78);
  });

  test.each([
    ['audit commit --every 0', 64],
    ['audit commit --every 100000', 64],
    ['audit export nobody --out x --store store', 1],
    ['audit prove nobody --number x --out x --store store', 64],
    ['audit verify nowhere.audit', 78],
    ['audit add nowhere.ndjson', 78],
  ])('%s ends with %i', async (words, exitCode) => {
    expect((await desk.run(...words.split(' '))).exitCode).toBe(exitCode);
  });
});
