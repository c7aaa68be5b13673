// Consents in every form, who acts for a patient, groups, agreements: typed command by command, against custodians in memory.
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { observation } from '../../../sdk/test/support/records-scene.ts';
import { bundleOf, createRecordsDesk, type RecordsDesk } from '../support/records-desk.ts';

let at: RecordsDesk;
/** Of the patient, in the order of the bundle. */
let records: string[] = [];

const anna = ['--as', 'anna.json'];
const doctor = ['--as', 'doctor.json'];
const here = ['--as', 'Aare.json'];

beforeAll(async () => {
  at = await createRecordsDesk();
  at.desk.write('bundle.json', bundleOf(observation(1), observation(2)));
  const added = await at.desk.json('record', 'add', 'bundle.json', '--patient', 'MRN-1');
  records = added['records'].map(({ record }: { record: string }) => record);
});

afterAll(async () => {
  await at[Symbol.asyncDispose]();
});

const modeOf = (name: string): number => statSync(at.desk.path(name)).mode & 0o777;

async function grant(...words: string[]): Promise<{ consent: number; sentence: string }> {
  return (await at.desk.json('consent', 'grant', ...words, ...anna)) as { consent: number; sentence: string };
}

async function revokeAll(): Promise<void> {
  const { consents } = await at.desk.json('consent', 'list', ...anna);
  for (const { index, state } of consents)
    if (state === 'active') await at.desk.json('consent', 'revoke', String(index), ...anna);
}

test('the hospital of the register reads consents in the words of the patient, by name and by account', async () => {
  const { sentence } = await grant('--to', 'Birs', '--category', 'laboratory', '--exclude', 'HIV');
  expect(sentence).toContain('laboratory');
  const { patient } = await at.desk.json('consent', 'list', ...anna);
  for (const named of ['MRN-1', patient]) {
    const listed = await at.desk.json('consent', 'list', named, ...here);
    expect(listed['consents'].at(-1)).toMatchObject({ state: 'active', sentence });
  }
  expect(await at.desk.run('consent', 'list', 'MRN-9', ...here)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('ACCOUNT_NOT_FOUND'),
  });
  await revokeAll();
});

describe('consent grant', () => {
  test.each([
    [
      ['--to', 'Birs', '--until', '2030-01-01'],
      /^Birs may see records of every category, none that are specially protected, for treatment, from .* until 1 January 2030\.$/,
    ],
    [
      ['--everybody', '--purpose', 'PUBHLTH'],
      /^Everybody may see records of every category, .*, for public health, /,
    ],
    [
      ['--role', 'nurse', '--role', 'pharmacist', '--confidentiality', 'R'],
      /^Any nurse or any pharmacist may see records of every category, up to restricted confidentiality, /,
    ],
    [['--deny'], /^Nobody may see any record, from /],
    [
      ['--deny', '--to', 'Birs', '--exclude', 'HIV', '--confidentiality', 'R'],
      /^Birs may not see records, those of restricted confidentiality or higher or labelled HIV, from /,
    ],
    [
      [
        '--to',
        'Birs',
        '--except',
        'category=laboratory purpose=HPAYMT',
        '--except',
        'to=doctor.json label=PSY',
      ],
      /, but may not see records of the category laboratory, for payment, but clinician .* of Birs may not see records, those labelled PSY\.$/,
    ],
    [
      ['--deny', '--except', 'role=doctor data=2024-01..2024-06 until=30d'],
      /^Nobody may see any record, .*, but any doctor may see records of every category, of January 2024 to June 2024, from .* until .*\.$/,
    ],
    [
      ['--to', 'Birs', '--separate-authorization'],
      /^Birs may see psychotherapy notes, by a separate authorization of these alone, for treatment, /,
    ],
    [['--to', 'Birs', '--author', 'Aare'], /, written by Aare, for treatment, /],
  ])('says %j', async (words, sentence) => {
    expect((await grant(...words)).sentence).toMatch(sentence);
    await revokeAll();
  });

  test('names groups, records and authors', async () => {
    const set = await at.desk.json('group', 'set', 'doctor.json', '--as', 'Birs.json');
    expect(set).toMatchObject({ group: 0, members: [at.doctor] });
    const [record = ''] = records;
    const { sentence } = await grant('--group', 'Birs/0', '--record', record);
    expect(sentence).toMatch(/^Group 0 of Birs may see one named record, /);
    const asked = ['consent', 'explain', '--reader', 'doctor.json', ...anna];
    expect(await at.desk.json(...asked, '--record', record)).toMatchObject({
      decision: 'permit',
      provision: 0,
    });
    const consent = (await at.desk.json('consent', 'list', ...anna))['consents'].at(-1).index;
    expect(await at.desk.json(...asked, '--record', records[1] ?? '')).toMatchObject({
      rule: 'no-consent',
      near: [{ consent, condition: 'records' }],
      sentence: expect.stringContaining(` Consent ${consent} would, but it is of other records.`),
    });
    // Who is in the group, is asked when it is looked at.
    await at.desk.json('group', 'set', '--nr', '0', '--as', 'Birs.json');
    expect(await at.desk.json(...asked, '--record', record)).toMatchObject({
      rule: 'no-consent',
      near: [{ consent, condition: 'actors' }],
    });
    expect((await at.desk.run('group', 'list', 'Birs')).stdout).toMatch(/^0 \(since height \d+\): nobody\n/);
    await revokeAll();
  });

  test.each([
    [[], 'say who may see: --to, --role, --group, or --everybody'],
    [['--to', 'Birs', '--everybody'], 'not both'],
    [['--to', 'Birs', '--except', 'colour=red'], '--except is KEY=VALUE'],
    [['--to', 'Birs', '--except', ''], 'would turn the whole consent round'],
    [['--to', 'Birs', '--except', 'label=NOTHING'], '--except label is one of'],
    [['--to', 'Birs', '--category', ''], '--category is one of'],
    [['--group', 'Birs'], 'a group is INSTITUTION/NUMBER'],
    [['--deny', '--separate-authorization'], 'not with --deny'],
    [['--to', 'Birs', '--agreement', 'P-1'], '--agreement and --terms go together'],
    [['--to', 'Birs', '--confidentiality', 'X'], '--confidentiality is one of'],
    [['--to', 'Birs', '--from', '2030-01-01', '--until', '2029-01-01'], '--until must lie after --from'],
    [['--to', 'Birs', '--file', 'x.json'], 'give --file, or say what the consent says'],
  ])('refuses %j', async (words, why) => {
    expect(await at.desk.run('consent', 'grant', ...words, ...anna)).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining(why),
    });
  });
});

describe('explaining', () => {
  test('says what holds where no consent speaks', async () => {
    const { stdout } = await at.desk.run('consent', 'explain', ...anna);
    expect(stdout).toContain(
      'where no consent speaks: nothing is open but the emergency dataset in an emergency (Policy-break-glass-only)',
    );
    expect((await at.desk.run('validator', 'list')).stdout).toMatch(
      /^without a consent +Policy-break-glass-only$/m,
    );
  });

  test('names the provision that decides, and a law with its paragraph', async () => {
    const [record = ''] = records;
    const { consent } = await grant('--to', 'Birs', '--except', 'category=laboratory purpose=ETREAT');
    const ask = ['consent', 'explain', '--record', record, '--reader', 'doctor.json', ...anna];
    expect(await at.desk.json(...ask, '--purpose', 'ETREAT')).toMatchObject({
      decision: 'deny',
      rule: 'excluded',
      consent,
      provision: 1,
      label: 'laboratory',
      legal: null,
      sentence: expect.stringContaining(`(consent ${consent}, exception 1, laboratory): Birs may see`),
    });
    at.desk.write('note.json', JSON.stringify(note()));
    const added = await at.desk.json('record', 'add', 'note.json', '--patient', 'MRN-1');
    const [{ record: sealed }] = added['records'];
    const told = await at.desk.run(
      'consent',
      'explain',
      '--record',
      sealed,
      '--reader',
      'doctor.json',
      ...anna,
    );
    expect(told.stdout).toContain('law: 45 CFR 164.508(a)(2) (psychotherapy-notes)\n');
    await revokeAll();
  });

  test('what if: a consent not yet given, and one taken back, without anything being sent', async () => {
    const height = at.custody.ledger.blocks.length;
    const [first = ''] = records;
    const foretold = await at.desk.json(
      ...['consent', 'what-if', '--to', 'Birs', '--reader', 'doctor.json', '--of', first, ...anna],
    );
    expect(foretold['answers']).toMatchObject([
      {
        record: first,
        changes: true,
        now: { rule: 'no-consent' },
        after: { rule: 'consent', decision: 'permit' },
      },
    ]);
    expect(at.custody.ledger.blocks).toHaveLength(height);
    const { consent } = await grant('--to', 'Birs');
    expect(consent).toBe(foretold['consent']);
    const back = await at.desk.run(
      ...['consent', 'what-if', '--revoke', String(consent), '--reader', 'doctor.json', ...anna],
    );
    expect(back.stdout).toMatch(
      /: permit becomes deny\. clinician .* may not open this record for treatment/,
    );
    expect(back.stdout).toContain('nothing was sent');
    at.desk.write('locked.json', readFileSync(at.desk.path('doctor.json'), 'utf8'));
    at.desk.write('passphrase', 'long enough to be one\n');
    await at.desk.json('key', 'encrypt', 'locked.json', '--passphrase-file', 'passphrase');
    const same = ['consent', 'what-if', '--to', 'locked', '--reader', 'doctor', ...anna];
    expect((await at.desk.run(...same)).stdout).toMatch(/\n\d+ records: stays permit\. clinician /);
    await revokeAll();
    expect(
      await at.desk.run('consent', 'what-if', '--revoke', String(consent), '--reader', 'Birs', ...anna),
    ).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^CONSENT_REVOKED: /) });
  });
});

function note(): object {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  return observation(7, { meta: { security: [{ system, code: 'PSYTHPN' }] } });
}

describe('revoking', () => {
  test('takes effect with one block, and lists what had been opened', async () => {
    const [record = ''] = records;
    const { consent } = await grant('--to', 'Birs');
    expect(await at.desk.run('record', 'open', record, ...doctor)).toMatchObject({ exitCode: 0 });
    const height = at.custody.ledger.blocks.length;
    const report = await at.desk.run('consent', 'revoke', String(consent), ...anna);
    expect(at.custody.ledger.blocks).toHaveLength(height + 1);
    expect(report.stdout).toMatch(
      new RegExp(
        `opened under it before, which cannot be taken back:\\n.*access \\d+: clinician .* of Birs, TREAT, 1 record\\n  ${record}\\nwhoever opened these has seen them\\n`,
      ),
    );
    const denied = await at.desk.run('record', 'open', record, ...doctor);
    expect(denied).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no-consent') });
    const unused = await grant('--to', 'Birs');
    const nothing = await at.desk.run('consent', 'revoke', String(unused.consent), ...anna);
    expect(nothing.stdout).toContain('nothing was opened under it');
  });
});

test("a hospital's machine is judged as the clinician for whom it asks, and the log shows whom", async () => {
  const [record = ''] = records;
  await grant('--to', 'doctor.json');
  const machine = ['--as', 'Birs.json'];
  expect(await at.desk.run('record', 'open', record, ...machine)).toMatchObject({ exitCode: 1 });
  const named = ['--on-behalf-of', 'doctor.json', ...machine];
  const ask = ['consent', 'explain', '--record', record, '--reader', 'Birs', '--on-behalf-of', 'doctor.json'];
  expect(await at.desk.json(...ask, ...anna)).toMatchObject({
    decision: 'permit',
    onBehalfOf: at.doctor,
    sentence: expect.stringMatching(
      /^clinician .* of Birs, for whom a machine of Birs asks, may open this record/,
    ),
  });
  expect(await at.desk.json('record', 'open', record, ...named)).toMatchObject({
    records: [{ rule: 'consent' }],
  });
  const { entries } = await at.desk.json('access', 'log', ...anna);
  expect(entries.at(-1)).toMatchObject({ onBehalfOf: at.doctor });
  await revokeAll();
});

describe('who acts for a patient', () => {
  const mother = ['--as', 'mother.json'];

  test('is handed what it needs in secret, acts within its scope, and not after the end', async () => {
    await at.desk.json('key', 'new', 'mother.json', '--role', 'patient');
    await at.desk.json('patient', 'enrol', '--wallet', 'mother.json', '--as', 'Birs.json', '--local', 'M-1');
    const [record = ''] = records;
    const appointed = await at.desk.json(
      ...[
        'delegate',
        'appoint',
        'mother.json',
        '--scope',
        'read,consent',
        '--hand-over',
        'for-mother.json',
        ...anna,
      ],
    );
    expect(appointed).toMatchObject({
      delegation: 0,
      kind: 'proxy',
      sentence: expect.stringMatching(
        /may .*open records, grant and revoke consents for the patient, as proxy/,
      ),
    });
    expect(modeOf('for-mother.json')).toBe(0o600);
    const opened = await at.desk.json('record', 'open', record, ...mother);
    expect(opened).toMatchObject({ access: { purpose: 'FAMRQT' }, records: [{ rule: 'delegate' }] });
    const granted = await at.desk.json(
      ...[
        'consent',
        'grant',
        '--to',
        'Birs',
        '--category',
        'laboratory',
        '--for',
        'for-mother.json',
        ...mother,
      ],
    );
    expect(granted).toMatchObject({
      patient: appointed['patient'],
      sentence: expect.stringContaining('laboratory'),
    });
    const { consents } = await at.desk.json('consent', 'list', ...anna);
    expect(consents.at(-1)).toMatchObject({ index: granted['consent'], state: 'active' });
    for (const verb of ['list', 'explain'])
      expect(await at.desk.json('consent', verb, '--for', 'for-mother.json', ...mother)).toMatchObject({
        patient: appointed['patient'],
        consents: expect.arrayContaining([expect.objectContaining({ sentence: granted['sentence'] })]),
      });
    const revoke = [
      'consent',
      'revoke',
      String(granted['consent']),
      '--for',
      appointed['patient'],
      ...mother,
    ];
    expect(await at.desk.json(...revoke)).toMatchObject({ opened: [] });
    expect(await at.desk.json('delegate', 'end', '0', ...anna)).toMatchObject({ delegation: 0 });
    expect(await at.desk.run('record', 'open', record, ...mother)).toMatchObject({ exitCode: 1 });
    expect(
      await at.desk.run('consent', 'grant', '--to', 'Birs', '--for', 'for-mother.json', ...mother),
    ).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^TX_NOT_PERMITTED: /m) });
    expect((await at.desk.run('delegate', 'list', ...anna)).stdout).toMatch(/^0 \(ended\): patient .* may /);
  });

  test('is a guardian by the hospital that enrolled the patient', async () => {
    const mothers = (await at.desk.json('key', 'show', 'mother.json'))['enrolments'][0].account;
    const appointed = await at.desk.json(
      ...['delegate', 'appoint', mothers, '--patient', 'MRN-1', '--hand-over', 'guardian.json', ...here],
    );
    expect(appointed).toMatchObject({ kind: 'guardian', scopes: ['read'] });
    const { delegations } = await at.desk.json('delegate', 'list', 'MRN-1', ...here);
    expect(delegations.at(-1)).toMatchObject({ state: 'active', kind: 'guardian' });
    const end = ['delegate', 'end', String(appointed['delegation']), '--for', appointed['patient']];
    expect(await at.desk.json(...end, ...here)).toMatchObject({ delegation: appointed['delegation'] });
    const files = [
      readFileSync(at.desk.path('guardian.json'), 'utf8'),
      readFileSync(at.desk.path('for-mother.json'), 'utf8'),
    ];
    expect(files[0]).toBe(files[1]);
  });

  test('hands nothing over when the ledger refuses', async () => {
    const refused = ['delegate', 'appoint', at.elsewhere.id, '--hand-over', 'no.json', ...anna];
    expect(await at.desk.run(...refused)).toMatchObject({ exitCode: 1 });
    expect(() => statSync(at.desk.path('no.json'))).toThrow();
    expect(await at.desk.run('delegate', 'appoint', at.doctor, ...here)).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('say whose guardian'),
    });
  });
});

describe('a data-use agreement', () => {
  const TERMS =
    'Data stays in the country.\n\nNo re-identification is tried,\nby nobody.\n\nResults are published.\n';

  test('is accepted term by term, opens for its project only, and shows what was used under it', async () => {
    at.desk.write('terms.txt', TERMS);
    const answers = ['yes', 'no', 'y'];
    at.desk.ask = async () => answers.shift() ?? 'no';
    const granted = await at.desk.json(
      ...['consent', 'grant', '--to', 'doctor.json', '--agreement', 'P-17', '--terms', 'terms.txt', ...anna],
    );
    at.desk.ask = undefined;
    expect(granted['sentence']).toContain(
      'for research, under the data-use agreement P-17 with 2 accepted terms, ',
    );
    expect(modeOf('agreement-P-17.json')).toBe(0o600);
    const [record = ''] = records;
    const open = ['record', 'open', record, '--purpose', 'HRESCH', ...doctor];
    expect(await at.desk.run(...open)).toMatchObject({ exitCode: 1 });
    expect(await at.desk.run(...open, '--project', 'P-18')).toMatchObject({ exitCode: 1 });
    expect(await at.desk.json(...open, '--project', 'P-17')).toMatchObject({
      records: [{ rule: 'consent' }],
    });
    const listed = await at.desk.json('agreement', 'list', '--terms', 'agreement-P-17.json', ...anna);
    expect(listed['agreements']).toMatchObject([
      {
        project: 'P-17',
        consents: [{ terms: 2, accepted: ['Data stays in the country.', 'Results are published.'] }],
        uses: [{ purpose: 'HRESCH', reader: at.doctor, records: [record] }],
      },
    ]);
    const { stdout } = await at.desk.run('agreement', 'list', ...anna);
    expect(stdout).toMatch(/^P-17:\n {2}consent \d+ \(active\): .*\n {2}used under it:\n/);
    await revokeAll();
  });

  test('needs a term that is accepted, by somebody who is there or who said so', async () => {
    const asked = [
      'consent',
      'grant',
      '--to',
      'doctor.json',
      '--agreement',
      'P-2',
      '--terms',
      'terms.txt',
      ...anna,
    ];
    expect((await at.desk.run(...asked)).stderr).toContain('nobody is there to be asked');
    expect((await at.desk.run(...asked, '--accept', '4')).stderr).toContain('there are 3 terms');
    at.desk.ask = async () => 'no';
    expect((await at.desk.run(...asked)).stderr).toContain('no term was accepted');
    at.desk.ask = undefined;
    expect(() => statSync(at.desk.path('agreement-P-2.json'))).toThrow();
  });
});

describe('FHIR consents', () => {
  test('that are exported come back as the same consent', async () => {
    const { consent, sentence } = await grant('--to', 'Birs', '--category', 'laboratory', '--exclude', 'HIV');
    await at.desk.json('consent', 'export', String(consent), '--out', 'consent.json', ...anna);
    expect(modeOf('consent.json')).toBe(0o600);
    await revokeAll();
    const shown = await at.desk.json('consent', 'import', 'consent.json', '--dry-run', ...anna);
    expect(shown['consents']).toMatchObject([{ position: 0, sentence }]);
    const imported = await at.desk.json('consent', 'import', 'consent.json', ...anna);
    expect(imported['consents']).toMatchObject([{ consent: consent + 1, sentence }]);
    const filed = await at.desk.json('consent', 'grant', '--file', 'consent.json', ...anna);
    expect(filed).toMatchObject({ sentence });
    await revokeAll();
    const all = await at.desk.json('consent', 'export', ...anna);
    expect(all).toMatchObject({ resourceType: 'Bundle' });
    const statuses = all['entry'].map(({ resource }: { resource: { status: string } }) => resource.status);
    expect(new Set(statuses)).toEqual(new Set(['inactive']));
    at.desk.write('inactive.json', JSON.stringify(all));
    expect((await at.desk.run('consent', 'import', 'inactive.json', ...anna)).stderr).toContain('no consent');
  });

  test('that cannot be held are refused with their place in the file', async () => {
    at.desk.write('broken.json', '{');
    expect((await at.desk.run('consent', 'import', 'broken.json', ...anna)).stderr).toMatch(
      /^FILE_INVALID: /,
    );
    const consent = JSON.parse(readFileSync(at.desk.path('consent.json'), 'utf8'));
    const unheld = { ...consent, provision: { ...consent.provision, code: [{ text: 'whatever' }] } };
    const entry = [{ resource: consent }, { resource: unheld }];
    at.desk.write('two.json', JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }));
    const height = at.custody.ledger.blocks.length;
    const refused = await at.desk.run('consent', 'import', 'two.json', ...anna);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^CONSENT_NOT_EXPRESSIBLE: .*1/),
    });
    expect(at.custody.ledger.blocks).toHaveLength(height);
  });
});

test('the hospitals vote on what holds where no consent speaks', async () => {
  const propose = ['validator', 'propose', 'policy', 'Policy-basic-normal', '--yes'];
  const { proposal } = await at.desk.json(...propose, ...here);
  for (const name of ['Birs', 'Limmat'])
    await at.desk.json('validator', 'approve', proposal, '--yes', '--as', `${name}.json`);
  const ask = ['consent', 'explain', '--record', records[0] ?? '', '--reader', 'doctor.json', ...anna];
  expect(await at.desk.json(...ask)).toMatchObject({ decision: 'permit', rule: 'policy' });
  expect((await at.desk.run('validator', 'propose', 'policy', 'Policy-none', ...here)).stderr).toContain(
    'the policy is one of Policy-all-normal',
  );
});
