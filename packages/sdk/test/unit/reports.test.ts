import { checkResource } from '@consilium/fhir';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessReport,
  accountingReport,
  copyReport,
  ehdsReport,
  exportAccessLog,
  type HistoryItem,
  parseNameBook,
  parseTemplate,
  processingReport,
  type Report,
  type ReportSource,
  readOwn,
  reportToFhir,
  tableToCsv,
  verifyAccessLog,
} from '../../src/index.ts';
import { type ScriptedYear, tellYear } from '../support/scripted-year.ts';

let year: ScriptedYear;
let source: ReportSource;
let history: HistoryItem[];

beforeAll(async () => {
  year = await tellYear();
  const { scene, names } = year;
  const { client, patient, custody } = scene;
  const { genesis, deps } = custody.ledger.chain;
  const log = verifyAccessLog(await exportAccessLog(client, [patient]), genesis, { verify: deps.verify });
  const { value } = await client.consents(patient.account);
  source = {
    subjects: [{ patient: patient.account, log, consents: value.items, tagKey: scene.enrolment }],
    names: parseNameBook(names),
    made: Date.parse('2028-01-10T00:00:00Z'),
  };
  const wallet = { ...scene.wallet, enrolments: [scene.enrolment] };
  history = [];
  for await (const item of readOwn(client, wallet, { allVersions: true })) history.push(item);
});

const rowsOf = ({ tables }: Report, name: string): readonly (readonly string[])[] =>
  tables.find((table) => table.name === name)?.rows ?? [];

/** The last column says where the entry stands: its number is enough here. */
const numbered = (rows: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  rows.map((row) => row.with(-1, (row.at(-1) ?? '').split('/')[1] ?? ''));

const LAB = '1 record of Aare: laboratory, 2024-01';
const NOTE = '1 record of Aare: laboratory, 2024-03';
const NO_CONSENT = 'because no consent of the patient permits it';
const SEPARATE =
  'because the law asks for a separate authorization of psychotherapy notes (45 CFR 164.508(a)(2))';
const OUTSIDE = 'because it does not belong to the emergency dataset and no second clinician signed';
const BTG = 'breaking the glass in an emergency';
const REUSS = 'Reussgasse 3, 5000 Reusstal';
const COUNSEL = (): string => `account ${year.scene.staff(3, 'counsel').account.slice(0, 8)}…`;
const PAYER = (): string => `account ${year.scene.staff(3, 'payer').account.slice(0, 8)}…`;
const SCIENCE = (): string => `account ${year.scene.staff(2, 'researcher').account.slice(0, 8)}…`;

/** Date, recipient, address, what, purpose, discloser, basis, entry: of these only two are nobody's exception. */
const disclosures = (): string[][] => [
  [
    '2027-06-02T09:30:00Z',
    'Reuss (Dr. Hans Graf)',
    REUSS,
    LAB,
    'public health',
    'Aare',
    'by a consent of the patient',
    '5',
  ],
  [
    '2027-11-11T11:11:00Z',
    `Reuss (${COUNSEL()})`,
    REUSS,
    LAB,
    'legal matters',
    'Aare',
    'by a consent of the patient',
    '10',
  ],
];

/** When, institution, who, through, what was done, records, purpose, why, emergency, entry. */
const accesses = (): string[][] => {
  const own = 'own key';
  return [
    [
      '2027-02-01T09:00:00Z',
      'Birs',
      'Dr. Beat Keller',
      own,
      'refused',
      LAB,
      'treatment',
      NO_CONSENT,
      '',
      '0',
    ],
    ['2027-02-01T09:00:00Z', 'Birs', 'Dr. Beat Keller', own, 'refused', NOTE, 'treatment', SEPARATE, '', '0'],
    [
      '2027-02-04T11:00:00Z',
      'Birs',
      'Dr. Beat Keller',
      own,
      'permitted',
      '2 records of Aare: allergies and laboratory, 2024-01 to 2024-05',
      'treatment',
      'by a consent of the patient',
      '',
      '1',
    ],
    [
      '2027-03-10T08:30:00Z',
      'Aare',
      'Dr. Cora Wyss',
      'systems of the institution',
      'permitted',
      LAB,
      'treatment',
      'because the institution wrote it',
      '',
      '2',
    ],
    ['2027-04-20T22:15:00Z', 'Birs', 'Dr. Emil Roth', own, 'refused', LAB, BTG, OUTSIDE, 'unconscious', '3'],
    [
      '2027-04-20T22:15:00Z',
      'Birs',
      'Dr. Emil Roth',
      own,
      'permitted',
      '1 record of Aare: allergies, 2024-05',
      BTG,
      'in an emergency',
      'unconscious',
      '3',
    ],
    [
      '2027-04-20T22:15:00Z',
      'Birs',
      'Dr. Emil Roth',
      own,
      'refused',
      NOTE,
      BTG,
      SEPARATE,
      'unconscious',
      '3',
    ],
    [
      '2027-05-20T14:00:00Z',
      'Limmat',
      SCIENCE(),
      own,
      'permitted',
      LAB,
      'research, project sepsis-1',
      'by a consent of the patient',
      '',
      '4',
    ],
    [
      '2027-06-02T09:30:00Z',
      'Reuss',
      'Dr. Hans Graf',
      own,
      'permitted',
      LAB,
      'public health',
      'by a consent of the patient',
      '',
      '5',
    ],
    [
      '2027-07-01T16:00:00Z',
      'Reuss',
      PAYER(),
      own,
      'refused',
      NOTE,
      'payment',
      'because psychotherapy notes are not for payment (45 CFR 164.506(c)(3), 164.508(a)(2))',
      '',
      '6',
    ],
    [
      '2027-08-02T10:00:00Z',
      'Birs',
      'Dr. Beat Keller',
      own,
      'refused',
      LAB,
      'treatment',
      NO_CONSENT,
      '',
      '7',
    ],
    [
      '2027-09-01T15:00:00Z',
      'Aare',
      'Olga Frei',
      own,
      'read the access log',
      '',
      'the running of the institution',
      '',
      '',
      '8',
    ],
    [
      '2027-10-02T10:00:00Z',
      'Limmat',
      SCIENCE(),
      own,
      'refused',
      '1 record of Aare: allergies, 2024-05',
      'research, project sepsis-1',
      'because it is erased',
      '',
      '9',
    ],
    [
      '2027-11-11T11:11:00Z',
      'Reuss',
      COUNSEL(),
      own,
      'permitted',
      LAB,
      'legal matters',
      'by a consent of the patient',
      '',
      '10',
    ],
    [
      '2027-12-01T09:00:00Z',
      '',
      'Berta Muster, who acts for the patient',
      own,
      'permitted',
      LAB,
      'a request of the patient',
      'on behalf of the patient',
      '',
      '11',
    ],
  ];
};

/** Who, when, which data, emergency, purpose, entry. */
const ehds = (): string[][] => [
  [
    'Birs, Dr. Beat Keller',
    '2027-02-04T11:00:00Z',
    '2 records of Aare: allergies and laboratory, 2024-01 to 2024-05',
    'no',
    'treatment',
    '1',
  ],
  ['Aare, Dr. Cora Wyss', '2027-03-10T08:30:00Z', LAB, 'no', 'treatment', '2'],
  [
    'Birs, Dr. Emil Roth',
    '2027-04-20T22:15:00Z',
    '1 record of Aare: allergies, 2024-05',
    'yes: unconscious',
    BTG,
    '3',
  ],
  [`Limmat, ${SCIENCE()}`, '2027-05-20T14:00:00Z', LAB, 'no', 'research', '4'],
  ['Reuss, Dr. Hans Graf', '2027-06-02T09:30:00Z', LAB, 'no', 'public health', '5'],
  [`Reuss, ${COUNSEL()}`, '2027-11-11T11:11:00Z', LAB, 'no', 'legal matters', '10'],
  [
    'Berta Muster, who acts for the patient',
    '2027-12-01T09:00:00Z',
    LAB,
    'no',
    'a request of the patient',
    '11',
  ],
];

const copyOf = (): Report =>
  copyReport(source, {
    records: history.map((item) => ({ item, file: null })),
    custodians: ['Aare', 'Birs', 'Limmat', 'Reuss'],
  });

test('The reports of a scripted year of one patient equal a table worked out by hand in the test.', () => {
  const accounting = accountingReport(source);
  expect(numbered(rowsOf(accounting, 'disclosures'))).toEqual(disclosures());
  expect(rowsOf(accounting, 'omitted')).toEqual([
    ['(a)(1)(i)', 'treatment, payment and health care operations', '2'],
    ['(a)(1)(ii)', 'to the patient, or who acts for the patient', '1'],
    [
      '(a)(1)(iv)',
      "under the patient's authorization: an agreement or a separate authorization of psychotherapy notes",
      '1',
    ],
  ]);
  expect(numbered(rowsOf(accessReport(source), 'accesses'))).toEqual(accesses());
  expect(numbered(rowsOf(ehdsReport(source), 'accesses'))).toEqual(ehds());

  const copy = copyOf();
  expect(rowsOf(copy, 'records').map((row) => row.slice(0, 6))).toEqual([
    ['2024-05', 'Aare', 'allergies', '', 'erased', ''],
    ['2024-04-15', 'Aare', 'laboratory', 'Hemoglobin nr 3', 'current', 'opened'],
    [
      '2024-03',
      'Aare',
      'laboratory, MH, PSYTHPN and SPI',
      '',
      'current',
      'closed to the patient by law (45 CFR 164.524(a)(1)(i))',
    ],
    ['2024-01-15', 'Aare', 'laboratory', 'Hemoglobin nr 0', 'current', 'opened'],
  ]);
  expect(rowsOf(copy, 'recipients').slice(0, -4)).toEqual([
    [
      'Birs',
      'treatment',
      '2 records of Aare: allergies and laboratory, 2024-01 to 2024-05',
      '2027-02-04T11:00:00Z',
      '2027-02-04T11:00:00Z',
    ],
    ['Birs', BTG, '1 record of Aare: allergies, 2024-05', '2027-04-20T22:15:00Z', '2027-04-20T22:15:00Z'],
    ['Limmat', 'research', LAB, '2027-05-20T14:00:00Z', '2027-05-20T14:00:00Z'],
    ['Reuss', 'public health', LAB, '2027-06-02T09:30:00Z', '2027-06-02T09:30:00Z'],
    ['Reuss', 'legal matters', LAB, '2027-11-11T11:11:00Z', '2027-11-11T11:11:00Z'],
    [
      'Berta Muster, who acts for the patient',
      'a request of the patient',
      LAB,
      '2027-12-01T09:00:00Z',
      '2027-12-01T09:00:00Z',
    ],
  ]);
  expect(rowsOf(copy, 'consents').map((row) => row.slice(1))).toEqual([
    ['revoked', '2027-02-03T09:59:59Z', '2029-01-01T00:00:00Z', '2027-08-01T10:00:00Z'],
    ['active', '2027-05-05T11:59:59Z', '2029-01-01T00:00:00Z', ''],
    ['active', '2027-06-01T08:59:59Z', '2029-01-01T00:00:00Z', ''],
    ['active', '2027-11-11T10:59:59Z', '2029-01-01T00:00:00Z', ''],
  ]);
});

describe('an accounting of disclosures', () => {
  test('with treatment, payment and operations: those of three years too (HITECH 13405(c))', () => {
    const rows = numbered(rowsOf(accountingReport(source, { withTpo: true }), 'disclosures'));
    expect(rows.map(([date, recipient, , what]) => [date, recipient, what])).toEqual([
      [
        '2027-02-04T11:00:00Z',
        'Birs (Dr. Beat Keller)',
        '2 records of Aare: allergies and laboratory, 2024-01 to 2024-05',
      ],
      ['2027-04-20T22:15:00Z', 'Birs (Dr. Emil Roth)', '1 record of Aare: allergies, 2024-05'],
      ['2027-06-02T09:30:00Z', 'Reuss (Dr. Hans Graf)', LAB],
      ['2027-11-11T11:11:00Z', `Reuss (${COUNSEL()})`, LAB],
    ]);
    expect(rows.at(-1)?.at(-1)).toBe('10');
  });

  test('goes back six years to the day, and three for treatment, payment and operations', () => {
    const entriesAt = (made: string, withTpo: boolean): readonly (string | undefined)[] =>
      rowsOf(accountingReport({ ...source, made: Date.parse(made) }, { withTpo }), 'disclosures').map(
        ([date]) => date,
      );
    expect(entriesAt('2033-06-02T09:30:00Z', false)).toEqual([
      '2027-06-02T09:30:00Z',
      '2027-11-11T11:11:00Z',
    ]);
    expect(entriesAt('2033-06-02T09:30:01Z', false)).toEqual(['2027-11-11T11:11:00Z']);
    expect(entriesAt('2030-02-04T11:00:00Z', true)).toHaveLength(4);
    expect(entriesAt('2030-02-04T11:00:01Z', true)).toHaveLength(3);
    expect(entriesAt('2027-06-02T09:29:59Z', false)).toEqual([]);
  });

  test('is of one hospital alone where it is asked for', () => {
    const { scene } = year;
    const of = (at: number): number =>
      rowsOf(accountingReport(source, { discloser: scene.institution(at).account }), 'disclosures').length;
    expect([of(0), of(1)]).toEqual([2, 0]);
  });
});

test('a report of who looked goes back three years', () => {
  const at = (made: string): ReportSource => ({ ...source, made: Date.parse(made) });
  expect(rowsOf(ehdsReport(at('2030-12-01T09:00:00Z')), 'accesses')).toHaveLength(1);
  expect(rowsOf(ehdsReport(at('2030-12-01T09:00:01Z')), 'accesses')).toHaveLength(0);
  expect(rowsOf(accessReport(at('2030-02-01T09:00:01Z')), 'accesses')).toHaveLength(13);
});

test('without the tag key and the names, people are accounts and records have no category', () => {
  const bare: ReportSource = {
    ...source,
    names: new Map(),
    subjects: source.subjects.map((each) => ({ ...each, tagKey: null })),
  };
  const report = accountingReport(bare);
  expect(report.subject).toBe(`pseudonym ${year.scene.patient.account}`);
  expect(rowsOf(report, 'disclosures')[0]?.slice(1, 4)).toEqual([
    `Reuss (account ${year.scene.staff(3, 'public health').account.slice(0, 8)}…)`,
    '',
    '1 record of Aare: 2024-01',
  ]);
});

describe('a record of processing', () => {
  const facts = {
    institution: 'ab'.repeat(32),
    name: 'Aare',
    asOf: { height: 7, time: 0 },
    others: ['Birs', 'Limmat'],
    policy: 'Policy-break-glass-only',
    staff: { doctor: 2, 'privacy-officer': 1 },
    custody: { custodians: ['Aare', 'Birs', 'Limmat'], threshold: 2 },
  } as const;
  const template = (fields: object): string =>
    JSON.stringify({ kind: 'consilium-processing', version: 1, ...fields });

  test('answers each letter of article 30(1), and names what only the hospital can say', () => {
    const report = processingReport(
      facts,
      parseTemplate(template({ contact: ['Spitalweg 1'], transfers: [] })),
      0,
    );
    const rows = rowsOf(report, 'record');
    expect([...new Set(rows.map(([letter]) => letter))]).toEqual([
      '(a)',
      '(b)',
      '(c)',
      '(d)',
      '(e)',
      '(f)',
      '(g)',
    ]);
    expect(rows).toContainEqual(['(a)', 'controller', 'Aare', 'ledger']);
    expect(rows).toContainEqual(['(a)', 'contact of the controller', 'Spitalweg 1', 'template']);
    expect(rows).toContainEqual([
      '(e)',
      'transfers to third countries, with their safeguards',
      'none',
      'template',
    ]);
    expect(rows).toContainEqual([
      '(g)',
      'records spread over',
      'Aare, Birs, Limmat: 2 of 3 shares open a record, fewer open nothing',
      'ledger',
    ]);
    expect(rows.filter(([, , , from]) => from === 'missing')).toHaveLength(8);
    expect(report.notes[0]).toContain('8 answers are missing');
  });

  test.each([
    ['no JSON', '{'],
    ['another kind', JSON.stringify({ kind: 'x', version: 1 })],
    ['another version', JSON.stringify({ kind: 'consilium-processing', version: 2 })],
    ['an unknown field', template({ contacts: [] })],
    ['a text that is no list', template({ contact: 'x' })],
    ['an empty text', template({ contact: [''] })],
  ])('a template with %s is refused', (_what, text) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  });
});

describe('a file of names', () => {
  const id = 'ab'.repeat(32);
  const file = (names: unknown, more: object = {}): string =>
    JSON.stringify({ kind: 'consilium-names', version: 1, names, ...more });

  test('gives names, and addresses where they are known', () => {
    const book = parseNameBook(
      file({ [id]: { name: 'Aare', address: 'Aareweg 1' }, ['cd'.repeat(32)]: { name: 'B' } }),
    );
    expect(book.get(id)).toEqual({ name: 'Aare', address: 'Aareweg 1' });
    expect(book.get('cd'.repeat(32))).toEqual({ name: 'B', address: null });
  });

  test.each([
    ['no JSON', 'x'],
    ['another version', file({}, { version: 2 })],
    ['no names', file([])],
    ['what is no account', file({ aare: { name: 'Aare' } })],
    ['no name', file({ [id]: { address: 'x' } })],
    ['more than is known', file({ [id]: { name: 'x', born: '1970' } })],
    ['an endless name', file({ [id]: { name: 'x'.repeat(501) } })],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseNameBook(text)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
  });
});

describe('a report as a file', () => {
  const all = (): Report[] => [
    accountingReport(source, { withTpo: true }),
    accessReport(source),
    ehdsReport(source),
    copyOf(),
  ];

  test('as FHIR it is a valid document with its events, and every cell of every table', async () => {
    for (const report of all()) {
      const bundle = reportToFhir(report);
      expect(await checkResource(bundle), report.kind).toEqual([]);
      const text = JSON.stringify(bundle);
      for (const table of report.tables)
        for (const cell of table.rows.flat())
          expect(text, cell).toContain(JSON.stringify(cell.replaceAll('&', '&amp;')).slice(1, -1));
      const { entry } = bundle as { entry: { resource: { resourceType: string } }[] };
      const events = entry.filter(({ resource }) => resource.resourceType === 'AuditEvent');
      expect(events).toHaveLength(report.events.length);
    }
    expect(all().map(({ events }) => events.length)).toEqual([4, 15, 7, 0]);
  });

  test('as CSV it is a line for each row, and no cell is a formula or breaks its line', () => {
    const [accounting] = all();
    const [table] = accounting?.tables ?? [];
    if (table === undefined) throw new Error('no table');
    const lines = tableToCsv(table).split('\r\n');
    expect(lines[0]).toBe('date,recipient,address,what,purpose,discloser,basis,entry');
    expect(lines).toHaveLength(table.rows.length + 2);
    const [column] = table.columns;
    if (column === undefined) throw new Error('no column');
    const hostile = tableToCsv({
      ...table,
      columns: [column],
      rows: [['=1+1'], ['a"b,c'], ['@x'], ['d\ne']],
    });
    expect(hostile).toBe('date\r\n\'=1+1\r\n"a""b,c"\r\n\'@x\r\n"d\ne"\r\n');
  });
});
