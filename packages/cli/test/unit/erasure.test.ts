// Records that must go, typed command by command: asked for, refused, erased, and shown to whoever was not there.
import { readFileSync } from 'node:fs';
import { actionOf, genesisToJson } from '@consilium/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;
let first: string;
let second: string;
const patient = ['--as', 'anna.json'];
const hospital = ['--patient', 'MRN-1'];

beforeAll(async () => {
  at = await createRecordsDesk();
  at.desk.write('two.json', bundleOf(observation(1), observation(2)));
  const { records } = await at.desk.json('record', 'add', 'two.json', ...hospital);
  [first, second] = records.map(({ record }: { record: string }) => record);
  at.desk.write('genesis.json', genesisToJson(at.custody.ledger.chain.genesis));
});

afterAll(async () => {
  await at[Symbol.asyncDispose]();
});

const reason = ['--reason', 'patient-request'];

test('A patient asks; the record opens all the same, and the request stands where both see it.', async () => {
  const asked = await at.desk.json('record', 'erase', first, second, ...reason, ...patient);
  expect(asked).toMatchObject({ request: 0, records: [first, second] });
  for (const who of [patient, hospital]) {
    const { requests } = await at.desk.json('erasure', 'list', ...who);
    expect(requests).toMatchObject([{ index: 0, state: 'open', reason: 'patient-request', refused: null }]);
  }
  expect((await at.desk.json('record', 'show', first))['state']).toBe('current');
});

test('The hospital refuses with a ground of the law, once; a ground that nobody knows is not sent.', async () => {
  const refuse = ['erasure', 'refuse', '0', ...hospital];
  expect(await at.desk.run(...refuse, '--ground', 'no-time')).toMatchObject({ exitCode: 64 });
  expect(await at.desk.json(...refuse, '--ground', 'legal-obligation')).toMatchObject({ request: 0 });
  const { stdout } = await at.desk.run('erasure', 'list', ...patient);
  expect(stdout).toMatch(/refused: legal-obligation/);
  expect(stdout).toContain(`\n0: ${[first, second].sort().join(' ')}\n`);
  expect(await at.desk.run(...refuse, '--ground', 'legal-claims')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^ERASURE_ANSWERED: /m),
  });
});

test('The author erases: shown with who has destroyed it and who has not, and it goes from the history.', async () => {
  const erased = await at.desk.json('record', 'erase', first, ...reason);
  expect(erased).toMatchObject({ erasure: 0, records: [first], reason: 'patient-request' });
  const shown = await at.desk.json('record', 'show', first);
  expect(shown).toMatchObject({ state: 'erased', erasure: { index: 0, complete: false } });
  const { chain, commit } = at.custody.ledger;
  const [, ...others] = chain.hospitals;
  const said = actionOf('custody.erased', { erasures: [0] });
  commit(others.map(({ id, account }) => chain.tx(id, account, [said])));
  const { stdout } = await at.desk.run('record', 'show', first);
  expect(stdout).toMatch(
    new RegExp(`destroyed +by ${others.length} of ${chain.hospitals.length} custodians so far`),
  );
  expect(stdout).toMatch(new RegExp(`${at.hospital.name} +not heard from yet`));
  commit([chain.tx(at.hospital.id, at.hospital.account, [said])]);
  expect((await at.desk.json('record', 'show', first))['erasure'].complete).toBe(true);
  const { records } = await at.desk.json('patient', 'history', ...patient);
  expect(records.map(({ record }: { record: { id: string } }) => record.id)).toEqual([second]);
  const all = await at.desk.run('patient', 'history', '--all-versions', ...patient, '--json');
  expect(all).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('RECORD_ERASED') });
  expect(await at.desk.run('record', 'erase', first, ...reason)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^RECORD_ERASED: /m),
  });
});

test('The receipt verifies offline, and no byte of it can be another.', async () => {
  expect(await at.desk.run('erasure', 'receipt', second, '--out', 'none.json')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^ERASURE_NOT_FOUND: /),
  });
  await at.desk.json('erasure', 'receipt', first, '--out', 'erased.json');
  const verify = ['--genesis', 'genesis.json'];
  expect(await at.desk.json('erasure', 'verify', 'erased.json', ...verify)).toMatchObject({
    valid: true,
    complete: true,
    records: [first],
    authorName: at.hospital.name,
  });
  const text = readFileSync(at.desk.path('erased.json'), 'utf8');
  // A digit or a letter of every value, one after the other.
  const places = [...text.matchAll(/[0-9a-f]{8,}/g)].map(({ index }) => index);
  expect(places.length).toBeGreaterThan(50);
  for (const place of places.filter((_, count) => count % 16 === 0)) {
    const other = `${text.slice(0, place)}${text[place] === '1' ? '2' : '1'}${text.slice(place + 1)}`;
    at.desk.write('forged.json', other);
    expect(await at.desk.run('erasure', 'verify', 'forged.json', ...verify), `byte ${place}`).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^PROOF_INVALID: /),
    });
  }
});

test('Records of several patients, of nobody, or of another wallet are not erased.', async () => {
  await at.desk.json('key', 'new', 'ben.json', '--role', 'patient');
  await at.desk.json('patient', 'enrol', '--wallet', 'ben.json', '--local', 'MRN-2');
  at.desk.write('one.json', JSON.stringify(observation(3)));
  const { records } = await at.desk.json('record', 'add', 'one.json', '--patient', 'MRN-2');
  const [theirs] = records.map(({ record }: { record: string }) => record);
  expect(await at.desk.run('record', 'erase', second, theirs, ...reason)).toMatchObject({ exitCode: 64 });
  expect(await at.desk.run('record', 'erase', second, ...reason, '--as', 'ben.json')).toMatchObject({
    exitCode: 64,
  });
  expect(await at.desk.run('record', 'erase', 'ab'.repeat(32), ...reason)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^RECORD_NOT_FOUND: /),
  });
});
