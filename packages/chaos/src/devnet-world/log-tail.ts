// Owns: reading the log of a node as it grows, line by line. Does not own: what the lines mean to anybody.
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReportedEvent } from '@consilium/node/replica';

export interface LogTail {
  readonly lines: readonly string[];
  /** Reads what is there, and ends. */
  stop(): Promise<void>;
}

const POLL_MS = 200;

/** `onEvent`: of each line that is an event; what a crash left of a line is none. */
export function tailLog(path: string, onEvent: (event: ReportedEvent) => void): LogTail {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  const aborter = new AbortController();
  let offset = 0;
  let rest = '';
  const read = async (): Promise<void> => {
    const bytes = await readFrom(path, offset);
    offset += bytes.length;
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      const event = eventOf(line);
      if (event !== undefined) onEvent(event);
    }
  };
  const following = (async () => {
    while (!aborter.signal.aborted) {
      await read();
      await delay(POLL_MS, undefined, { signal: aborter.signal }).catch(() => undefined);
    }
    await read();
  })();
  return {
    lines,
    stop: () => {
      aborter.abort();
      return following;
    },
  };
}

/** An event as the log wrote it: its own time stands beside its facts. */
export function eventOf(line: string): ReportedEvent | undefined {
  try {
    const { time: _time, eventTime, ...event } = JSON.parse(line) as ReportedEvent;
    if (typeof event['code'] !== 'string' || typeof event['level'] !== 'string') return undefined;
    return { ...event, ...(eventTime === undefined ? {} : { time: eventTime }) } as ReportedEvent;
  } catch {
    return undefined;
  }
}

async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  try {
    await using handle = await open(path, 'r');
    const { size } = await handle.stat();
    const bytes = new Uint8Array(Math.max(0, size - offset));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Uint8Array();
    throw error;
  }
}
