// Owns: the two places that lines go to. Does not own: what waits, and what is dropped (line-sink.ts).
import { closeSync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { diskError } from '../files/errors.ts';

export interface LineTarget {
  /** False when it refused; a part may have been written. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** One attempt, before it returns. */
  writeNow(bytes: Uint8Array): void;
  close(): void;
}

const STANDARD_OUTPUT = 1;
const OWNER_ONLY = 0o600;
const writeAsync = promisify(write);

/** Appends. Throws `DISK_FAILED` {errno, file}, `DISK_FULL`. */
export function openFileTarget(file: string): LineTarget {
  const descriptor = openToAppend(file);
  return {
    write: (bytes) => wroteAll(descriptor, bytes),
    writeNow: (bytes) => writeNow(descriptor, bytes),
    close: () => closeSync(descriptor),
  };
}

function openToAppend(file: string): number {
  try {
    return openSync(file, 'a', OWNER_ONLY);
  } catch (error) {
    throw diskError(error, file);
  }
}

async function wroteAll(descriptor: number, bytes: Uint8Array): Promise<boolean> {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += (await writeAsync(descriptor, bytes, written)).bytesWritten;
    }
    return true;
  } catch {
    return false;
  }
}

function writeNow(descriptor: number, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
  } catch {
    // What refuses the last words has refused the others too.
  }
}

/** The stream, not the descriptor: a write to a pipe that nobody reads would hold a thread, and with it the exit. */
export function openStandardOutput(): LineTarget {
  const ignoreErrors = (): void => {};
  process.stdout.on('error', ignoreErrors);
  return {
    write: (bytes) => new Promise((resolve) => process.stdout.write(bytes, (error) => resolve(!error))),
    writeNow: (bytes) => writeNow(STANDARD_OUTPUT, bytes),
    close: () => {
      process.stdout.off('error', ignoreErrors);
    },
  };
}
