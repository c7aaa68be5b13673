// Owns: reading every registered record once more, by a doctor of the hospital that wrote it, again and again until all of
// them have opened to what was written. Does not own: within which time that must be.
import { ACCOUNTS, type Hex32, nextValidators, RECORDS, readRow } from '@consilium/core';
import { contentOf } from './authored.ts';
import type { Cluster } from './cluster.ts';
import { ledgerState } from './membership.ts';
import { personAt } from './people.ts';
import { createReaders } from './readers.ts';
import type { KnownRecord } from './records.ts';

export interface Rereading {
  /** Registered records of hospitals in the set that have not opened since. */
  unread(): readonly Hex32[];
  stop(): void;
}

const ROUND_US = 4_000_000;
const RECORDS_PER_ROUND = 12;

export function rereadRecords(cluster: Cluster, records: readonly KnownRecord[]): Rereading {
  const { scheduler, taps } = cluster;
  const prng = cluster.prng.fork('reread');
  const readers = createReaders(cluster, prng);
  const read = new Set<Hex32>();
  let running = true;

  const owed = (): readonly KnownRecord[] => {
    const state = ledgerState(cluster);
    if (state === undefined) return [];
    const set = new Set(nextValidators(state).map(({ id }) => id));
    return records.filter(
      ({ id, patient }) =>
        !read.has(id) && set.has(patient.hospital.id) && readRow(state, RECORDS, id) !== undefined,
    );
  };

  const readSome = (group: readonly KnownRecord[]): void => {
    const [first] = group;
    const state = ledgerState(cluster);
    if (first === undefined || state === undefined) return;
    const { patient } = first;
    const doctor = personAt(cluster, patient.hospital, 'doctor', 'one');
    if (readRow(state, ACCOUNTS, doctor.id) === undefined) return;
    const some = group.slice(0, RECORDS_PER_ROUND);
    const ids = some.map(({ id }) => id);
    readers.open(patient.id, ids, doctor, (access) =>
      readers.ask(access, ({ secrets }) => {
        for (const record of some) judge(record, doctor.id, access.index, secrets.get(record.id));
      }),
    );
  };

  const judge = (record: KnownRecord, reader: Hex32, access: number, secret?: Uint8Array): void => {
    if (secret === undefined) return;
    const isRight = contentOf(secret, record.blob) === record.text;
    if (isRight) read.add(record.id);
    const reading = { patient: record.patient.id, record: record.id, reader, access, isRight };
    for (const listener of taps.read) listener(reading);
  };

  const round = (): void => {
    if (!running) return;
    for (const group of Map.groupBy(owed(), ({ patient }) => patient.id).values()) readSome(group);
    scheduler.after(ROUND_US, round);
  };
  round();
  return {
    unread: () => owed().map(({ id }) => id),
    stop: () => {
      running = false;
    },
  };
}
