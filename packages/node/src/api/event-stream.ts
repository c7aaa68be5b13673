// Owns: one client's event stream: what is written when, and that a client which does not read costs nothing but its
// socket's buffer. Reads the store at its cursor, so nothing is queued. Does not own: events' form (chain-events.ts).
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../ports.ts';
import type { Cursor, EventChunk } from './chain-events.ts';
import { STREAM_RETRY_MS } from './limits.ts';

export interface EventStreamDeps {
  readonly clock: Clock;
  readonly out: Writable;
  /** The next events from a cursor; undefined when there are none yet. */
  readonly read: (cursor: Cursor) => EventChunk | undefined;
}

export type StreamEnd = 'closed' | 'stalled' | 'failed';

export interface EventStream {
  /** There may be more to read. */
  readonly wake: () => void;
  readonly heartbeat: () => void;
  readonly end: () => void;
  /** Settles, never rejects, when nothing will be written any more. */
  readonly ended: Promise<StreamEnd>;
}

export function createEventStream(deps: EventStreamDeps, from: Cursor, stallMsMax: number): EventStream {
  const { clock, out, read } = deps;
  let closed = false;
  let news = Promise.withResolvers<void>();
  const wake = (): void => news.resolve();
  const close = (): void => {
    closed = true;
    wake();
  };
  out.once('close', close);
  out.once('error', close);

  /** Whether the client took what was written in time. */
  const drained = async (): Promise<boolean> => {
    if (closed) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const settle = (): void => resolve(true);
    const cancel = clock.after(stallMsMax, () => resolve(false));
    out.once('drain', settle);
    out.once('close', settle);
    const taken = await promise;
    cancel();
    out.off('drain', settle);
    out.off('close', settle);
    return taken;
  };

  const pump = async (): Promise<StreamEnd> => {
    let cursor = from;
    while (!closed) {
      const chunk = read(cursor);
      if (chunk === undefined) {
        await news.promise;
        news = Promise.withResolvers();
        continue;
      }
      cursor = chunk.next;
      if (chunk.text === '' || out.write(chunk.text)) await setImmediate();
      else if (!(await drained())) return 'stalled';
    }
    return 'closed';
  };

  const run = async (): Promise<StreamEnd> => {
    out.write(`retry: ${STREAM_RETRY_MS}\n\n`);
    const end = await pump().catch((): StreamEnd => 'failed');
    if (end !== 'closed') out.destroy();
    return end;
  };

  return {
    wake,
    heartbeat: () => {
      if (!closed && !out.writableNeedDrain) out.write(':\n\n');
    },
    end: () => {
      close();
      out.end();
    },
    ended: run(),
  };
}
