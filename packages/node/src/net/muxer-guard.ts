// Owns: what a peer that holds an admitted key may do to a connection below the channels: the size and number of
// multiplexer frames, unread answers, silence. The multiplexer itself buffers any announced length and answers any
// number of pings. Does not own: the multiplexer, nor what a breach costs the peer (the error says it to the link).
import { ConsiliumError, type ErrorCode } from '@consilium/core';
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import {
  PEER_MESSAGES_BURST,
  PEER_MESSAGES_PER_SECOND,
  SOCKET_QUEUE_BYTES_MAX,
  STREAM_OPENS_BURST,
  STREAM_OPENS_PER_SECOND,
  STREAM_WINDOW_BYTES_MAX,
  STREAMS_PER_CONNECTION_MAX,
} from '../limits.ts';
import { TokenBucket } from './meters.ts';
import type { NetLimits } from './options.ts';

// Yamux (hashicorp/yamux, spec.md): version, type, flags (2), stream id (4), length (4).
const YAMUX_HEADER_BYTES = 12;
const YAMUX_DATA = 0;
const YAMUX_FLAG_SYN = 1;

export interface MuxerGuards {
  readonly factory: StreamMuxerFactory;
  /** Once per `LINK_TICK_MS`. */
  tick(): void;
}

/** A multiplexer whose connections are watched. A breach aborts the connection with the code as its error. */
export function createGuardedMuxer(limits: Pick<NetLimits, 'pingMs' | 'silentTicksMax'>): MuxerGuards {
  const inner = yamux({
    keepAliveInterval: limits.pingMs,
    maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
    maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
    // A channel is paused until both directions stand: what arrives before must fit.
    streamOptions: {
      maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
      maxReadBufferLength: 4 * STREAM_WINDOW_BYTES_MAX,
    },
  })();
  const silences = new Map<MessageStream, number>();
  const createStreamMuxer = (connection: MessageStream): ReturnType<typeof inner.createStreamMuxer> => {
    watchFrames(connection);
    silences.set(connection, 0);
    connection.addEventListener('message', () => silences.set(connection, 0));
    connection.addEventListener('close', () => silences.delete(connection));
    return inner.createStreamMuxer(connection);
  };
  const tick = (): void => {
    for (const [connection, ticks] of silences) {
      if (ticks >= limits.silentTicksMax) connection.abort(new ConsiliumError('P2P_LINK_SILENT'));
      else silences.set(connection, ticks + 1);
    }
  };
  return { factory: { protocol: inner.protocol, createStreamMuxer }, tick };
}

/** Listens before the multiplexer does, so that it never sees more than one chunk past a breach. */
function watchFrames(connection: MessageStream): void {
  const watch = createFrameWatch(performance.now());
  connection.addEventListener('message', (event) => {
    const nowMs = performance.now();
    const breach =
      connection.writeBufferLength > SOCKET_QUEUE_BYTES_MAX ? 'P2P_RATE_EXCEEDED' : watch(event.data, nowMs);
    if (breach !== undefined) connection.abort(new ConsiliumError(breach));
  });
}

type FrameWatch = (data: Iterable<Uint8Array> | Uint8Array, nowMs: number) => ErrorCode | undefined;

/** Follows frame headers through a stream of chunks and names the first breach. */
export function createFrameWatch(startMs: number): FrameWatch {
  const header = new Uint8Array(YAMUX_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const frames = new TokenBucket(PEER_MESSAGES_PER_SECOND, PEER_MESSAGES_BURST, startMs);
  const opens = new TokenBucket(STREAM_OPENS_PER_SECOND, STREAM_OPENS_BURST, startMs);
  let filled = 0;
  let bodyLeft = 0;

  const judgeHeader = (nowMs: number): ErrorCode | undefined => {
    const isData = view.getUint8(1) === YAMUX_DATA;
    const length = view.getUint32(8);
    if (isData && length > STREAM_WINDOW_BYTES_MAX) return 'P2P_FRAME_OVERSIZE';
    if (isData) bodyLeft = length;
    const opensStream = (view.getUint16(2) & YAMUX_FLAG_SYN) !== 0 && view.getUint32(4) !== 0;
    if (opensStream && opens.take(1, nowMs) > 0) return 'P2P_RATE_EXCEEDED';
    return frames.take(1, nowMs) > 0 ? 'P2P_RATE_EXCEEDED' : undefined;
  };

  const readChunk = (chunk: Uint8Array, nowMs: number): ErrorCode | undefined => {
    let offset = 0;
    while (offset < chunk.length) {
      const skipped = Math.min(bodyLeft, chunk.length - offset);
      bodyLeft -= skipped;
      const part = chunk.subarray(offset + skipped, offset + skipped + YAMUX_HEADER_BYTES - filled);
      header.set(part, filled);
      filled += part.length;
      offset += skipped + part.length;
      if (filled < YAMUX_HEADER_BYTES) continue;
      filled = 0;
      const breach = judgeHeader(nowMs);
      if (breach !== undefined) return breach;
    }
    return undefined;
  };

  return (data, nowMs) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      const breach = readChunk(chunk, nowMs);
      if (breach !== undefined) return breach;
    }
    return undefined;
  };
}
