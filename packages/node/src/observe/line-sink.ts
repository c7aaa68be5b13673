// Owns: writing lines in the background with a bounded memory of what waits. Whoever writes never waits and never hears
// of an error: a full disk or a stalled reader costs lines, which are counted.
import { setTimeout as pause } from 'node:timers/promises';
import { LOG_BUFFER_BYTES_MAX, LOG_CLOSE_MS_MAX } from '../limits.ts';
import { openFileTarget, openStandardOutput } from './line-target.ts';

export interface LineSink {
  write(line: string): void;
  /** Writes what waits before this returns, in one attempt. */
  flush(): void;
  /** Writes what waits, unless that takes longer than `LOG_CLOSE_MS_MAX`. */
  close(): Promise<void>;
}

/**
 * To a file, or without one to standard output. `onDropped` is called once lines go through again, with how many did
 * not. Throws `DISK_FAILED`, `DISK_FULL`.
 */
export function openLineSink(file: string | undefined, onDropped: (lines: number) => void): LineSink {
  const target = file === undefined ? openStandardOutput() : openFileTarget(file);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let working: Promise<void> | undefined;

  const takeAll = (): { readonly lines: number; readonly bytes: Buffer } => {
    const taken = { lines: waiting.length, bytes: Buffer.concat(waiting) };
    waiting = [];
    waitingBytes = 0;
    return taken;
  };
  const writeBatch = async (): Promise<void> => {
    const { lines, bytes } = takeAll();
    if (!(await target.write(bytes))) dropped += lines;
    else if (dropped > 0) {
      const lost = dropped;
      dropped = 0;
      onDropped(lost);
    }
  };
  const work = async (): Promise<void> => {
    while (waiting.length > 0) await writeBatch();
    working = undefined;
  };
  return {
    write: (line) => {
      const bytes = Buffer.from(line);
      if (waitingBytes + bytes.length > LOG_BUFFER_BYTES_MAX) {
        dropped += 1;
        return;
      }
      waiting.push(bytes);
      waitingBytes += bytes.length;
      working ??= work();
    },
    flush: () => target.writeNow(takeAll().bytes),
    close: async () => {
      await Promise.race([working, pause(LOG_CLOSE_MS_MAX, undefined, { ref: false })]);
      if (working === undefined) target.close();
    },
  };
}
