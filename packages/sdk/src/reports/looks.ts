// Owns: the two reports of who looked: the access report (every entry, refused ones too), and the information of EHDS
// article 9 (who accessed which data when). Does not own: the log.
import { type AuditEventOf, auditEvents } from '../audit/fhir/bundle.ts';
import type { AccessLogEntry, LoggedItem } from '../audit/log-entries.ts';
import { ACCESS_REPORT_YEARS, EHDS_YEARS } from '../limits.ts';
import { PURPOSE_WORDS, RULE_WORDS } from '../records/words.ts';
import { columnsOf, oldestOf, type Report, stamp, yearsBefore } from './report.ts';
import {
  describeItems,
  patientName,
  personName,
  placeOf,
  type ReportSource,
  type ReportSubject,
} from './subject.ts';

interface Look {
  readonly subject: ReportSubject;
  readonly entry: AccessLogEntry;
}

function looksOf({ subjects, made }: ReportSource, from: number): readonly Look[] {
  return subjects
    .flatMap((subject) => subject.log.entries.map((entry) => ({ subject, entry })))
    .filter(({ entry }) => entry.time >= from && entry.time <= made)
    .sort((a, b) => a.entry.time - b.entry.time || a.entry.index - b.entry.index);
}

/** Every event of these entries. */
function eventsOf(looks: readonly Look[]): readonly AuditEventOf[] {
  const places = new Set(looks.map(({ entry }) => `${entry.patient}/${entry.index}`));
  return [...new Set(looks.map(({ subject }) => subject.log))].flatMap((log) =>
    auditEvents(log).filter(({ patient, index }) => places.has(`${patient}/${index}`)),
  );
}

function headOf(
  source: ReportSource,
  years: number,
): Omit<Report, 'kind' | 'title' | 'law' | 'tables' | 'notes' | 'events'> {
  const { subjects, made } = source;
  return {
    subject: patientName(source),
    patients: subjects.map(({ patient }) => patient),
    made,
    period: { from: yearsBefore(made, years), until: made },
    completeAsOf: oldestOf(subjects.map(({ log }) => log)),
  };
}

const ACCESS_COLUMNS = columnsOf(
  ['when', 'Date and time'],
  ['institution', 'Institution'],
  ['who', 'Who'],
  ['through', 'Through'],
  ['did', 'What was done'],
  ['what', 'With which records'],
  ['purpose', 'Purpose'],
  ['why', 'Why it was decided so'],
  ['emergency', 'Emergency'],
  ['entry', 'Entry of the ledger'],
);

/** Each entry, one row for each way in which its records were decided. */
export function accessReport(source: ReportSource): Report {
  const { names } = source;
  const head = headOf(source, ACCESS_REPORT_YEARS);
  const looks = looksOf(source, head.period?.from ?? 0);
  return {
    ...head,
    kind: 'access',
    title: 'Access report',
    law: '45 CFR 164.312(b), 164.308(a)(1)(ii)(D); as proposed for 164.528 in 76 FR 31426',
    tables: [
      {
        name: 'accesses',
        title: 'Who looked, and what came of it',
        columns: ACCESS_COLUMNS,
        rows: looks.flatMap(({ subject, entry }) =>
          decisionsOf(entry).map((items) => accessRow(subject, names, entry, items)),
        ),
      },
    ],
    notes: [
      'Permitted means that the ledger let the reader open it; whether the content was then fetched is not on the ledger.',
      "The patient's own reading with the own key, and the patient's own looks at this log, leave no entry.",
      'What an institution looks up in its own systems is not here: see its aggregated entries.',
    ],
    events: eventsOf(looks),
  };
}

/** Records decided alike; an entry without records is one. */
function decisionsOf({ items }: AccessLogEntry): readonly (readonly LoggedItem[])[] {
  const groups = new Map<string, LoggedItem[]>();
  for (const item of items) {
    const key = `${item.decision}/${item.rule}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups.size === 0 ? [[]] : [...groups.values()];
}

function accessRow(
  subject: ReportSubject,
  names: ReportSource['names'],
  entry: AccessLogEntry,
  items: readonly LoggedItem[],
): readonly string[] {
  const { time, machine, kind, purpose, project, emergency, patient, index } = entry;
  const [first] = items;
  return [
    stamp(time),
    placeOf(subject.log, names, entry),
    personName(entry, names),
    machine ? 'systems of the institution' : 'own key',
    didWhat(kind, first),
    describeItems(subject, names, items),
    `${PURPOSE_WORDS[purpose]}${project === null ? '' : `, project ${project}`}`,
    first === undefined ? '' : RULE_WORDS[first.rule],
    emergency === null ? '' : emergency.reason,
    `${patient}/${index}`,
  ];
}

function didWhat(kind: AccessLogEntry['kind'], item: LoggedItem | undefined): string {
  if (kind === 'log') return 'read the access log';
  if (item === undefined) return 'searched, nothing fitted';
  return item.decision === 'permit' ? 'permitted' : 'refused';
}

const EHDS_COLUMNS = columnsOf(
  ['who', 'Healthcare provider, or other individual', 'art. 9(2)(a)'],
  ['when', 'Date and time', 'art. 9(2)(b)'],
  ['what', 'Which data', 'art. 9(2)(c)'],
  ['emergency', 'Access to protect vital interests', 'art. 11(5)'],
  ['purpose', 'Purpose'],
  ['entry', 'Entry of the ledger'],
);

/** Each access that was permitted, in the three years for which it must be there. */
export function ehdsReport(source: ReportSource): Report {
  const { names } = source;
  const head = headOf(source, EHDS_YEARS);
  const looks = looksOf(source, head.period?.from ?? 0).flatMap(({ subject, entry }) => {
    const items = entry.items.filter(({ decision }) => decision === 'permit');
    return items.length === 0 ? [] : [{ subject, entry, items }];
  });
  return {
    ...head,
    kind: 'ehds',
    title: 'Information on access to personal electronic health data',
    law: 'Regulation (EU) 2025/327, article 9',
    tables: [
      {
        name: 'accesses',
        title: 'Accesses',
        columns: EHDS_COLUMNS,
        rows: looks.map(({ subject, entry, items }) => {
          const [place, person] = [placeOf(subject.log, names, entry), personName(entry, names)];
          return [
            place === '' ? person : `${place}, ${person}`,
            stamp(entry.time),
            describeItems(subject, names, items),
            entry.emergency === null ? 'no' : `yes: ${entry.emergency.reason}`,
            PURPOSE_WORDS[entry.purpose],
            `${entry.patient}/${entry.index}`,
          ];
        }),
      },
    ],
    notes: [
      'Every access is listed, whatever its purpose; the article asks for those in the context of healthcare.',
      'Refused attempts are in the access report. Restrictions under article 9(3) are for the institution to apply.',
    ],
    events: eventsOf(looks).filter(({ resource }) => resource['outcome'] === '0'),
  };
}
