// Breaking the glass from asking a second clinician to the review, typed command by command.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { accountIdOf, type ClinicianRole } from '@consilium/core';
import { createKeyFile, formatKeyFile, issueCredential } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../../core/test/kit/chain.ts';
import { observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;
let patient: string;
const HOURS_MS = 3_600_000;

const allergy = {
  resourceType: 'AllergyIntolerance',
  id: 'allergy-1',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
  },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '91936005' }] },
  patient: { reference: 'Patient/1' },
};

/** At the second hospital; the key is NAME.json. */
function hire(name: string, role: ClinicianRole, emergency: boolean): string {
  const { chain, commit } = at.custody.ledger;
  const key = keyOf(name);
  const issue = issueCredential(chain.deps.genesisHash, at.elsewhere.id, key, {
    role,
    speciality: null,
    emergency,
  });
  commit([chain.tx(at.elsewhere.id, at.elsewhere.account, [issue])]);
  at.desk.write(`${name}.json`, formatKeyFile(createKeyFile(name, 'clinician', key)));
  return accountIdOf(key.publicKey);
}

beforeAll(async () => {
  at = await createRecordsDesk();
  hire('rescuer', 'doctor', true);
  hire('officer', 'privacy-officer', false);
  at.desk.write('bundle.json', bundleOf(allergy, observation(1)));
  const added = await at.desk.json('record', 'add', 'bundle.json', '--patient', 'MRN-1');
  expect(added['records']).toHaveLength(2);
  const { enrolments } = await at.desk.json('key', 'show', 'anna.json');
  patient = enrolments[0].account;
});

afterAll(() => at[Symbol.asyncDispose]());

const open = (...words: string[]): string[] => ['emergency', 'open', '--patient', patient, ...words];

describe('emergency open', () => {
  test('asks for the reason, opens the dataset, and says by when it is reviewed and that the patient is told', async () => {
    const asked: string[] = [];
    at.desk.ask = async (question) => {
      asked.push(question);
      return 'unconscious';
    };
    const ended = await at.desk.run(...open('--as', 'rescuer.json'));
    at.desk.ask = undefined;
    expect(asked).toEqual(['reason: ']);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('AllergyIntolerance') });
    expect(ended.stdout).not.toContain('Observation');
    const due = new Date(at.desk.now() + 72 * HOURS_MS).toISOString();
    expect(ended.stderr).toContain(
      `emergency 0 of your institution: a privacy officer reviews it by ${due}; the patient is told\n`,
    );
  });

  test('without a reason, or with one that nobody knows, is a wrong use', async () => {
    for (const words of [[], ['--reason', 'because'], ['--reason', 'unconscious', '--from-index', 'x']])
      expect(await at.desk.run(...open(...words, '--as', 'rescuer.json'))).toMatchObject({ exitCode: 64 });
  });

  test('without the privilege opens nothing, and says that the attempt stands', async () => {
    const ended = await at.desk.run(...open('--reason', 'disaster', '--as', 'doctor.json'));
    expect(ended.exitCode).toBe(1);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('nothing was permitted; the attempt stands in the log of the patient');
    expect(ended.stderr).toMatch(/deny [0-9a-f]{64}: emergency-privilege/);
  });
});

describe("a second clinician's word", () => {
  test('goes over in a file for its owner, comes back signed, opens more once', async () => {
    const ask = open('--reason', 'unconscious', '--ask-second', 'more.json', '--as', 'rescuer.json');
    const asked = await at.desk.run(...ask);
    expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing was opened') });
    expect(statSync(at.desk.path('more.json')).mode & 0o777).toBe(0o600);
    const unsigned = ['emergency', 'open', '--second', 'more.json', '--as', 'rescuer.json'];
    expect(await at.desk.run(...unsigned)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^EMERGENCY_SECOND_INVALID: .*not signed/m),
    });
    expect(await at.desk.run('emergency', 'sign', 'more.json', '--as', 'rescuer.json')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^EMERGENCY_SECOND_INVALID: /),
    });
    const signed = await at.desk.run('emergency', 'sign', 'more.json', '--as', 'doctor.json');
    expect(signed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/reason +unconscious\n/) });
    const opened = await at.desk.json('emergency', 'open', '--second', 'more.json', '--as', 'rescuer.json');
    expect(opened).toMatchObject({
      patient,
      emergency: { reason: 'unconscious', second: at.doctor, index: 1 },
      records: [{ decision: 'permit' }, { decision: 'permit' }],
      liars: [],
    });
    const again = await at.desk.run('emergency', 'open', '--second', 'more.json', '--as', 'rescuer.json');
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('EMERGENCY_SECOND_INVALID') });
  });

  test('in a damaged file, or one of another network, is refused with the file', async () => {
    const whole = JSON.parse(readFileSync(at.desk.path('more.json'), 'utf8'));
    at.desk.write('foreign.json', JSON.stringify({ ...whole, genesis: '00'.repeat(32) }));
    at.desk.write('damaged.json', JSON.stringify({ ...whole, reason: 'x' }));
    for (const file of ['foreign.json', 'damaged.json'])
      expect(await at.desk.run('emergency', 'sign', file, '--as', 'doctor.json')).toMatchObject({
        exitCode: 78,
        stderr: expect.stringMatching(new RegExp(`^FILE_INVALID: .*${file}`)),
      });
  });
});

describe('the worklist', () => {
  test('is listed, reviewed by the privacy officer, and a privilege suspended and given back', async () => {
    const list = async (...words: string[]): Promise<string[]> =>
      (await at.desk.json('emergency', 'list', ...words, '--as', 'officer.json'))['emergencies'].map(
        ({ index, state }: { index: number; state: string }) => `${index} ${state}`,
      );
    expect(await list()).toEqual(['0 open', '1 open']);
    expect(await list('--state', 'overdue')).toEqual([]);
    const review = (nr: string, verdict: string, as: string): ReturnType<typeof at.desk.run> =>
      at.desk.run('emergency', 'review', nr, '--verdict', verdict, '--as', `${as}.json`);
    expect(await review('0', 'fine', 'officer')).toMatchObject({ exitCode: 64 });
    expect(await review('0', 'justified', 'rescuer')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('TX_NOT_PERMITTED'),
    });
    expect(await review('0', 'justified', 'officer')).toMatchObject({ exitCode: 0 });
    expect(await review('1', 'unjustified', 'officer')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^suspended: [0-9a-f]{64}, found unjustified\n/),
    });
    const listed = await at.desk.run('emergency', 'list', at.elsewhere.name);
    expect(listed.stdout).toMatch(/\n0 +justified .*\n1 +unjustified .*\nsuspended: [0-9a-f]{64}, found/);
    const denied = await at.desk.run(...open('--reason', 'disaster', '--as', 'rescuer.json'));
    expect(denied.stderr).toContain('emergency-suspended');
    const { clinician } = (await at.desk.json('emergency', 'list', at.elsewhere.id))['suspended'][0];
    const as = ['--as', `${at.elsewhere.name}.json`];
    expect(await at.desk.run('emergency', 'reinstate', clinician, ...as)).toMatchObject({ exitCode: 0 });
    expect(await at.desk.run('emergency', 'reinstate', clinician, ...as)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('EMERGENCY_NOT_SUSPENDED'),
    });
    expect((await at.desk.json('emergency', 'list', at.elsewhere.id))['suspended']).toEqual([]);
  });
});

describe('emergency notices', () => {
  const notices = (...words: string[]): ReturnType<typeof at.desk.json> =>
    at.desk.json('emergency', 'notices', ...words, '--as', 'anna.json');

  test('tell the patient what happened since the last look, and everything when asked', async () => {
    const first = await at.desk.run('emergency', 'notices', '--as', 'anna.json');
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(
      /broke the glass for an unconscious patient: 1 record opened; .* justified\.\n/,
    );
    expect(first.stdout).toMatch(/\n4 notices\n$/);
    expect((await notices())['notices']).toEqual([]);
    await at.desk.run(...open('--reason', 'disaster', '--as', 'rescuer.json'));
    expect((await notices())['notices']).toMatchObject([{ reason: 'disaster', opened: 1, denied: 0 }]);
    expect((await notices('--all'))['notices']).toHaveLength(5);
  });

  test('are shown again when the place was lost, and the file that keeps it is for its owner', async () => {
    const path = at.desk.path(`home/.consilium/notices-${at.custody.ledger.chain.deps.genesisHash}.json`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, '{"version":1,"places":{"a":-1}}');
    const ended = await at.desk.run('emergency', 'notices', '--as', 'anna.json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('is damaged and not used') });
    expect(ended.stdout).toMatch(/\n5 notices\n$/);
  });
});
