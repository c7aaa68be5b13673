// Owns: a patient's own history over all enrolments: every record that the ledger lists, proven complete, opened with the
// patient's own key. The one reading without an entry. Does not own: what others read (open.ts).
import { ConsiliumError, compareText, type ErrorCode, type Hex32 } from '@consilium/core';
import { describeResource } from '@consilium/fhir/describe';
import type { Client } from '../client/client.ts';
import { nameOf, type RecordView } from '../client/record-queries.ts';
import { explainTags } from '../keys/vocabulary.ts';
import type { Enrolment, PatientWallet } from '../keys/wallet.ts';
import { DESCRIBED_BYTES_MAX } from '../limits.ts';
import { type RecordContent, wholeContent } from './content.ts';
import { openOwn } from './own.ts';
import { FHIR_MEDIA_TYPE, parseResource } from './prepare.ts';

export interface HistoryItem {
  readonly institution: Hex32;
  readonly institutionName: string;
  /** The pseudonym under which it stands. */
  readonly patient: Hex32;
  readonly record: RecordView;
  /** As the resource writes it; null where it has none, or is no resource. */
  readonly date: string | null;
  readonly title: string | null;
  /** Category and labels, as far as common words explain the tags. */
  readonly words: readonly string[];
  /** Null where the law closes the record to the patient, or no node gives what opens it. */
  readonly content: RecordContent | null;
  readonly fault: ErrorCode | null;
}

export interface HistoryOptions {
  /** Earlier, retracted and erased versions too. */
  readonly allVersions?: boolean;
}

/** Newest first; what has no date comes last. */
export async function* readOwn(
  client: Client,
  wallet: PatientWallet,
  options: HistoryOptions = {},
): AsyncGenerator<HistoryItem, void, void> {
  const enrolments = wallet.enrolments.filter(({ genesis }) => genesis === client.genesisHash);
  const items: HistoryItem[] = [];
  for (const enrolment of enrolments) items.push(...(await historyAt(client, wallet, enrolment, options)));
  yield* items
    .map((item) => ({ item, time: timeOf(item) }))
    .sort((a, b) => b.time - a.time || compareText(a.item.record.id, b.item.record.id))
    .map(({ item }) => item);
}

async function historyAt(
  client: Client,
  wallet: PatientWallet,
  enrolment: Enrolment,
  { allVersions = false }: HistoryOptions,
): Promise<readonly HistoryItem[]> {
  const all = await allRecords(client, enrolment.account);
  const isCurrent = ({ amendedBy, retractedHeight, erasedHeight }: RecordView): boolean =>
    amendedBy === null && retractedHeight === null && erasedHeight === null;
  const wanted = all.filter((row) => allVersions || isCurrent(row));
  const { value: institutionName } = await client.read((state) => nameOf(state, enrolment.institution));
  const items: HistoryItem[] = [];
  for await (const { record, content, atHand, fault } of openOwn(client, wallet, enrolment, wanted)) {
    const { date, title } = await factsOf(atHand);
    const words = explainTags(enrolment, record.tags).filter((word) => !record.tags.includes(word));
    const { institution, account: patient } = enrolment;
    items.push({ institution, institutionName, patient, record, date, title, words, content, fault });
  }
  return items;
}

/** The whole gapless list: rows are only ever added, so that pages of different blocks make one list. */
async function allRecords(client: Client, patient: Hex32): Promise<readonly RecordView[]> {
  const records: RecordView[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const { value } = await client.records(patient, { from });
    records.push(...value.items);
    from = value.next;
  }
  return records;
}

interface Facts {
  readonly date: string | null;
  readonly title: string | null;
}

/** Of a resource its own words; of any other content the name of the file. */
async function factsOf(content: RecordContent | null): Promise<Facts> {
  if (content === null || content.sealedBytes > DESCRIBED_BYTES_MAX) return { date: null, title: null };
  try {
    const { header, bytes } = await wholeContent(content);
    if (header.mediaType !== FHIR_MEDIA_TYPE) return { date: null, title: header.name };
    const { date, title } = describeResource(parseResource(bytes));
    return { date, title };
  } catch (error) {
    if (error instanceof ConsiliumError) return { date: null, title: null };
    throw error;
  }
}

function timeOf({ date, record: { month } }: HistoryItem): number {
  const time = date === null ? Number.NaN : Date.parse(date);
  if (!Number.isNaN(time)) return time;
  if (month === null) return Number.NEGATIVE_INFINITY;
  return new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12);
}
