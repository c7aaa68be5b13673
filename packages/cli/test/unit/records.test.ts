// Records from a file to whoever may read them and back, typed command by command, against custodians in memory.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { genesisToJson } from '@consilium/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelled, observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;

beforeAll(async () => {
  at = await createRecordsDesk();
});

afterAll(async () => {
  await at[Symbol.asyncDispose]();
});

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const registerOf = (institution: string): string =>
  join(at.desk.folder, 'home', '.consilium', `register-${institution}.json`);

async function stateOf(id: string): Promise<string> {
  return String((await at.desk.json('record', 'show', id))['state']);
}

describe('the register of an institution', () => {
  test('has the patient when the enrolment is committed, for its owner only', async () => {
    const path = registerOf(at.hospital.id);
    expect(modeOf(path)).toBe(0o600);
    const { enrolments } = await at.desk.json('key', 'show', 'anna.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      institution: at.hospital.id,
      patients: [{ local: 'MRN-1', account: enrolments[0].account }],
    });
  });

  test('calls a patient by the first digits of the pseudonym unless told otherwise', async () => {
    const as = ['--as', `${at.elsewhere.name}.json`];
    const enrolled = await at.desk.json('patient', 'enrol', '--wallet', 'anna.json', ...as);
    expect(enrolled).toMatchObject({ local: enrolled['account'].slice(0, 8), institution: at.elsewhere.id });
  });

  test('takes no second patient of one name, and nothing is written or sent', async () => {
    const height = at.custody.ledger.blocks.length;
    await at.desk.json('key', 'new', 'ben.json', '--role', 'patient');
    const before = readFileSync(at.desk.path('ben.json'), 'utf8');
    const ended = await at.desk.run('patient', 'enrol', '--wallet', 'ben.json', '--local', 'MRN-1');
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('--local') });
    expect(readFileSync(at.desk.path('ben.json'), 'utf8')).toBe(before);
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });

  test('that was lost is written again by enrolling again', async () => {
    const again = ['patient', 'enrol', '--wallet', 'anna.json', '--register', 'again.json'];
    expect(await at.desk.json(...again, '--local', 'MRN-7')).toMatchObject({ local: 'MRN-7' });
    expect(JSON.parse(readFileSync(at.desk.path('again.json'), 'utf8')).patients).toHaveLength(1);
    expect(await at.desk.run(...again)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ACCOUNT_EXISTS: /),
    });
  });

  test('is not filled from a wallet that has lost the tag secret: the ledger knows other tags', async () => {
    const wallet = JSON.parse(readFileSync(at.desk.path('anna.json'), 'utf8'));
    at.desk.write('phrase-only.json', JSON.stringify({ ...wallet, enrolments: [] }));
    const enrol = ['patient', 'enrol', '--wallet', 'phrase-only.json', '--register', 'other.json'];
    expect(await at.desk.run(...enrol)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ACCOUNT_EXISTS: .*lost the secret/),
    });
    expect(existsSync(at.desk.path('other.json'))).toBe(false);
  });

  test('that others can read is refused, and so is one of another institution', async () => {
    at.desk.write('open.json', readFileSync(at.desk.path('again.json')), 0o644);
    const add = ['record', 'add', 'x.json', '--patient', 'MRN-7'];
    expect(await at.desk.run(...add, '--register', 'open.json')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^KEY_FILE_MODE: /),
    });
    const as = ['--as', `${at.elsewhere.name}.json`];
    expect(await at.desk.run(...add, '--register', 'again.json', ...as)).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^FILE_INVALID: .*another institution/),
    });
  });

  test('in a devnet lies with its keys, by the name of the institution there', async () => {
    const { genesis } = at.custody.ledger.chain;
    const [api = ''] = at.desk.env['CONSILIUM_NODE']?.split(',') ?? [];
    mkdirSync(at.desk.path('net'));
    at.desk.write('net/genesis.json', genesisToJson(genesis));
    const node = {
      ...{ name: 'a', title: at.hospital.name, institution: at.hospital.id, api },
      accountKey: at.desk.path('Aare.json'),
    };
    at.desk.write(
      'net/devnet.json',
      JSON.stringify({ version: 1, genesis: at.desk.path('net/genesis.json'), nodes: [node], keys: [] }),
    );
    const before = at.desk.env;
    at.desk.env = { CONSILIUM_DEVNET_DIR: 'net' };
    const made = await at.desk.json('patient', 'enrol', '--wallet', 'ben.json', '--as', 'a');
    expect(await at.desk.json('credential', 'list', 'a')).toMatchObject({ institution: at.hospital.id });
    at.desk.env = before;
    expect(made['register']).toBe(join(at.desk.folder, 'net', 'keys', 'a-register.json'));
    expect(modeOf(made['register'])).toBe(0o600);
  });
});

describe('record add', () => {
  test('registers every resource of a bundle, tells how far it is, and names the records', async () => {
    at.desk.write('bundle.json', bundleOf(observation(1), observation(2), observation(3)));
    const ended = await at.desk.run('record', 'add', 'bundle.json', '--patient', 'MRN-1');
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toMatch(/[0-9a-f]{64} {2}bundle\.json#2\n3 records registered in 1 batch\n/);
    expect(ended.stderr).toContain('3 records read, 3 uploaded, 3 registered');
  });

  test('takes folders: resources, and any other file with its media type, streamed', async () => {
    mkdirSync(at.desk.path('chart'));
    at.desk.write('chart/a.json', JSON.stringify(observation(4)));
    at.desk.write('chart/b.dcm', new Uint8Array(3_000_000).fill(9));
    at.desk.write('letter.txt', 'a letter about Frieda\n');
    const marks = ['--patient', 'MRN-1', '--month', '2026-05', '--category', 'imaging'];
    const added = await at.desk.json('record', 'add', 'chart', ...marks);
    const sources = added['records'].map(({ source }: { source: string }) => source);
    expect(sources).toEqual(['chart/a.json', 'chart/b.dcm']);
    expect(await at.desk.json('record', 'show', added['records'][0].record)).toMatchObject({
      month: 2024 * 12 + 4,
      authorName: at.hospital.name,
    });
    const other = await at.desk.json('record', 'add', 'letter.txt', ...marks, '--label', 'PSYTHPN');
    expect(await at.desk.json('record', 'show', other['records'][0].record)).toMatchObject({
      month: 2026 * 12 + 4,
      confidentiality: 'V',
      effects: ['closed-to-patient', 'separate-authorization'],
    });
  });

  test('waits for custodians by name, and goes on when they are back', async () => {
    const [, second, third] = at.custody.custodians;
    for (const custodian of [second, third]) if (custodian !== undefined) custodian.down = true;
    let deposits = 0;
    at.custody.before = (_node, path) => {
      if (!path.startsWith('/v1/custody/packages')) return;
      deposits += 1;
      if (deposits === 3)
        for (const custodian of [second, third]) if (custodian !== undefined) custodian.down = false;
    };
    at.desk.write('late.json', JSON.stringify(observation(5)));
    const ended = await at.desk.run('record', 'add', 'late.json', '--patient', 'MRN-1');
    at.custody.before = () => undefined;
    expect(ended).toMatchObject({ exitCode: 0 });
    const names = [second, third].map((custodian) => custodian?.hospital.name).join(', ');
    expect(ended.stderr.split('\n').filter((line) => line === `waiting for ${names}`)).toHaveLength(1);
  });

  test('ends with CUSTODY_RECEIPTS_MISSING and 2 when its time is over', async () => {
    for (const custodian of at.custody.custodians.slice(1)) custodian.down = true;
    const ended = await at.desk.run('record', 'add', 'late.json', '--patient', 'MRN-1', '--timeout', '1');
    for (const custodian of at.custody.custodians) custodian.down = false;
    expect(ended).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/\nCUSTODY_RECEIPTS_MISSING: /),
    });
  });

  test('refuses what is invalid by source and rule, without a word of what it says', async () => {
    at.desk.write('sick.json', bundleOf(observation(6), { ...observation(7), status: 'Frieda' }));
    const ended = await at.desk.run('record', 'add', 'sick.json', '--patient', 'MRN-1');
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/RESOURCE_INVALID: .*sick\.json#1/),
    });
    expect(ended.stderr).not.toContain('Frieda');
    const rest = await at.desk.json('record', 'add', 'sick.json', '--patient', 'MRN-1', '--skip-invalid');
    expect(rest['records']).toMatchObject([{ source: 'sick.json#0' }]);
    expect(rest['leftOut']).toEqual([{ source: 'sick.json#1', code: 'RESOURCE_INVALID' }]);
  });

  test('never files what was meant as FHIR as a document: JSON that is none, a Bundle that cannot be cut, NDJSON', async () => {
    at.desk.write('cut.json', '{"resourceType":"Observation","note":"Frieda"');
    at.desk.write('half.json', '{"resourceType":"Bundle","entry":[{"fullUrl":"Frieda"}]}');
    at.desk.write('lines.ndjson', JSON.stringify(observation(8)));
    for (const [file, line] of [
      ['cut.json', /RESOURCE_INVALID: /],
      ['half.json', /BUNDLE_INVALID: .*half\.json/],
      ['lines.ndjson', /FILE_INVALID: .*NDJSON/],
    ] as const) {
      const ended = await at.desk.run('record', 'add', file, '--patient', 'MRN-1');
      expect(ended).toMatchObject({ stdout: '', stderr: expect.stringMatching(line) });
      expect(ended.exitCode).not.toBe(0);
      expect(ended.stderr).not.toContain('Frieda');
    }
    const skipped = await at.desk.run(
      'record',
      'add',
      'cut.json',
      'half.json',
      '--patient',
      'MRN-1',
      '--skip-invalid',
    );
    expect(skipped).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('2 sources left out') });
  });

  test('is refused with a label that is empty: it would protect nothing', async () => {
    at.desk.write('unmarked.txt', 'a note');
    const ended = await at.desk.run('record', 'add', 'unmarked.txt', '--patient', 'MRN-1', '--label', '');
    expect(ended).toMatchObject({ exitCode: 64, stdout: '', stderr: expect.stringContaining('--label') });
  });

  test('is refused for a patient whom the register does not know', async () => {
    expect(await at.desk.run('record', 'add', 'late.json', '--patient', 'MRN-9')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ACCOUNT_NOT_FOUND: the register has no such patient/),
    });
  });

  test.each([
    [['--category', 'labratory'], /--category is one of activity/],
    [['--label', 'PSI'], /--label is one of ETH/],
    [['--month', '2026-13'], /--month must be a month/],
    [['--confidentiality', 'X'], /--confidentiality is one of U, L, M, N, R, V/],
  ])('%s is a wrong use: a word that nobody knows would protect nothing', async (words, line) => {
    const ended = await at.desk.run('record', 'add', 'late.json', '--patient', 'MRN-1', ...words);
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(line) });
  });
});

describe('record list', () => {
  const rowsOf = async (...words: string[]): Promise<{ id: string; words: string[]; state: string }[]> =>
    (await at.desk.json('record', 'list', ...words))['records'];

  test('tells the words to the patient and to the author, by name or account, and to nobody else', async () => {
    const own = await rowsOf('--as', 'anna.json', '--at', at.hospital.name);
    expect(own[0]).toMatchObject({ state: 'current', words: ['laboratory'], version: 1, index: 0 });
    expect(await rowsOf('--patient', 'MRN-1')).toEqual(own);
    const { patient } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    expect(await rowsOf('--patient', patient)).toEqual(own);
    const told = await rowsOf('--patient', patient, '--as', 'doctor.json');
    expect(told.map(({ words }) => words)).toEqual(own.map(() => []));
    expect(told.map(({ id }) => id)).toEqual(own.map(({ id }) => id));
  });

  test('shows month, state, level, words and effects in columns', async () => {
    const { stdout } = await at.desk.run('record', 'list', '--patient', 'MRN-1');
    expect(stdout).toMatch(/NR +MONTH +STATE +VERSION +LEVEL +WORDS +EFFECTS +RECORD/);
    expect(stdout).toMatch(
      /2026-05 +current +1 +V +imaging MH PSYTHPN SPI +closed-to-patient separate-authorization/,
    );
  });
});

describe('amending and retracting', () => {
  test('a new version is linked to the old one, and its file keeps the labels of the old', async () => {
    at.desk.write('notes.txt', 'version one');
    const [first] = (
      await at.desk.json(
        'record',
        'add',
        'notes.txt',
        '--patient',
        'MRN-1',
        '--label',
        'PSY',
        '--month',
        '2025-02',
      )
    )['records'];
    at.desk.write('notes.txt', 'version two');
    const made = await at.desk.json('record', 'amend', first.record, 'notes.txt');
    expect(made).toMatchObject({ amends: first.record });
    const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    const [before, after] = records.slice(-2);
    expect(before).toMatchObject({ id: first.record, state: 'amended', amendedBy: made['record'] });
    expect(after).toMatchObject({
      version: 2,
      month: 2025 * 12 + 1,
      confidentiality: 'R',
      words: before.words,
      state: 'current',
    });
    expect(before.words).toEqual(expect.arrayContaining(['documents', 'PSY']));
    expect(await at.desk.run('record', 'amend', first.record, 'notes.txt')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('RECORD_AMENDED'),
    });
    expect(await at.desk.run('record', 'amend', made['record'], 'bundle.json')).toMatchObject({
      exitCode: 64,
    });
  });

  test('a label said of a FHIR resource adds to its own, and a new version that says none keeps it', async () => {
    const added = await at.desk.json('record', 'add', 'late.json', '--patient', 'MRN-1', '--label', 'HIV');
    await at.desk.json('record', 'amend', added['records'][0].record, 'late.json');
    const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    const [before, after] = records.slice(-2);
    expect(before).toMatchObject({ state: 'amended', confidentiality: 'R' });
    expect(after).toMatchObject({ state: 'current', confidentiality: 'R', words: before.words });
    expect(after.words).toContain('HIV');
  });

  test('a record entered in error is retracted, once', async () => {
    const { records } = await at.desk.json('record', 'add', 'late.json', '--patient', 'MRN-1');
    const { record } = records[0];
    await at.desk.json('record', 'retract', record);
    expect(await stateOf(record)).toBe('retracted');
    expect(await at.desk.run('record', 'retract', record)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('RECORD_RETRACTED'),
    });
    expect(await at.desk.run('record', 'show', 'ab'.repeat(32))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^RECORD_NOT_FOUND: /),
    });
  });
});

describe('consent, opening and who looked', () => {
  const patient = ['--at', 'Aare', '--as', 'anna.json'];
  const doctor = ['--as', 'doctor.json'];

  test('a grant is handed over in a file for its owner only, and the consent is told in a sentence', async () => {
    const granted = await at.desk.json(
      ...['consent', 'grant', '--to', 'doctor.json', '--category', 'laboratory', '--exclude', 'HIV'],
      ...['--data-from', '2024-01', '--data-to', '2026-12', '--grant-out', 'grant.json', ...patient],
    );
    expect(granted['sentence']).toMatch(
      /^clinician [0-9a-f]{8}… of Birs may see records of the category laboratory, .*HIV.*January 2024 to December 2026/,
    );
    expect(modeOf(at.desk.path('grant.json'))).toBe(0o600);
    const { stdout } = await at.desk.run('consent', 'list', ...patient);
    expect(stdout).toContain(`0: ${granted['sentence']}`);
    expect((await at.desk.run('consent', 'explain', '0', ...patient)).stdout).toContain(
      `0 (active): ${granted['sentence']}`,
    );
    expect(await at.desk.run('consent', 'explain', '7', ...patient)).toMatchObject({ exitCode: 1 });
  });

  test('a grant of a consent that is refused is not left behind', async () => {
    const to = ['consent', 'grant', '--to', 'ab'.repeat(32), '--grant-out', 'no.json', ...patient];
    expect(await at.desk.run(...to)).toMatchObject({ exitCode: 1 });
    expect(readdirSync(at.desk.folder)).not.toContain('no.json');
  });

  test('the grant tells its grantee which records are of it', async () => {
    const { records } = await at.desk.json('record', 'list', '--grant', 'grant.json', ...doctor);
    expect(records[0]).toMatchObject({ words: ['laboratory'] });
    expect(records.find(({ month }: { month: number }) => month === 2026 * 12 + 4)).toMatchObject({
      words: [],
    });
  });

  test('what it would be decided is what is decided, and why', async () => {
    const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    const ask = (id: string): Promise<Record<string, unknown>> =>
      at.desk.json('consent', 'explain', '--record', id, '--reader', 'doctor.json', ...patient);
    expect(await ask(records[0].id)).toMatchObject({
      decision: 'permit',
      rule: 'consent',
      consent: 0,
      sentence: expect.stringMatching(/may open this record for treatment, by a consent .*laboratory/),
    });
    const letter = records.find(({ words }: { words: string[] }) => words.includes('PSYTHPN'));
    expect(await ask(letter.id)).toMatchObject({ decision: 'deny', rule: 'law-psychotherapy-notes' });
  });

  test('by the grant all that it permits opens, exact, into files for their owner only', async () => {
    const opened = await at.desk.run(
      ...['record', 'open', '--grant', 'grant.json', '--from', '2024-02', '--to', '2024-04'],
      ...['--out', 'opened', '--json', ...doctor],
    );
    expect(opened).toMatchObject({ exitCode: 0 });
    expect(opened.stderr).toMatch(
      /entered as access 0 .*\npermit [0-9a-f]{64}: consent, consent 0, laboratory\n/,
    );
    const { records, liars } = JSON.parse(opened.stdout);
    expect(liars).toEqual([]);
    expect(records).toHaveLength(3);
    const [first] = records;
    expect(first.file).toBe(join(at.desk.folder, 'opened', `${first.record}.json`));
    expect(modeOf(first.file)).toBe(0o600);
    const contents = records.map(({ file }: { file: string }) => readFileSync(file, 'utf8'));
    expect(contents).toEqual([1, 2, 3].map((nr) => JSON.stringify(observation(nr))));
  });

  test('text goes to stdout one after the other, and a denied record makes it 1 without stopping the others', async () => {
    const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    const letter = records.find(({ words }: { words: string[] }) => words.includes('PSYTHPN'));
    const ended = await at.desk.run('record', 'open', records[0].id, letter.id, ...doctor);
    expect(ended).toMatchObject({ exitCode: 1, stdout: `${JSON.stringify(observation(1))}\n` });
    expect(ended.stderr).toContain(`deny ${letter.id}: law-psychotherapy-notes`);
    const whole = await at.desk.run('record', 'open', records[0].id, '--json', ...doctor);
    expect(JSON.parse(whole.stdout)).toMatchObject({
      records: [{ decision: 'permit', rule: 'consent', resource: observation(1) }],
    });
  });

  test('what is no text is not shown but written to a file, so that no entered access comes to nothing', async () => {
    at.desk.write('scan.pdf', new Uint8Array(2_000_000).fill(0x25));
    const { records } = await at.desk.json('record', 'add', 'scan.pdf', '--patient', 'MRN-1');
    const open = ['record', 'open', records[0].record];
    const ended = await at.desk.run(...open);
    const file = join(at.desk.folder, 'opened', `${records[0].record}.pdf`);
    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining(`written to ${file}`),
    });
    expect(readFileSync(file)).toEqual(readFileSync(at.desk.path('scan.pdf')));
    const out = await at.desk.json(...open, '--out', 'elsewhere');
    expect(out['records'][0]).toMatchObject({
      rule: 'author',
      mediaType: 'application/pdf',
      name: 'scan.pdf',
    });
    expect(readFileSync(out['records'][0].file)).toEqual(readFileSync(at.desk.path('scan.pdf')));
    const inJson = await at.desk.json(...open);
    expect(Buffer.from(inJson['records'][0].base64, 'base64')).toEqual(
      readFileSync(at.desk.path('scan.pdf')),
    );
  });

  test('what is no text is written elsewhere where the folder cannot be made', async () => {
    at.desk.write('image.bin', new Uint8Array(3).fill(7));
    const { records } = await at.desk.json('record', 'add', 'image.bin', '--patient', 'MRN-1');
    rmSync(at.desk.path('opened'), { recursive: true, force: true });
    at.desk.write('opened', 'a file of this name');
    const { exitCode, stderr } = await at.desk.run('record', 'open', records[0].record);
    rmSync(at.desk.path('opened'));
    const file = /written to (.+)/.exec(stderr)?.[1] ?? '';
    expect([exitCode, dirname(dirname(file))]).toEqual([0, tmpdir()]);
    expect(readFileSync(file)).toEqual(Buffer.alloc(3, 7));
    rmSync(dirname(file), { recursive: true });
  });

  test('an institution asks for its own by category, through its register', async () => {
    const opened = await at.desk.json(
      ...['record', 'open', '--patient', 'MRN-1', '--category', 'imaging', '--out', 'images'],
    );
    expect(opened['records']).toMatchObject([
      { decision: 'permit', rule: 'author', bytes: 3_000_000 },
      { decision: 'permit', rule: 'author', name: 'letter.txt' },
    ]);
    expect(modeOf(at.desk.path('images'))).toBe(0o700);
  });

  test('a folder that cannot be made is found out before anything is entered', async () => {
    const height = at.custody.ledger.blocks.length;
    const ended = await at.desk.run(
      'record',
      'open',
      '--grant',
      'grant.json',
      '--out',
      'notes.txt',
      ...doctor,
    );
    expect(ended).toMatchObject({ exitCode: 78, stderr: expect.stringMatching(/^FILE_UNREADABLE: /) });
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });

  test('a custodian that hands out false shares is named, and the record opens all the same', async () => {
    const [liar] = at.custody.custodians;
    if (liar === undefined) throw new Error('no custodian');
    liar.lie = (released) => released.map((each) => ({ ...each, share: new Uint8Array(32).fill(1) }));
    const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
    const ended = await at.desk.run('record', 'open', records[0].id, '--json', ...doctor);
    liar.lie = undefined;
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toContain(`${liar.hospital.name} answered with something false (share)`);
    expect(JSON.parse(ended.stdout).liars).toMatchObject([{ name: liar.hospital.name, reason: 'share' }]);
  });

  test.each([
    [['ab'.repeat(32), '--category', 'laboratory', '--grant', 'grant.json'], /not both/],
    [['--grant', 'grant.json', '--category', 'imaging'], /the grant does not speak of 'imaging'/],
    [['--grant', 'grant.json', '--from', '2024-01'], /--from and --to go together/],
    [['--patient', 'ab'.repeat(32), '--category', 'imaging'], /only a grant or the register knows/],
    [[], /say whose records/],
  ])('record open %s is a wrong use, and nothing is entered', async (words, line) => {
    const height = at.custody.ledger.blocks.length;
    const ended = await at.desk.run('record', 'open', ...words, ...doctor);
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(line) });
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });

  test('the patient sees everybody who asked, denied ones too, newest last', async () => {
    const { entries } = await at.desk.json('access', 'log', ...patient);
    expect(entries.length).toBeGreaterThan(5);
    const times = entries.map(({ time }: { time: number }) => time);
    expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));
    const { stdout } = await at.desk.run('access', 'log', '--as', 'anna.json');
    expect(stdout).toMatch(/of Birs asked to open 2 records for treatment: 1 permitted .* and 1 denied/);
    expect(stdout).toMatch(/entries\ncomplete as of height [0-9]+, /);
  });

  test('the log as a file verifies offline, and not with a line changed or too old', async () => {
    const { entries } = await at.desk.json('access', 'export', '--out', 'access.log', '--as', 'anna.json');
    expect(modeOf(at.desk.path('access.log'))).toBe(0o600);
    const { CONSILIUM_NODE } = at.desk.env;
    at.desk.env['CONSILIUM_NODE'] = 'http://127.0.0.1:9';
    const verify = ['access', 'verify', 'access.log', '--genesis', 'genesis.json'];
    const ended = await at.desk.run(...verify, '--max-age', '24h');
    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        new RegExp(`^valid: ${entries} entries\\ncomplete as of height [0-9]+, .*Z\\n$`),
      ),
    });
    const { now } = at.desk;
    at.desk.now = () => now() + 25 * 3_600_000;
    const late = await at.desk.run(...verify, '--max-age', '24h');
    at.desk.now = now;
    expect(late).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^STALE: /) });
    const lines = readFileSync(at.desk.path('access.log'), 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes('"readerKey"'));
    at.desk.write('access.log', lines.toSpliced(line, 1).join('\n'));
    expect(await at.desk.run(...verify)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^PROOF_INVALID: line [0-9]+: /),
    });
    at.desk.env['CONSILIUM_NODE'] = CONSILIUM_NODE;
  });

  test('the patient reads everything with the own key, but what the law closes, and leaves no entry', async () => {
    const before = (await at.desk.json('access', 'log', ...patient))['entries'].length;
    const ended = await at.desk.run('patient', 'history', '--out', 'mine', '--as', 'anna.json');
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toMatch(/DATE +INSTITUTION +CATEGORY +STATE +TITLE +RECORD/);
    expect(ended.stdout).toMatch(/2024-02-15 +Aare +laboratory +current +Hemoglobin nr 1 /);
    expect(ended.stderr).toContain('closed to the patient by law');
    const files = readdirSync(at.desk.path('mine'));
    expect(files.every((file) => modeOf(at.desk.path(join('mine', file))) === 0o600)).toBe(true);
    const { records } = await at.desk.json('patient', 'history', '--all-versions', '--as', 'anna.json');
    expect(records.map(({ state }: { state: string }) => state)).toEqual(
      expect.arrayContaining(['amended', 'current', 'retracted']),
    );
    expect(records.length).toBeGreaterThan(files.length);
    expect((await at.desk.json('access', 'log', ...patient))['entries']).toHaveLength(before);
  });

  test('no command prints a tag secret, and the ledger has no word of it all', async () => {
    const { tagSecret } = JSON.parse(readFileSync(registerOf(at.hospital.id), 'utf8')).patients[0];
    const { stdout, stderr } = await at.desk.run('record', 'list', '--patient', 'MRN-1', '--json');
    expect(stdout + stderr).not.toContain(tagSecret);
    const written = at.custody.ledger.blocks.flatMap(({ block }) =>
      block.txs.map((tx) => Buffer.from(tx).toString('latin1')),
    );
    expect(written.join()).not.toMatch(/laboratory|Hemoglobin|Frieda|MRN|PSY|notes\.txt/);
  });
});

test('sensitive resources bring their labels by themselves', async () => {
  at.desk.write('labelled.json', JSON.stringify(observation(9, labelled('HIV'))));
  await at.desk.json('record', 'add', 'labelled.json', '--patient', 'MRN-1');
  const { records } = await at.desk.json('record', 'list', '--patient', 'MRN-1');
  expect(records.at(-1)).toMatchObject({ confidentiality: 'R', words: expect.arrayContaining(['HIV']) });
});
