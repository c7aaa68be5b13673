// Owns: that the two slots are never both in flight: one write at a time, the first after what was found at the start is
// durable, and whoever comes meanwhile shares the next.
// Does not own: what the record says.
import type { ConsiliumError } from '@consilium/core';
import type { Done } from '../ports.ts';
import type { SigningRecord } from './record.ts';
import type { RecordFile } from './record-file.ts';

export interface WriteQueue {
  /** `done` when the record as it is now is durable. `changed`: it is not yet what the file says. */
  add(changed: boolean, done: Done): void;
}

/** `current` gives the highest record accepted: one write covers all that wait, since the file holds only the highest. */
export function createWriteQueue(file: RecordFile, current: () => SigningRecord): WriteQueue {
  let waiting: Done[] = [];
  let mustWrite = false;
  let writing = false;
  let synced = false;
  let failure: ConsiliumError | undefined;

  const finish = (batch: readonly Done[], error: ConsiliumError | undefined): void => {
    failure ??= error;
    synced = true;
    for (const done of batch) done(failure);
    writing = false;
    if (waiting.length > 0) flush();
  };

  const flush = (): void => {
    const batch = waiting;
    const writes = mustWrite;
    waiting = [];
    mustWrite = false;
    writing = true;
    const done: Done = (error) => finish(batch, error);
    const write: Done = (error) => {
      if (error === undefined && writes) file.write(current(), done);
      else done(error);
    };
    if (failure !== undefined || synced) write(failure);
    else file.sync(write);
  };

  const add = (changed: boolean, done: Done): void => {
    waiting.push(done);
    mustWrite ||= changed;
    if (!writing) flush();
  };

  return { add };
}
