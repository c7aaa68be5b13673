// Owns: one connection to a node's event stream, from its head to its end or silence. Does not own: coming back
// (follow.ts).
import { ConsiliumError } from '@consilium/core';
import { STREAM_SILENCE_MS } from '../limits.ts';
import { type Fetch, problemOf, unreachable } from '../net/transport.ts';
import { createSseParser, type SseFrame } from './sse.ts';

export interface StreamRequest {
  readonly node: string;
  /** From the first slash, query included. */
  readonly path: string;
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
}

/** Frames as they come, until the stream ends. Throws `NODE_UNREACHABLE` when it breaks, or the node's refusal. */
export async function* openStream(fetch: Fetch, request: StreamRequest): AsyncGenerator<SseFrame> {
  const silence = createSilenceGuard(STREAM_SILENCE_MS);
  const signal = AbortSignal.any([request.signal, silence.signal]);
  try {
    const response = await fetch(request.node + request.path, { headers: headersOf(request), signal });
    if (!response.ok) throw problemOf(await response.json(), response.status, request.node);
    const parse = createSseParser();
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      silence.heard();
      yield* parse(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    if (error instanceof ConsiliumError) throw error;
    throw unreachable(request.node, silence.signal.aborted ? 'silence' : 'connection');
  } finally {
    silence.stop();
  }
}

function headersOf({ lastEventId }: StreamRequest): Record<string, string> {
  const accept = { accept: 'text/event-stream' };
  return lastEventId === undefined ? accept : { ...accept, 'last-event-id': lastEventId };
}

interface SilenceGuard {
  readonly signal: AbortSignal;
  readonly heard: () => void;
  readonly stop: () => void;
}

function createSilenceGuard(silenceMs: number): SilenceGuard {
  const aborter = new AbortController();
  const arm = (): ReturnType<typeof setTimeout> => setTimeout(() => aborter.abort(), silenceMs);
  let timer = arm();
  return {
    signal: aborter.signal,
    heard: () => {
      clearTimeout(timer);
      timer = arm();
    },
    stop: () => clearTimeout(timer),
  };
}
