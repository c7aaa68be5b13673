// Owns: what a patient is told of emergencies: every time the glass was broken, or tried to be, under a pseudonym, from a
// place in its gapless list on, and whatever follows. Does not own: where the patient stopped looking (the caller keeps it).
import {
  ACCESSES,
  type AccessRow,
  EMERGENCIES,
  type EmergencyReason,
  type Hex32,
  isConsiliumError,
  listCount,
  readRow,
  type StateReader,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import { nameOf } from '../client/record-queries.ts';
import type { ReadOptions } from '../client/session.ts';
import { LIST_PAGE_MAX } from '../limits.ts';
import { createPatience, persist } from '../records/patience.ts';
import type { EmergencyEntry } from './opening.ts';
import { noticeSentence } from './sentences.ts';

/** One attempt to break the glass. */
export interface EmergencyNotice {
  /** The pseudonym. */
  readonly patient: Hex32;
  /** Index in its list of accesses. */
  readonly access: number;
  readonly time: number;
  readonly height: number;
  readonly reader: Hex32;
  readonly institution: Hex32;
  readonly institutionName: string;
  readonly reason: EmergencyReason;
  /** The clinician who signed that more than the emergency dataset was needed. */
  readonly second: Hex32 | null;
  /** Records that the ledger permitted, and denied. */
  readonly opened: number;
  readonly denied: number;
  /** In the worklist of the institution; null when nothing was permitted. */
  readonly entry: EmergencyEntry | null;
  readonly sentence: string;
}

/** Of one part of the list, all of one block. */
export interface NoticePart {
  readonly notices: readonly EmergencyNotice[];
  /** Where the next look begins. */
  readonly next: number;
  /** Height of the block that it is of. */
  readonly height: number;
}

/** All from this index on, proven complete as of `height`. */
export async function emergencyNotices(
  client: Client,
  patient: Hex32,
  from: number,
  options: ReadOptions = {},
): Promise<NoticePart> {
  const notices: EmergencyNotice[] = [];
  for (let next = from; ; ) {
    const { value, asOf } = await client.read((state) => noticesIn(state, patient, next), options);
    notices.push(...value.notices);
    next = value.next;
    if (next >= value.count) return { notices, next, height: asOf.height };
  }
}

/** As they are committed, for ever, until the signal. Begins with what is there already. Waits for nodes that are away. */
export async function* followEmergencies(
  client: Client,
  patients: readonly { readonly account: Hex32; readonly from: number }[],
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<NoticePart & { readonly patient: Hex32 }, void> {
  const places = new Map(patients.map(({ account, from }) => [account, from]));
  const patience = createPatience(client.session, options);
  const look = (account: Hex32, from: number, minHeight: number): Promise<NoticePart> =>
    persist(
      patience,
      () => undefined,
      () => emergencyNotices(client, account, from, { minHeight }),
    );
  let seen = 0;
  const { height: start } = await client.tip();
  try {
    // From the last block on: what is committed before the first look is seen by it.
    for await (const event of client.follow({ fromHeight: Math.max(1, start), ...options })) {
      if (event.type !== 'block' || event.height <= seen) continue;
      const heights: number[] = [];
      // One at a time: no request tells a node that two pseudonyms are of one person.
      for (const [account, from] of places) {
        const part = await look(account, from, event.height);
        places.set(account, part.next);
        heights.push(part.height);
        if (part.next > from) yield { ...part, patient: account };
      }
      seen = Math.min(...heights);
    }
  } catch (error) {
    if (!isConsiliumError(error, 'INTERRUPTED')) throw error;
  }
}

function noticesIn(
  state: StateReader,
  patient: Hex32,
  from: number,
): { readonly notices: readonly EmergencyNotice[]; readonly next: number; readonly count: number } {
  const count = listCount(state, 'accesses', patient);
  const next = Math.max(from, Math.min(count, from + LIST_PAGE_MAX));
  const notices: EmergencyNotice[] = [];
  for (let index = from; index < next; index += 1) {
    const row = readRow(state, ACCESSES, patient, index);
    if (row?.emergency) notices.push(noticeOf(state, patient, index, row, row.emergency));
  }
  return { notices, next, count };
}

function noticeOf(
  state: StateReader,
  patient: Hex32,
  access: number,
  { time, height, reader, institution, items }: AccessRow,
  { reason, second, worklist }: NonNullable<AccessRow['emergency']>,
): EmergencyNotice {
  const row = worklist === null ? undefined : readRow(state, EMERGENCIES, institution, worklist);
  const opened = items.filter(({ decision }) => decision === 'permit').length;
  const notice = {
    ...{ patient, access, time, height, reader, institution, reason, second, opened },
    institutionName: nameOf(state, institution),
    denied: items.length - opened,
    entry:
      worklist === null || row === undefined ? null : { index: worklist, due: row.due, review: row.review },
  };
  return { ...notice, sentence: noticeSentence(notice) };
}
