// Owns: the log: one JSON object per event and line, to standard output or a file. Does not own: which events there are
// (each carries its own code), and their retention (the operator's journal or logrotate).
import { pino } from 'pino';
import type { Report, ReportedEvent } from '../ports.ts';
import { type LineSink, openLineSink } from './line-sink.ts';

export interface LogOptions {
  /** Less important events are not written. */
  readonly level: ReportedEvent['level'];
  /** Appended to. Without one: standard output. */
  readonly file?: string;
}

export interface Log {
  /** Never throws and never waits: when the reader stalls or the disk is full, lines are dropped and counted. */
  readonly report: Report;
  /** Writes what waits before this returns: for the last words of a process that dies. */
  flush(): void;
  /** Later events go nowhere. */
  close(): Promise<void>;
}

/** Throws `DISK_FAILED` {errno, file}, `DISK_FULL` when the file cannot be opened. */
export function openLog({ level, file }: LogOptions): Log {
  let closed = false;
  const sink: LineSink = openLineSink(file, (lines) =>
    report({ level: 'warn', code: 'LOG_LINES_DROPPED', lines }),
  );
  const write = lineWriter(sink, level);
  const unlessClosed = (act: () => void): void => {
    if (!closed) act();
  };
  const report: Report = (event) => unlessClosed(() => write(event));
  return {
    report,
    flush: () => unlessClosed(() => sink.flush()),
    close: async () => {
      if (closed) return;
      closed = true;
      await sink.close();
    },
  };
}

function lineWriter(sink: LineSink, level: ReportedEvent['level']): Report {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${Date.now()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => sink.write(line) },
  );
  return ({ level: own, code, time, ...facts }) => {
    // The line's own time stands under that name.
    logger[own]({ code, ...facts, ...(time === undefined ? {} : { eventTime: time }) });
  };
}

/** Hands every event to each of them. */
export function reportToAll(...reports: readonly Report[]): Report {
  return (event) => {
    for (const report of reports) report(event);
  };
}
