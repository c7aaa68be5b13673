// One day at one hospital, typed command by command, against a node that proves everything.
import { readFileSync, statSync } from 'node:fs';
import { cardToJson } from '@consilium/core';
import { createKeyFile, formatKeyFile } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hospital, hospital } from '../../../core/test/kit/chain.ts';
import { createFakeLedger, createFakeNode } from '../../../sdk/test/support/fake-node.ts';
import { PRIVATE_WORDS, sampleBundle } from '../../../sdk/test/support/sample-bundle.ts';
import { createDesk, type Desk, use } from '../support/desk.ts';
import { type ServedNode, serve } from '../support/served-node.ts';

const ledger = createFakeLedger();
const [first, second, third] = ledger.chain.hospitals as [Hospital, Hospital, Hospital];
let desk: Desk;
let served: ServedNode;

beforeAll(async () => {
  desk = createDesk();
  desk.now = () => ledger.chain.view().tip.time;
  const node = createFakeNode(ledger);
  served = await serve(node);
  use(desk, served.url, ledger.chain.genesis);
  for (const { name, account } of [first, second, third])
    desk.write(`${name}.json`, formatKeyFile(createKeyFile(name, 'institution', account)));
  desk.env['CONSILIUM_KEY'] = `${first.name}.json`;
  desk.write('bundle.json', sampleBundle(40));
});

afterAll(async () => {
  desk[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

describe('a day at a hospital', () => {
  test('before the first block the hospitals are those of the genesis', async () => {
    const { validators, asOf } = await desk.json('validator', 'list');
    expect(validators).toHaveLength(4);
    expect(asOf).toMatchObject({ height: 0 });
    expect((await desk.run('status')).stdout).toContain('no block yet');
  });

  test('key new makes files for their owner only, and shows a phrase once', async () => {
    const { stdout } = await desk.run('key', 'new', 'anna.json', '--role', 'patient');
    const phrase = stdout.trim().split('\n').at(-1)?.trim() ?? '';
    expect(phrase.split(' ')).toHaveLength(12);
    expect(statSync(desk.path('anna.json')).mode & 0o777).toBe(0o600);
    expect((await desk.run('key', 'show', 'anna.json')).stdout).not.toContain(phrase.split(' ')[0]);
    desk.input = `${phrase}\n`;
    await desk.json('key', 'new', 'again.json', '--role', 'patient', '--phrase');
    expect(readFileSync(desk.path('again.json'), 'utf8')).toBe(readFileSync(desk.path('anna.json'), 'utf8'));
  });

  test('key new --json prints no secret', async () => {
    const shown = JSON.stringify(await desk.json('key', 'new', 'keller.json', '--role', 'clinician'));
    const { seed } = JSON.parse(readFileSync(desk.path('keller.json'), 'utf8'));
    expect(shown).not.toContain(seed);
    expect(JSON.stringify(await desk.json('key', 'show', 'keller.json'))).not.toContain(seed);
  });

  test('a patient is enrolled once', async () => {
    const enrolled = await desk.json('patient', 'enrol', '--wallet', 'anna.json');
    expect(enrolled).toMatchObject({
      institution: first.id,
      account: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const { enrolments } = await desk.json('key', 'show', 'anna.json');
    expect(enrolments).toMatchObject([{ account: enrolled['account'] }]);
    expect(await desk.run('patient', 'enrol', '--wallet', 'anna.json')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ACCOUNT_EXISTS: /),
    });
  });

  test('the pseudonym at another hospital is another one', async () => {
    const as = ['--as', `${second.name}.json`];
    await desk.json('patient', 'enrol', '--wallet', 'anna.json', ...as);
    const { enrolments } = await desk.json('key', 'show', 'anna.json');
    const accounts = enrolments.map(({ account }: { account: string }) => account);
    expect(new Set(accounts).size).toBe(2);
    expect(await desk.run('consent', 'list', '--as', 'anna.json')).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('--at'),
    });
  });

  test('a credential is issued, listed and withdrawn', async () => {
    const issued = await desk.json(
      'credential',
      'issue',
      '--key',
      'keller.json',
      '--speciality',
      '394579002',
    );
    expect(issued).toMatchObject({ credential: 0 });
    const listed = await desk.json('credential', 'list', first.name);
    expect(listed['credentials']).toMatchObject([{ state: 'valid', role: 'doctor', emergency: false }]);
    await desk.json('credential', 'withdraw', '0');
    const after = await desk.json('credential', 'list', first.id);
    expect(after['credentials']).toMatchObject([{ state: 'withdrawn' }]);
    expect(await desk.run('credential', 'withdraw', '0')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('\nCREDENTIAL_WITHDRAWN: '),
    });
    await desk.json('credential', 'issue', '--key', 'keller.json', '--emergency');
  });

  const patient = ['--as', 'anna.json', '--at', first.name];

  test('a consent is granted in words, stands on the ledger as tags, and is told in words to its patient alone', async () => {
    const granted = await desk.json(
      ...['consent', 'grant', '--to', 'keller.json', '--category', 'laboratory,imaging', '--exclude', 'PSY'],
      ...['--purpose', 'TREAT', '--purpose', 'CAREMGT', '--until', '30d', ...patient],
    );
    expect(granted).toMatchObject({ consent: 0 });
    const own = await desk.json('consent', 'list', ...patient);
    const [consent] = own['consents'];
    expect(consent).toMatchObject({ state: 'active', rule: { purposes: ['CAREMGT', 'TREAT'] } });
    expect(consent?.['sentence']).toMatch(/laboratory and imaging|imaging and laboratory/);
    const list = ['consent', 'list', String(own['patient']), '--as'];
    expect(JSON.stringify(await desk.json(...list, `${first.name}.json`))).toMatch(/laboratory/);
    const told = await desk.json(...list, `${third.name}.json`);
    expect(told['consents']).toHaveLength(1);
    expect(JSON.stringify(told)).not.toMatch(/laboratory|imaging|PSY/);
    const written = ledger.blocks.flatMap(({ block }) =>
      block.txs.map((tx) => Buffer.from(tx).toString('latin1')),
    );
    expect(written.join()).not.toMatch(/laboratory|imaging|PSY/);
  });

  test('a consent to a hospital, by its name, and its revocation', async () => {
    await desk.json('consent', 'grant', '--to', second.name, ...patient);
    await desk.json('consent', 'revoke', '1', ...patient);
    const { consents } = await desk.json('consent', 'list', ...patient);
    expect(consents).toMatchObject([{ state: 'active' }, { state: 'revoked' }]);
    const { stdout } = await desk.run('consent', 'list', ...patient);
    expect(stdout).toMatch(/1 +revoked +permit +TREAT/);
  });

  test('a bundle is anchored; any resource verifies offline and fails with one byte changed', async () => {
    const added = await desk.json('anchor', 'add', 'bundle.json', '--out', 'secrets.json');
    expect(added).toMatchObject({ count: 40, anchor: 0 });
    expect(statSync(desk.path('secrets.json')).mode & 0o777).toBe(0o600);
    await desk.json(
      ...['anchor', 'proof', 'secrets.json', '--number', '7', '--out', 'proof.json'],
      ...['--from', 'bundle.json', '--document-out', 'resource.json'],
    );
    desk.env['CONSILIUM_NODE'] = 'http://127.0.0.1:9';
    expect(await desk.json('anchor', 'verify', 'resource.json', 'proof.json')).toMatchObject({
      valid: true,
      institution: first.id,
      document: 7,
    });
    desk.env['CONSILIUM_NODE'] = served.url;
    const resource = readFileSync(desk.path('resource.json'), 'utf8');
    desk.write('changed.json', resource.replace('final', 'fina1'));
    expect(await desk.run('anchor', 'verify', 'changed.json', 'proof.json')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^PROOF_INVALID: the document is not, to the byte,/),
    });
    const proof = readFileSync(desk.path('proof.json'), 'utf8');
    for (const word of PRIVATE_WORDS) expect(proof).not.toContain(word);
  });

  test('a proof is found by the document itself, and only for what was anchored', async () => {
    await desk.json(
      'anchor',
      'proof',
      'secrets.json',
      '--document',
      'resource.json',
      '--out',
      'again.proof.json',
    );
    expect(await desk.json('anchor', 'verify', 'resource.json', 'again.proof.json')).toMatchObject({
      document: 7,
    });
    expect(
      await desk.run('anchor', 'proof', 'secrets.json', '--document', 'changed.json', '--out', 'no.json'),
    ).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('none of the anchored') });
    expect(
      await desk.run('anchor', 'proof', 'secrets.json', '--number', '40', '--out', 'no.json'),
    ).toMatchObject({
      exitCode: 64,
    });
  });

  test('a bundle that is damaged is refused by its rule, and nothing is sent', async () => {
    const height = ledger.blocks.length;
    desk.write('damaged.json', '{"resourceType":"Bundle","entry":[{"resource":{"a":"Frieda"}},{}]}');
    const ended = await desk.run('anchor', 'add', 'damaged.json');
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^BUNDLE_INVALID: .*without a resource/),
    });
    expect(ended.stderr).not.toContain('Frieda');
    expect(ledger.blocks).toHaveLength(height);
  });

  test('a transaction is shown with its result, and with its proof when asked', async () => {
    const { id } = await desk.json('anchor', 'add', 'resource.json', '--schema', 'text');
    const shown = await desk.json('tx', 'show', String(id));
    expect(shown).toMatchObject({ state: 'committed', code: 'OK', sender: first.id });
    expect(shown).not.toHaveProperty('proof');
    const proven = await desk.json('tx', 'show', String(id), '--proof');
    expect(proven['proof']).toMatchObject({ header: { height: shown['height'] } });
    const { stdout } = await desk.run('block', 'show', String(shown['height']));
    expect(stdout).toContain(String(id));
  });

  test('a hospital is voted in, and proposed to be voted out', async () => {
    desk.write('card.json', cardToJson(hospital('Töss').card));
    const { proposal } = await desk.json('validator', 'propose', 'admit', 'card.json', '--yes');
    expect((await desk.run('validator', 'list')).stdout).toMatch(/admit Töss +Aare/);
    for (const { name } of [second, third])
      await desk.json('validator', 'approve', String(proposal), '--as', `${name}.json`, '--yes');
    const listed = await desk.json('validator', 'list');
    expect(listed['learners']).toEqual([expect.objectContaining({ name: 'Töss', role: 'learner' })]);
    expect(listed['proposals']).toEqual([]);
    await desk.json('validator', 'remove', 'Töss', '--yes');
    expect((await desk.run('validator', 'list')).stdout).toMatch(/remove Töss +Aare +1 of 3 +\d+ heights/);
  });

  test('a card whose signature was changed is refused before it is sent', async () => {
    desk.write('forged.json', cardToJson({ ...hospital('Töss').card, name: 'Tess' }));
    expect(await desk.run('validator', 'propose', 'admit', 'forged.json', '--yes')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^CARD_INVALID: /),
    });
  });

  test('genesis show gives the fingerprint to compare', async () => {
    expect(await desk.json('genesis', 'show', 'genesis.json')).toMatchObject({
      hash: ledger.chain.deps.genesisHash,
    });
  });
});
