import { readdirSync, readFileSync, statSync } from 'node:fs';
import { checkResource } from '@consilium/fhir';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;
let patient: string;

const WALLET = ['--as', 'anna.json'] as const;

/** Two records; the doctor elsewhere was refused, was given a consent, and opened both. */
beforeAll(async () => {
  at = await createRecordsDesk();
  at.desk.write('lab.json', bundleOf(observation(0), observation(2)));
  await at.desk.json('record', 'add', 'lab.json', '--patient', 'MRN-1');
  const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
  patient = records[0].patient;
  const open = ['record', 'open', records[0].id, records[1].id, '--patient', patient, '--as', 'doctor.json'];
  await at.desk.run(...open);
  await at.desk.json('consent', 'grant', '--to', 'doctor.json', ...WALLET);
  await at.desk.json(...open);
  const names = {
    [patient]: { name: 'Anna Muster' },
    [at.doctor]: { name: 'Dr. Keller', address: 'Birsweg 1' },
  };
  at.desk.write('names.json', JSON.stringify({ kind: 'consilium-names', version: 1, names }));
});

afterAll(() => at[Symbol.asyncDispose]());

const report = (...words: string[]): Promise<Record<string, never>> =>
  at.desk.json('report', ...words) as Promise<Record<string, never>>;

describe('a report at a terminal', () => {
  test('of disclosures: what is left out and why, and with --with-tpo what that was', async () => {
    const bare = await at.desk.json('report', 'accounting', '--names', 'names.json', ...WALLET);
    expect(bare).toMatchObject({ kind: 'accounting', law: '45 CFR 164.528', subject: 'Anna Muster' });
    expect(bare['tables'].disclosures).toEqual([]);
    expect(bare['tables'].omitted).toMatchObject([{ paragraph: '(a)(1)(i)', count: '1' }]);
    const whole = await at.desk.json(
      'report',
      'accounting',
      '--with-tpo',
      '--names',
      'names.json',
      ...WALLET,
    );
    expect(whole['tables'].disclosures).toMatchObject([
      {
        recipient: 'Birs (Dr. Keller)',
        address: 'Birsweg 1',
        what: '2 records of Aare: laboratory, 2024-01 to 2024-03',
        purpose: 'treatment',
      },
    ]);
    const other = await at.desk.json('report', 'accounting', '--with-tpo', '--by', 'Birs', ...WALLET);
    expect(other['tables'].disclosures).toEqual([]);
  });

  test('of who looked, for the patient on the screen and for the hospital with an entry', async () => {
    const { stdout } = await at.desk.run('report', 'access', '--names', 'names.json', ...WALLET);
    expect(stdout).toMatch(/^Access report \(45 CFR 164\.312\(b\)/);
    expect(stdout).toMatch(/Birs +Dr\. Keller +own key +refused +2 records of Aare: laboratory/);
    expect(stdout).toMatch(/\ncomplete as of height \d+, .*Z\n$/);
    const before = at.custody.ledger.blocks.length;
    const { stderr, exitCode } = await at.desk.run(
      'report',
      'access',
      '--patient',
      'MRN-1',
      '--as',
      'Aare.json',
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('this look is entered on the ledger as access');
    expect(at.custody.ledger.blocks.length).toBe(before + 1);
    const told = await at.desk.json('report', 'access', ...WALLET);
    expect(told['tables'].accesses.at(-1)).toMatchObject({ did: 'read the access log', institution: 'Aare' });
  });

  test('of EHDS article 9, as CSV in a file for its owner only', async () => {
    const out = ['--format', 'csv', '--out', 'ehds.csv', '--names', 'names.json', ...WALLET];
    const told = await at.desk.json('report', 'ehds', ...out);
    expect(told).toMatchObject({ file: at.desk.path('ehds.csv'), kind: 'ehds', rows: { accesses: 1 } });
    expect(statSync(at.desk.path('ehds.csv')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at.desk.path('ehds.csv'), 'utf8')).toMatch(
      /^who,when,what,emergency,purpose,entry\r\n"Birs, Dr\. Keller",[^,]+,"2 records of Aare: laboratory, 2024-01 to 2024-03",no,treatment,[0-9a-f]{64}\/1\r\n$/,
    );
  });

  test('as FHIR it is a valid document, on the screen and with --json the same', async () => {
    for (const kind of ['accounting', 'access', 'ehds', 'copy']) {
      const { stdout } = await at.desk.run('report', kind, '--format', 'fhir', ...WALLET);
      expect(await checkResource(JSON.parse(stdout)), kind).toEqual([]);
      expect(await report(kind, '--format', 'fhir', ...WALLET)).toMatchObject({ type: 'document' });
    }
  });

  test('a copy holds every record, opened with the own key, and enters nothing', async () => {
    const height = at.custody.ledger.blocks.length;
    const told = await at.desk.json('report', 'copy', '--records', 'mine', ...WALLET);
    expect(told['tables'].records).toHaveLength(2);
    for (const { content } of told['tables'].records)
      expect(readFileSync(content, 'utf8')).toContain('Hemoglobin');
    expect(readdirSync(at.desk.path('mine'))).toHaveLength(2);
    expect(told['tables'].recipients.map((row: { recipient: string }) => row.recipient)).toEqual([
      expect.stringMatching(/^Birs$/),
      ...at.custody.ledger.chain.hospitals.map(({ name }) => name).toSorted(),
    ]);
    expect(told['tables'].information.map((row: { paragraph: string }) => row.paragraph)).toEqual([
      ...['(1)(a)', '(1)(b)', '(1)(c)', '(1)(d)', '(1)(e)', '(1)(f)', '(1)(g)', '(1)(h)'],
      '(2)',
    ]);
    const bundle = await at.desk.json('report', 'copy', '--format', 'fhir', ...WALLET);
    const types = bundle['entry'].map(
      (each: { resource: { resourceType: string } }) => each.resource.resourceType,
    );
    expect(types).toEqual(['Composition', 'Observation', 'Observation']);
    expect(at.custody.ledger.blocks).toHaveLength(height);
    expect(await at.desk.run('report', 'copy', '--as', 'Aare.json')).toMatchObject({ exitCode: 64 });
  });

  test('of processing: the facts of the ledger, the template, and what is missing', async () => {
    at.desk.write(
      'template.json',
      JSON.stringify({ kind: 'consilium-processing', version: 1, contact: ['Aareweg 1'] }),
    );
    const words = ['report', 'processing', '--institution', 'Birs', '--template', 'template.json'];
    const { stdout } = await at.desk.run(...words);
    expect(stdout).toMatch(
      /\(a\) +hospitals that run the ledger with it \(joint controllers: article 26\) +Aare, Limmat, Reuss +ledger/,
    );
    expect(stdout).toMatch(/\(a\) +contact of the controller +Aareweg 1 +template/);
    expect(stdout).toMatch(/\(c\) +data subjects: staff with a standing credential +1 doctor +ledger/);
    expect(stdout).toContain('9 answers are missing');
    const bundle = await at.desk.json(...words, '--format', 'fhir');
    expect(await checkResource(bundle)).toEqual([]);
    at.desk.write('template.json', '{}');
    expect(await at.desk.run(...words)).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^FILE_INVALID: .*template\.json/),
    });
  });
});

describe('what costs no look', () => {
  const officerless = ['--patient', 'MRN-1', '--as', 'Aare.json'];

  test.each<[string, readonly string[], number, RegExp]>([
    ['an unknown form', ['--format', 'pdf'], 64, /--format is one of text, json, csv, fhir/],
    ['a table without csv', ['--table', 'omitted'], 64, /--table goes with --format csv/],
    ['a file that is there', ['--out', 'names.json'], 78, /^FILE_EXISTS/],
    ['names that others can read', ['--names', 'open.json'], 78, /^KEY_FILE_MODE/],
    ['names that are none', ['--names', 'genesis.json'], 78, /^FILE_INVALID|^KEY_FILE_MODE/],
  ])('%s', async (_what, words, exitCode, line) => {
    at.desk.write('open.json', '{}', 0o644);
    const height = at.custody.ledger.blocks.length;
    const ended = await at.desk.run('report', 'access', ...words, ...officerless);
    expect(ended.stderr).toMatch(line);
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });

  test('a table that the report has not', async () => {
    const ended = await at.desk.run('report', 'access', '--format', 'csv', '--table', 'x', ...WALLET);
    expect(ended).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('--table is one of accesses'),
    });
  });

  test('who may not read the log gets no report of it', async () => {
    const ended = await at.desk.run('report', 'accounting', '--patient', patient, '--as', 'doctor.json');
    expect(ended).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^TX_NOT_PERMITTED/),
    });
  });
});
