// Owns: reading every record that stands once more, by the hospital that wrote it, again and again until all of
// them have opened to what was written. Does not own: within which time that must be.
import { type Hex32, nextValidators, RECORDS, readRow } from '@consilium/core';
import { contentOf } from './authored.ts';
import type { Cluster } from './cluster.ts';
import type { Hospital } from './identities.ts';
import { ledgerState } from './membership.ts';
import { type Person, personAt } from './people.ts';
import { createReaders } from './readers.ts';
import type { KnownRecord } from './records.ts';

export interface Rereading {
  /** Registered records of hospitals in the set, not erased, that have not opened since. */
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
        !read.has(id) && set.has(patient.hospital.id) && readRow(state, RECORDS, id)?.erasedHeight === null,
    );
  };

  const readSome = (group: readonly KnownRecord[]): void => {
    const [first] = group;
    if (first === undefined) return;
    const { patient } = first;
    const office = officeOf(cluster, patient.hospital);
    const some = group.slice(0, RECORDS_PER_ROUND);
    const ids = some.map(({ id }) => id);
    readers.open(patient.id, ids, office, (access) =>
      readers.ask(access, ({ secrets }) => {
        for (const record of some) judge(record, office.id, access.index, secrets.get(record.id));
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

/** The hospital itself: a doctor's credential ends when the hospital leaves the network, and stays ended when it is back. */
function officeOf(cluster: Cluster, hospital: Hospital): Person {
  const { encryption } = personAt(cluster, hospital, 'doctor', 'of the records office');
  return { id: hospital.id, role: 'doctor', account: hospital.account, encryption, hospital };
}
