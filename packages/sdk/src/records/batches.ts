// Owns: which records are sealed together: of one patient, new ones or new versions, within the bounds of a batch. Does
// not own: sealing them (seal.ts).
import { ConsiliumError, RECORDS_PER_BATCH_MAX } from '@consilium/core';
import { BATCH_BYTES_MAX, WAITING_SOURCES_MAX } from '../limits.ts';
import type { PreparedRecord } from './prepare.ts';

/** A prepared record and its place in the input. */
export interface Placed {
  readonly place: number;
  readonly record: PreparedRecord;
}

export interface Batcher {
  /** The batches that are full with this one. Throws `VALUE_INVALID` for a second new version of the same record. */
  readonly add: (placed: Placed) => readonly (readonly Placed[])[];
  /** The batches that never filled. */
  readonly rest: () => readonly (readonly Placed[])[];
}

export function createBatcher(): Batcher {
  /** In the order in which they were begun. */
  const open = new Map<string, Placed[]>();
  const amended = new Set<string>();
  let waiting = 0;

  const close = (key: string): readonly Placed[] => {
    const batch = open.get(key) ?? [];
    open.delete(key);
    waiting -= batch.length;
    return batch;
  };

  return {
    add: (placed) => {
      const { record } = placed;
      if (record.amends !== null) checkAmended(amended, record);
      const key = `${record.patient.account}/${record.amends === null ? 'new' : 'amending'}`;
      const full: (readonly Placed[])[] = [];
      if (bytesOf(open.get(key) ?? []) + record.header.bytes > BATCH_BYTES_MAX && open.has(key))
        full.push(close(key));
      const batch = open.get(key) ?? [];
      open.set(key, [...batch, placed]);
      waiting += 1;
      if (batch.length + 1 === RECORDS_PER_BATCH_MAX) full.push(close(key));
      const [oldest] = open.keys();
      if (waiting > WAITING_SOURCES_MAX && oldest !== undefined) full.push(close(oldest));
      return full;
    },
    rest: () => [...open.keys()].map(close),
  };
}

function checkAmended(amended: Set<string>, { amends, source }: PreparedRecord): void {
  if (amends === null) return;
  if (amended.has(amends))
    throw new ConsiliumError('VALUE_INVALID', {
      field: 'amends',
      rule: 'two new versions of one record',
      source,
    });
  amended.add(amends);
}

function bytesOf(batch: readonly Placed[]): number {
  return batch.reduce((sum, { record }) => sum + record.header.bytes, 0);
}
