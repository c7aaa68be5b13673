// Owns: the answer to GDPR article 15: the records as the patient's own key opened them, who received them, the purposes and
// periods that the patient agreed to, and the information of paragraph 1. Does not own: opening the records (history.ts).
import { isUnder } from '@consilium/core';
import { COMMON_CATEGORIES } from '../keys/vocabulary.ts';
import type { HistoryItem } from '../records/history.ts';
import { consentSentence, type NameOf } from '../records/sentences.ts';
import { listed, monthStamp, PURPOSE_WORDS } from '../records/words.ts';
import { columnsOf, oldestOf, type Report, type ReportTable, stamp } from './report.ts';
import { describeItems, patientName, personName, placeOf, type ReportSource } from './subject.ts';

/** A record of the history, and where its content was written; null: not opened, or not written. */
export interface CopiedRecord {
  readonly item: HistoryItem;
  readonly file: string | null;
}

export interface CopyParts {
  readonly records: readonly CopiedRecord[];
  /** Hospitals that keep the ciphertext and one share each. */
  readonly custodians: readonly string[];
}

export function copyReport(source: ReportSource, { records, custodians }: CopyParts): Report {
  const { subjects, made } = source;
  return {
    kind: 'copy',
    title: 'Copy of the personal data, with the information on their processing',
    law: 'Regulation (EU) 2016/679 (GDPR), article 15',
    subject: patientName(source),
    patients: subjects.map(({ patient }) => patient),
    made,
    period: null,
    completeAsOf: oldestOf(subjects.map(({ log }) => log)),
    tables: [
      recordsTable(records),
      recipientsTable(source, custodians),
      consentsTable(source),
      informationTable(source, records),
    ],
    notes: [
      'Opened with the own key of the patient; this reading is entered nowhere.',
      'What a hospital keeps in its own systems is not here: it is to be asked for there.',
    ],
    events: [],
  };
}

function recordsTable(records: readonly CopiedRecord[]): ReportTable {
  return {
    name: 'records',
    title: 'Records',
    columns: columnsOf(
      ['date', 'Date', 'art. 15(3)'],
      ['source', 'Written by', 'art. 15(1)(g)'],
      ['category', 'Category', 'art. 15(1)(b)'],
      ['title', 'Title', 'art. 15(3)'],
      ['state', 'State'],
      ['content', 'Content', 'art. 15(3)'],
      ['record', 'Record'],
    ),
    rows: records.map(({ item, file }) => [
      ...factsOf(item),
      stateOf(item),
      contentWords(item, file),
      item.record.id,
    ]),
  };
}

/** Date, author, category with labels, title. Of what is erased nothing is told but what the ledger keeps. */
function factsOf({ date, title, words, institutionName, record }: HistoryItem): readonly string[] {
  const isCategory = (word: string): boolean => COMMON_CATEGORIES.includes(word);
  const sorted = [
    ...words.filter(isCategory).toSorted(),
    ...words.filter((word) => !isCategory(word)).toSorted(),
  ];
  const month = record.month === null ? '' : monthStamp(record.month);
  const erased = record.erasedHeight !== null;
  return [erased ? month : (date ?? month), institutionName, listed(sorted), erased ? '' : (title ?? '')];
}

function stateOf({ record: { erasedHeight, retractedHeight, amendedBy } }: HistoryItem): string {
  if (erasedHeight !== null) return 'erased';
  if (retractedHeight !== null) return 'retracted';
  return amendedBy === null ? 'current' : 'amended';
}

function contentWords({ record, fault, content }: HistoryItem, file: string | null): string {
  if (record.erasedHeight !== null) return '';
  if (file !== null) return file;
  if (record.effects.includes('closed-to-patient'))
    return 'closed to the patient by law (45 CFR 164.524(a)(1)(i))';
  if (content !== null) return 'opened';
  return fault === null ? 'not opened' : `not opened: ${fault}`;
}

/** Who received records, by purpose, from the first time to the last; and who keeps ciphertext. */
function recipientsTable({ subjects, names }: ReportSource, custodians: readonly string[]): ReportTable {
  const rows = new Map<
    string,
    { place: string; purpose: string; what: string[]; from: number; to: number }
  >();
  for (const subject of subjects)
    for (const entry of subject.log.entries) {
      const items = entry.items.filter(
        ({ decision, rule, record }) =>
          decision === 'permit' &&
          rule !== 'own' &&
          subject.log.records.get(record)?.author !== entry.institution,
      );
      if (items.length === 0) continue;
      const place = placeOf(subject.log, names, entry) || personName(entry, names);
      const key = `${place}/${entry.purpose}`;
      const what = describeItems(subject, names, items);
      const row = rows.get(key) ?? {
        place,
        purpose: PURPOSE_WORDS[entry.purpose],
        what: [],
        from: entry.time,
        to: 0,
      };
      rows.set(key, {
        ...row,
        what: [...new Set([...row.what, what])],
        from: Math.min(row.from, entry.time),
        to: Math.max(row.to, entry.time),
      });
    }
  return {
    name: 'recipients',
    title: 'Recipients',
    columns: columnsOf(
      ['recipient', 'Recipient', 'art. 15(1)(c)'],
      ['purpose', 'Purpose', 'art. 15(1)(a)'],
      ['what', 'What', 'art. 15(1)(b)'],
      ['first', 'First time'],
      ['last', 'Last time'],
    ),
    rows: [
      ...[...rows.values()].map(({ place, purpose, what, from, to }) => [
        place,
        purpose,
        what.join('; '),
        stamp(from),
        stamp(to),
      ]),
      ...custodians.map((name) => [
        name,
        'safekeeping',
        'ciphertext and one share of the keys, unreadable alone',
        '',
        '',
      ]),
    ],
  };
}

function consentsTable({ subjects, names }: ReportSource): ReportTable {
  const rows = subjects.flatMap(({ log, consents, tagKey }) => {
    const nameOf: NameOf = (account) => log.institutions.get(account) ?? names.get(account)?.name;
    return consents.map((consent) => [
      consentSentence(consent, tagKey, nameOf),
      consent.state,
      stamp(consent.period.from),
      stamp(consent.period.until),
      consent.revokedTime === null ? '' : stamp(consent.revokedTime),
    ]);
  });
  return {
    name: 'consents',
    title: 'What the patient agreed to, and refused',
    columns: columnsOf(
      ['consent', 'Consent', 'art. 15(1)(a)'],
      ['state', 'State'],
      ['from', 'From', 'art. 15(1)(d)'],
      ['until', 'Until', 'art. 15(1)(d)'],
      ['revoked', 'Revoked'],
    ),
    rows,
  };
}

function informationTable({ subjects }: ReportSource, records: readonly CopiedRecord[]): ReportTable {
  const entries = subjects.flatMap(({ log }) => log.entries);
  const purposes = [...new Set(entries.map(({ purpose }) => PURPOSE_WORDS[purpose]))].toSorted();
  const categories = [...new Set(records.flatMap(({ item }) => item.words))].toSorted();
  const authors = [...new Set(records.map(({ item }) => item.institutionName))].toSorted();
  const researched = entries.some(({ purpose }) => isUnder(purpose, 'HRESCH'));
  return {
    name: 'information',
    title: 'Information on the processing',
    columns: columnsOf(['paragraph', 'Of article 15'], ['item', 'Asked for'], ['answer', 'Answer']),
    rows: [
      ['(1)(a)', 'purposes', listed(['the care that the records are of', ...purposes])],
      ['(1)(b)', 'categories of data', categories.length === 0 ? 'none' : listed(categories)],
      ['(1)(c)', 'recipients', 'table recipients'],
      [
        '(1)(d)',
        'period',
        'records: until the institution that wrote them erases them, also when the patient asks for it; on the ledger pseudonym, commitment and the entries of accesses: without end; consents: table consents',
      ],
      [
        '(1)(e)',
        'rights',
        'to have records corrected, erased and restricted, and to object: at the institution that wrote them; consents are withdrawn by consilium consent revoke',
      ],
      ['(1)(f)', 'complaint', 'to the supervisory authority of the place of residence or of the institution'],
      ['(1)(g)', 'source', authors.length === 0 ? 'none' : listed(authors)],
      [
        '(1)(h)',
        'automated decisions',
        `who may open a record is decided by the rules of the ledger and the consents of the patient; no decision about the patient is made from the records${researched ? '; research was done under the agreements in table consents' : ''}`,
      ],
      [
        '(2)',
        'transfers',
        'to the recipients of the table; which of them are in a third country, and the safeguards, the institutions say',
      ],
    ],
  };
}
