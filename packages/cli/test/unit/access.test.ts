import { readFileSync, statSync } from 'node:fs';
import { accountIdOf, actionOf } from '@consilium/core';
import { createKeyFile, formatKeyFile, issueCredential } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../../core/test/kit/chain.ts';
import { observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;
let patient: string;

/** A key file of a new member of a hospital's staff. */
function hire(name: string, role: 'doctor' | 'privacy-officer' | 'auditor', hospital = at.hospital): string {
  const key = keyOf(name);
  const { chain, commit } = at.custody.ledger;
  const credential = { role, speciality: null, emergency: false } as const;
  commit([
    chain.tx(hospital.id, hospital.account, [
      issueCredential(chain.deps.genesisHash, hospital.id, key, credential),
    ]),
  ]);
  at.desk.write(`${name}.json`, formatKeyFile(createKeyFile(name, 'clinician', key)));
  return accountIdOf(key.publicKey);
}

/** A machine of the first hospital asks for one of its clinicians. */
function askByMachine(clinician: string, record: string): void {
  const { chain, commit } = at.custody.ledger;
  const { id, account } = at.hospital;
  const body = {
    patient,
    selection: { type: 'records', records: [record] },
    purpose: 'TREAT',
    readerKey: '5e'.repeat(32),
    onBehalfOf: clinician,
    project: null,
    emergency: null,
  } as const;
  commit([chain.tx(id, account, [actionOf('access.open', body)])]);
}

beforeAll(async () => {
  at = await createRecordsDesk();
  at.desk.write('lab.json', bundleOf(observation(0)));
  await at.desk.json('record', 'add', 'lab.json', '--patient', 'MRN-1');
  const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
  patient = records[0].patient;
  await at.desk.run('record', 'open', records[0].id, '--patient', patient, '--as', 'doctor.json');
  const ward = hire('ward', 'doctor');
  for (let visit = 0; visit < 3; visit += 1) askByMachine(ward, records[0].id);
  hire('officer', 'privacy-officer');
  hire('stranger', 'auditor', at.elsewhere);
});

afterAll(() => at[Symbol.asyncDispose]());

describe('the access log at a terminal', () => {
  test("a hospital's systems are one line with their count, and --all shows each", async () => {
    const { stdout } = await at.desk.run('access', 'log', '--as', 'anna.json');
    expect(stdout).toMatch(
      /: account [0-9a-f]{8}… of Aare, through its systems, asked to open 3 records in 3 requests for treatment/,
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    expect(stdout).toContain('4 entries\n');
    const all = await at.desk.run('access', 'log', '--all', '--as', 'anna.json');
    expect(all.stdout.match(/through its systems, asked to open 1 record for/g)).toHaveLength(3);
    const { entries, groups } = await at.desk.json('access', 'log', '--as', 'anna.json');
    expect(entries).toHaveLength(4);
    expect(groups).toMatchObject([{ patient, indexes: [1, 2, 3] }]);
  });

  test('as FHIR it is a bundle, in the same bytes as the file of an export', async () => {
    const { stdout } = await at.desk.run('access', 'log', '--fhir', '--as', 'anna.json');
    expect(JSON.parse(stdout)).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    const told = await at.desk.json('access', 'export', '--fhir', 'only.json', '--as', 'anna.json');
    expect(told).toMatchObject({ file: null, bundle: at.desk.path('only.json'), entries: 4, events: 4 });
    expect(readFileSync(at.desk.path('only.json'), 'utf8')).toBe(stdout);
    expect(statSync(at.desk.path('only.json')).mode & 0o777).toBe(0o600);
  });

  test('a bundle verifies beside its log, offline, and not with an event changed', async () => {
    await at.desk.json('access', 'export', '--out', 'a.log', '--fhir', 'a.json', '--as', 'anna.json');
    const verify = ['access', 'verify', 'a.log', '--events', 'a.json', '--genesis', 'genesis.json'];
    const ended = await at.desk.run(...verify, '--list');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout).toContain('in 3 requests');
    expect(ended.stdout).toMatch(/valid: 4 entries\nthe bundle is what the log makes: 4 events\n/);
    const bundle = readFileSync(at.desk.path('a.json'), 'utf8');
    at.desk.write('a.json', bundle.replace('"outcome":"8"', '"outcome":"0"'));
    expect(await at.desk.run(...verify)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^PROOF_INVALID: entry 1 \(line 2, access 0 of [0-9a-f]{8}…\) at AuditEvent\.outcome: /,
      ),
    });
  });

  test('where to must be said, and a file that is there costs no look', async () => {
    const height = at.custody.ledger.blocks.length;
    const nowhere = await at.desk.run('access', 'export', '--as', 'anna.json');
    expect(nowhere).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(/--out FILE, --fhir FILE/) });
    at.desk.write('there.log', '');
    const officer = ['--patient', patient, '--as', 'officer.json'];
    const taken = await at.desk.run('access', 'export', '--out', 'there.log', ...officer);
    expect(taken.stderr).toMatch(/^FILE_EXISTS: /);
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });
});

describe("another's access log", () => {
  const read = (...words: string[]): ReturnType<RecordsDesk['desk']['run']> =>
    at.desk.run('access', 'log', '--patient', patient, ...words);

  test('an officer reads it, is told that this is entered, and stands in it', async () => {
    const { stdout, stderr, exitCode } = await read('--as', 'officer.json');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('this look is entered on the ledger as access 4 of the patient\n');
    expect(stdout).toMatch(
      /account [0-9a-f]{8}… of Aare read this access log for the running of the institution\./,
    );
    const { entries } = await at.desk.json('access', 'log', '--as', 'anna.json');
    expect(entries.at(-1)).toMatchObject({ kind: 'log', requester: accountIdOf(keyOf('officer').publicKey) });
  });

  test('the hospital may by the name in its register; who may not is refused by a code, and reads nothing', async () => {
    const own = await at.desk.run('access', 'log', '--patient', 'MRN-1', '--as', 'Aare.json');
    expect(own).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/the systems of Aare read this/),
    });
    for (const who of ['doctor.json', 'stranger.json', 'ward.json'])
      expect(await read('--as', who)).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/^TX_NOT_PERMITTED: /),
      });
  });

  test('a delegate reads it with a wallet of their own, and the patient without an entry', async () => {
    await at.desk.json('key', 'new', 'beat.json', '--role', 'patient');
    const { account: beat } = await at.desk.json(
      'patient',
      'enrol',
      '--wallet',
      'beat.json',
      '--local',
      'MRN-2',
    );
    const refused = await read('--as', 'beat.json');
    expect(refused.stderr).toMatch(/TX_NOT_PERMITTED: /);
    const { patientSigner, parseWallet } = await import('@consilium/sdk');
    const wallet = parseWallet(readFileSync(at.desk.path('anna.json'), 'utf8'));
    const [enrolment] = wallet.enrolments;
    if (enrolment === undefined) throw new Error('not enrolled');
    const { account, key } = patientSigner(wallet, enrolment);
    const { chain, commit } = at.custody.ledger;
    const appoint = actionOf('identity.appointDelegate', {
      ...{ patient, delegate: beat, kind: 'proxy', scopes: ['audit'] },
      period: { from: 0, until: chain.view().tip.time + 86_400_000 },
    });
    commit([chain.tx(account, key, [appoint])]);
    expect(await read('--as', 'beat.json')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/account [0-9a-f]{8}…, who acts for the patient, read this access log/),
    });
    const height = at.custody.ledger.blocks.length;
    expect(await read('--as', 'anna.json')).toMatchObject({ exitCode: 0 });
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });
});
