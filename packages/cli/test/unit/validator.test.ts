// What a hospital's person sees and types where hospitals vote on each other.
import { readFileSync, statSync } from 'node:fs';
import { cardToJson, PROPOSAL_LIFETIME_HEIGHTS, signValidatorCard } from '@consilium/core';
import { cardWords, createKeyFile, formatKeyFile } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hospital, hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { stripSignatures } from '../../../core/test/kit/people.ts';
import { createFakeLedger, createFakeNode } from '../../../sdk/test/support/fake-node.ts';
import { createDesk, type Desk, use } from '../support/desk.ts';
import { type ServedNode, serve } from '../support/served-node.ts';

const ledger = createFakeLedger();
const [first, second, third] = ledger.chain.hospitals as [Hospital, Hospital, Hospital];
const newcomer = hospital('Töss');
let desk: Desk;
let served: ServedNode;

beforeAll(async () => {
  desk = createDesk();
  desk.now = () => ledger.chain.view().tip.time;
  served = await serve(createFakeNode(ledger));
  use(desk, served.url, ledger.chain.genesis);
  for (const { name, account } of ledger.chain.hospitals)
    desk.write(`${name}.json`, formatKeyFile(createKeyFile(name, 'institution', account)));
  desk.env['CONSILIUM_KEY'] = `${first.name}.json`;
  desk.write('card.json', cardToJson(newcomer.card));
});

afterAll(async () => {
  desk[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

async function approved(proposal: unknown, ...by: readonly Hospital[]): Promise<void> {
  for (const { name } of by)
    await desk.json('validator', 'approve', String(proposal), '--as', `${name}.json`, '--yes');
}

describe('before a vote is signed', () => {
  test('the words of the card and what becomes of n, f and the votes needed are shown, and a yes is asked for', async () => {
    const asked: string[] = [];
    desk.ask = async (question) => {
      asked.push(question);
      return 'no';
    };
    const refused = await desk.run('validator', 'propose', 'admit', 'card.json');
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toBe('');
    const shown = refused.stderr.replaceAll(/\s+/g, ' ');
    expect(shown).toContain(cardWords(newcomer.card).join(' '));
    expect(shown).toContain('validators (n) 4 -> 5 may fail or lie (f) 1 votes needed 3 -> 4');
    expect(shown).toContain('NOT_CONFIRMED');
    expect(asked).toHaveLength(1);
    expect((await desk.json('validator', 'list'))['proposals']).toEqual([]);

    desk.ask = async () => 'yes';
    expect((await desk.run('validator', 'propose', 'admit', 'card.json')).exitCode).toBe(0);
    const [open] = (await desk.json('validator', 'list'))['proposals'];
    expect(open).toMatchObject({ needed: 3, words: cardWords(newcomer.card).join(' ') });
    expect(open.heightsLeft).toBe(PROPOSAL_LIFETIME_HEIGHTS);
    // Whoever approves sees the same.
    const approving = await desk.run('validator', 'approve', open.id, '--as', `${second.name}.json`);
    expect(approving.stderr.replaceAll(/\s+/g, ' ')).toContain(cardWords(newcomer.card).join(' '));
    desk.ask = undefined;
  });

  test('nobody is asked by a script: it says --yes, or nothing is sent', async () => {
    for (const words of [
      ['validator', 'remove', third.name],
      ['validator', 'remove', third.name, '--json'],
    ])
      expect(await desk.run(...words)).toMatchObject({
        exitCode: 64,
        stderr: expect.stringMatching(/USAGE_INVALID: .*--yes/),
      });
  });

  test('a removal that ends fault tolerance is warned of', async () => {
    desk.ask = async () => 'no';
    const { stderr } = await desk.run('validator', 'remove', third.name, '--confirm', third.name);
    expect(stderr).toContain('4 -> 3');
    expect(stderr).toContain('WARNING');
    desk.ask = undefined;
  });
});

describe('what the hospitals govern', () => {
  test('a proposal is withdrawn by whoever made it', async () => {
    const [open] = (await desk.json('validator', 'list'))['proposals'];
    const other = ['--as', `${second.name}.json`];
    expect(await desk.run('validator', 'withdraw', open.id, ...other)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('TX_NOT_PERMITTED'),
    });
    await desk.json('validator', 'withdraw', open.id);
    expect((await desk.json('validator', 'list'))['proposals']).toEqual([]);
    expect(await desk.run('validator', 'approve', open.id, '--yes')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('PROPOSAL_NOT_FOUND'),
    });
  });

  test('an auditor is let in to observe', async () => {
    desk.write('auditor.json', cardToJson(hospital('Auditor').card));
    const { proposal } = await desk.json('validator', 'propose', 'observe', 'auditor.json', '--yes');
    await approved(proposal, second, third);
    const { observers, figures } = await desk.json('validator', 'list');
    expect(observers).toEqual([expect.objectContaining({ name: 'Auditor', role: 'observer' })]);
    expect(figures).toEqual({ validators: 4, faulty: 1, quorum: 3 });
    expect((await desk.run('validator', 'list')).stdout).toMatch(/Auditor +observer/);
  });

  test('parameters are changed one by one, and the difference is shown', async () => {
    const set = ['--set', 'propose.baseMs=2000', '--set', 'blockTxsMax=1000'];
    const proposed = await desk.run('validator', 'propose', 'params', ...set, '--yes');
    expect(proposed.stderr).toContain('propose.baseMs: 1500 becomes 2000');
    const [open] = (await desk.json('validator', 'list'))['proposals'];
    await approved(open.id, second, third);
    expect((await desk.json('validator', 'list'))['params']).toMatchObject({
      blockTxsMax: 1_000,
      propose: { baseMs: 2_000, stepMs: 500, maxMs: 15_000 },
    });
    expect((await desk.run('validator', 'list', '--params')).stdout).toMatch(/propose\.baseMs +2000/);
    for (const bad of [['--set', 'propose.base=1'], ['--set', 'blockTxsMax=many'], []])
      expect((await desk.run('validator', 'propose', 'params', ...bad, '--yes')).exitCode).toBe(64);
    const broken = await desk.run('validator', 'propose', 'params', '--set', 'precisionMs=5000', '--yes');
    expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('VALUE_INVALID') });
  });

  test('other keys of a hospital are voted on by its new card', async () => {
    const networkKey = keyOf('second network key of a hospital').publicKey;
    const content = { ...stripSignatures(first.card), networkKey };
    desk.write('new-card.json', cardToJson(signValidatorCard(content, first.account, first.validator)));
    const { proposal } = await desk.json('validator', 'propose', 'rotate', 'new-card.json', '--yes');
    expect((await desk.run('validator', 'list')).stdout).toContain(`other keys for ${first.name}`);
    await approved(proposal, second, third);
    const { validators } = await desk.json('validator', 'list');
    expect(validators).toContainEqual(expect.objectContaining({ name: first.name, networkKey }));
  });

  test('an upgrade is shown until it comes', async () => {
    const { proposal } = await desk.json(
      ...['validator', 'propose', 'upgrade', '--release', '2', '--at', '5000', '--yes'],
    );
    await approved(proposal, second, third);
    expect(await desk.json('validator', 'list')).toMatchObject({
      version: 1,
      upgrade: { version: 2, height: 5_000 },
    });
    expect((await desk.run('validator', 'list')).stdout).toContain('version 2 from height 5000 on');
    expect((await desk.run('validator', 'propose', 'upgrade', '--yes')).exitCode).toBe(64);
    // What each node says of itself: this one does not know it.
    expect((await desk.run('status')).stdout).toMatch(
      /upgrade .*version 2 from height 5000; .*knows 1 only and STOPS/,
    );
  });
});

describe('validator request', () => {
  test('shows the card of a home with its words', async () => {
    await desk.run(
      'node',
      'init',
      '--org',
      'Spital Thun',
      '--listen',
      '127.0.0.1:4100',
      '--home',
      desk.path('thun'),
    );
    const { card, name, words } = await desk.json('validator', 'request', '--home', desk.path('thun'));
    expect(name).toBe('Spital Thun');
    expect(card).toBe(desk.path('thun/validator.json'));
    expect(words.split(' ')).toHaveLength(12);
    const { stdout } = await desk.run('validator', 'request', '--home', desk.path('thun'));
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(words);
    expect((await desk.run('validator', 'request')).exitCode).toBe(64);
  });

  test('makes new keys beside the old ones, once, and the card that names them', async () => {
    const home = desk.path('thun');
    const request = ['validator', 'request', '--home', home];
    const old = JSON.parse(readFileSync(desk.path('thun/validator.json'), 'utf8'));
    expect((await desk.run(...request, '--rotate', 'account')).exitCode).toBe(64);
    const { card } = await desk.json(...request, '--rotate', 'validator,network');
    const made = JSON.parse(readFileSync(card, 'utf8'));
    expect(made).toMatchObject({
      name: 'Spital Thun',
      accountKey: old.accountKey,
      custodyKey: old.custodyKey,
    });
    expect(made.validatorKey).not.toBe(old.validatorKey);
    expect(statSync(desk.path('thun/keys/next/validator.json')).mode & 0o777).toBe(0o600);
    expect(await desk.run(...request, '--rotate', 'network')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining('FILE_EXISTS'),
    });
  });

  test('puts the new keys under the passphrase of the old ones', async () => {
    desk.write('passphrase', 'correct horse battery');
    const init = [
      'node',
      'init',
      '--org',
      'Spital Brig',
      '--listen',
      '127.0.0.1:4100',
      '--home',
      desk.path('brig'),
    ];
    await desk.run(...init, '--passphrase-file', desk.path('passphrase'));
    const rotate = ['validator', 'request', '--home', desk.path('brig'), '--rotate', 'custody'];
    expect((await desk.run(...rotate)).stderr).toContain('KEY_FILE_ENCRYPTED');
    await desk.json(...rotate, '--passphrase-file', desk.path('passphrase'));
    expect(readFileSync(desk.path('brig/keys/next/custody.json'), 'utf8')).not.toContain('"seed"');
  });
});
