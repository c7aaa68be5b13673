// Owns: the open event streams of this node: their number, their heartbeat, their end. Does not own: one stream's
// writing (event-stream.ts).
import type { Writable } from 'node:stream';
import type { Cancel, Clock, Report } from '../ports.ts';
import type { BlockSource, ChainSnapshot } from '../queries/index.ts';
import { type Cursor, commitAt, type EventChunk, eventsOf } from './chain-events.ts';
import type { Commit } from './deps.ts';
import { createEventStream, type EventStream } from './event-stream.ts';
import { STREAM_CHUNK_EVENTS, STREAM_COMMITS_REMEMBERED } from './limits.ts';
import { ApiRefusal } from './problems.ts';

export interface EventStreamsDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly snapshot: () => ChainSnapshot;
  readonly blocks: BlockSource;
}

export interface EventStreamsOptions {
  readonly streamsMax: number;
  readonly streamsPerClientMax: number;
  readonly heartbeatMs: number;
  readonly stallMsMax: number;
}

export interface EventStreams {
  /** Throws `API_BUSY` when there are too many; to be asked before the answer begins. */
  readonly admit: (client: string) => void;
  readonly open: (client: string, out: Writable, from: Cursor) => void;
  readonly onCommit: (commit: Commit) => void;
  readonly start: () => void;
  readonly stop: () => void;
}

export function createEventStreams(deps: EventStreamsDeps, options: EventStreamsOptions): EventStreams {
  const { clock, report } = deps;
  const streams = new Map<EventStream, string>();
  const { read, remember } = createEventReader(deps);
  let cancelHeartbeat: Cancel = () => undefined;

  const beat = (): void => {
    for (const stream of streams.keys()) stream.heartbeat();
    cancelHeartbeat = clock.after(options.heartbeatMs, beat);
  };
  const admit = (client: string): void => {
    const own = [...streams.values()].filter((other) => other === client).length;
    if (streams.size >= options.streamsMax || own >= options.streamsPerClientMax)
      throw new ApiRefusal('API_BUSY', { streams: streams.size });
  };
  const open = (client: string, out: Writable, from: Cursor): void => {
    const stream = createEventStream({ clock, out, read }, from, options.stallMsMax);
    streams.set(stream, client);
    void stream.ended.then((end) => {
      streams.delete(stream);
      if (end !== 'closed') report({ level: 'warn', code: 'api.stream.cut', reason: end });
    });
  };
  return {
    admit,
    open,
    onCommit: (commit) => {
      if (streams.size > 0) remember(commit);
      for (const stream of streams.keys()) stream.wake();
    },
    start: () => {
      cancelHeartbeat = clock.after(options.heartbeatMs, beat);
    },
    stop: () => {
      cancelHeartbeat();
      for (const stream of streams.keys()) stream.end();
    },
  };
}

interface EventReader {
  readonly read: (cursor: Cursor) => EventChunk | undefined;
  readonly remember: (commit: Commit) => void;
}

/** News are read from memory, everything older from the store: both say the same. */
function createEventReader(deps: EventStreamsDeps): EventReader {
  const recent = new Map<number, Commit>();
  const remember = (commit: Commit): void => {
    recent.set(commit.height, commit);
    const [oldest] = recent.keys();
    if (recent.size > STREAM_COMMITS_REMEMBERED && oldest !== undefined) recent.delete(oldest);
  };
  const stored = (height: number): Commit | undefined => {
    const snapshot = deps.snapshot();
    try {
      const commit = commitAt(snapshot, deps.blocks, height);
      if (commit !== undefined) remember(commit);
      return commit;
    } finally {
      snapshot.close();
    }
  };
  const read = ({ height, index }: Cursor): EventChunk | undefined => {
    const commit = recent.get(height) ?? stored(height);
    return commit === undefined ? undefined : eventsOf(commit, index, STREAM_CHUNK_EVENTS);
  };
  return { read, remember };
}
