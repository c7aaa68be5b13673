// Owns: the accounting of disclosures (45 CFR 164.528): which entries of the log are disclosures, which the paragraph leaves
// out and by which of its exceptions, and the four things that it asks for of each. Does not own: the log.
import type { Hex32 } from '@consilium/core';
import { type AuditEventOf, auditEvents } from '../audit/fhir/bundle.ts';
import type { AccessLogEntry, LoggedItem } from '../audit/log-entries.ts';
import { ACCOUNTING_TPO_YEARS, ACCOUNTING_YEARS } from '../limits.ts';
import { PURPOSE_WORDS, RULE_WORDS } from '../records/words.ts';
import { columnsOf, oldestOf, type Report, stamp, yearsBefore } from './report.ts';
import {
  addressOf,
  describeItems,
  institutionName,
  isCareAndRunning,
  patientName,
  personName,
  placeOf,
  type ReportSource,
  type ReportSubject,
} from './subject.ts';

export interface AccountingOptions {
  /** Disclosures for treatment, payment and operations too, of three years (HITECH 13405(c)). */
  readonly withTpo?: boolean;
  /** Only what this institution wrote: a hospital accounts for itself. Default: every author. */
  readonly discloser?: Hex32;
}

/** Why the paragraph leaves a disclosure out. */
type Exemption = '(a)(1)(i)' | '(a)(1)(ii)' | '(a)(1)(iv)';

const EXEMPTIONS: Readonly<Record<Exemption, string>> = {
  '(a)(1)(i)': 'treatment, payment and health care operations',
  '(a)(1)(ii)': 'to the patient, or who acts for the patient',
  '(a)(1)(iv)':
    "under the patient's authorization: an agreement or a separate authorization of psychotherapy notes",
};

const COLUMNS = columnsOf(
  ['date', 'Date', '164.528(b)(2)(i)'],
  ['recipient', 'Recipient', '164.528(b)(2)(ii)'],
  ['address', 'Address, if known', '164.528(b)(2)(ii)'],
  ['what', 'What was disclosed', '164.528(b)(2)(iii)'],
  ['purpose', 'Purpose', '164.528(b)(2)(iv)'],
  ['discloser', 'Disclosed by'],
  ['basis', 'Permitted'],
  ['entry', 'Entry of the ledger'],
);

/** One disclosure: what one access took of one author, under one exception or none. */
interface Disclosure {
  readonly subject: ReportSubject;
  readonly entry: AccessLogEntry;
  readonly author: Hex32;
  readonly items: readonly [LoggedItem, ...LoggedItem[]];
  readonly exemption: Exemption | null;
}

export function accountingReport(source: ReportSource, options: AccountingOptions = {}): Report {
  const { subjects, made } = source;
  const from = yearsBefore(made, ACCOUNTING_YEARS);
  const tpoFrom = yearsBefore(made, ACCOUNTING_TPO_YEARS);
  const all = subjects
    .flatMap(disclosuresOf)
    .filter(({ entry, author }) => isDuring(entry.time, from, made) && isOf(author, options.discloser))
    .sort((a, b) => a.entry.time - b.entry.time || a.entry.index - b.entry.index);
  const isListed = ({ entry, exemption }: Disclosure): boolean =>
    exemption === null || (exemption === '(a)(1)(i)' && options.withTpo === true && entry.time >= tpoFrom);
  const shown = all.filter(isListed);
  return {
    kind: 'accounting',
    title: 'Accounting of disclosures of protected health information',
    law: options.withTpo === true ? '45 CFR 164.528; HITECH Act, section 13405(c)' : '45 CFR 164.528',
    subject: patientName(source),
    patients: subjects.map(({ patient }) => patient),
    made,
    period: { from, until: made },
    completeAsOf: oldestOf(subjects.map(({ log }) => log)),
    tables: [
      {
        name: 'disclosures',
        title: 'Disclosures',
        columns: COLUMNS,
        rows: shown.map((each) => rowOf(source, each)),
      },
      omitted(all.filter((each) => !isListed(each))),
    ],
    notes: [
      'A disclosure is counted when the ledger permitted it. Whether the recipient then fetched the content is not on the ledger.',
      'Looks inside the institution that wrote the record are uses, not disclosures; the access report lists them.',
      'Not known here, and to be added by the institution: disclosures outside this network, by telephone or on paper; suspensions under (a)(2).',
    ],
    events: eventsBehind(shown),
  };
}

function isDuring(time: number, from: number, until: number): boolean {
  return time >= from && time <= until;
}

function isOf(author: Hex32, discloser: Hex32 | undefined): boolean {
  return discloser === undefined || author === discloser;
}

function disclosuresOf(subject: ReportSubject): readonly Disclosure[] {
  return subject.log.entries.flatMap((entry) => {
    const groups = new Map<string, Disclosure>();
    for (const item of entry.items.filter(({ decision }) => decision === 'permit')) {
      const author = subject.log.records.get(item.record)?.author;
      if (author === undefined) continue;
      const toPatient = item.rule === 'own' || item.rule === 'delegate';
      if (!toPatient && author === entry.institution) continue;
      const exemption = exemptionOf(subject, entry, item);
      const key = `${author}/${exemption}/${item.rule}`;
      const items = groups.get(key)?.items;
      groups.set(key, {
        ...{ subject, entry, author, exemption },
        items: items === undefined ? [item] : [...items, item],
      });
    }
    return [...groups.values()];
  });
}

function exemptionOf(
  { consents }: ReportSubject,
  { purpose }: AccessLogEntry,
  { rule, consent: index }: LoggedItem,
): Exemption | null {
  if (rule === 'own' || rule === 'delegate') return '(a)(1)(ii)';
  if (isCareAndRunning(purpose)) return '(a)(1)(i)';
  const consent = consents.find((each) => each.index === index);
  const authorized = consent !== undefined && (consent.agreement !== null || consent.separateAuthorization);
  return authorized ? '(a)(1)(iv)' : null;
}

function rowOf({ names }: ReportSource, { subject, entry, author, items }: Disclosure): readonly string[] {
  const person = personName(entry, names);
  const place = placeOf(subject.log, names, entry);
  return [
    stamp(entry.time),
    place === '' ? person : `${place} (${person})`,
    addressOf(entry, names),
    describeItems(subject, names, items),
    `${PURPOSE_WORDS[entry.purpose]}${entry.project === null ? '' : `, project ${entry.project}`}`,
    institutionName(subject.log, names, author),
    RULE_WORDS[items[0].rule],
    `${entry.patient}/${entry.index}`,
  ];
}

function omitted(disclosures: readonly Disclosure[]): Report['tables'][number] {
  const kinds = Object.keys(EXEMPTIONS) as readonly Exemption[];
  return {
    name: 'omitted',
    title: 'Left out, and by which exception',
    columns: columnsOf(
      ['paragraph', 'Paragraph of 164.528'],
      ['reason', 'Disclosures'],
      ['count', 'How many in the period'],
    ),
    rows: kinds.flatMap((kind) => {
      const count = disclosures.filter(({ exemption }) => exemption === kind).length;
      return count === 0 ? [] : [[kind, EXEMPTIONS[kind], String(count)]];
    }),
  };
}

/** Of the events of these accesses, those that hold one of the records that were disclosed. */
function eventsBehind(shown: readonly Disclosure[]): readonly AuditEventOf[] {
  const records = new Map<string, Hex32[]>();
  for (const { entry, items } of shown) {
    const place = `${entry.patient}/${entry.index}`;
    records.set(place, [...(records.get(place) ?? []), ...items.map(({ record }) => record)]);
  }
  return [...new Set(shown.map(({ subject }) => subject.log))].flatMap((log) =>
    auditEvents(log).filter(({ patient, index, resource }) => {
      const wanted = records.get(`${patient}/${index}`);
      if (wanted === undefined || resource['outcome'] !== '0') return false;
      const entities = JSON.stringify(resource['entity']);
      return wanted.some((record) => entities.includes(record));
    }),
  );
}
