// Owns: that one sync of a file runs at a time and serves everybody who asked before it began, and that a failed sync
// is final (after one, the system may call pages clean that never reached the disk).
import type { ConsiliumError } from '@consilium/core';
import type { Disk, Done } from '../ports.ts';

/** `done` is called when everything written before the call is durable, or with the error that ended all durability. */
export type GroupSync = (done: Done) => void;

export function createGroupSync(disk: Disk, name: string): GroupSync {
  let waiting: Done[] = [];
  let running = false;
  let failure: ConsiliumError | undefined;

  const finish = (batch: readonly Done[], error: ConsiliumError | undefined): void => {
    failure ??= error;
    for (const done of batch) done(failure);
    running = false;
    if (waiting.length > 0) run();
  };

  const run = (): void => {
    const batch = waiting;
    waiting = [];
    running = true;
    if (failure === undefined) disk.sync(name, (error) => finish(batch, error));
    else finish(batch, failure);
  };

  return (done) => {
    waiting.push(done);
    if (!running) run();
  };
}
