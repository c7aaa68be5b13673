// Owns: reading the log of a node as it grows, line by line. Does not own: what the lines mean to anybody.
import { setTimeout as delay } from 'node:timers/promises';
import { readFrom } from '@consilium/devnet';
import type { ReportedEvent } from '@consilium/node/replica';

export interface LogTail {
  readonly lines: readonly string[];
  /** Reads what is there, and ends. */
  stop(): Promise<void>;
}

const POLL_MS = 200;

/** `onEvent`: of each line that is an event; what a crash left of a line is none. */
export function tailLog(path: string, onEvent: (event: ReportedEvent) => void): LogTail {
  return tailLines(path, (line) => {
    const event = eventOf(line);
    if (event !== undefined) onEvent(event);
  });
}

export function tailLines(path: string, onLine: (line: string) => void): LogTail {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  const aborter = new AbortController();
  let offset = 0;
  let rest = '';
  const read = async (): Promise<void> => {
    const bytes = await readLog(path, offset);
    offset += bytes.length;
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      onLine(line);
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

/** Of the last event in a log: with it a daemon says why it ended. */
export async function lastCodeIn(path: string): Promise<string | undefined> {
  const lines = new TextDecoder().decode(await readLog(path, 0)).split('\n');
  return lines.map(eventOf).findLast((event) => event?.level === 'error')?.code;
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

/** Nothing as long as there is no such file. */
async function readLog(path: string, offset: number): Promise<Uint8Array> {
  try {
    return await readFrom(path, offset);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Uint8Array();
    throw error;
  }
}
