// Owns: the text/event-stream format (WHATWG HTML, "Server-sent events") as far as a node writes it. Does not own: the
// connection, or what an event means (follow.ts).
import { EVENT_BYTES_MAX } from '../limits.ts';

export interface SseFrame {
  /** Empty when the event has no id. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Takes decoded text in any pieces and gives the frames that are complete. Throws `RangeError` over the bound. */
export function createSseParser(): (text: string) => SseFrame[] {
  let pending = '';
  let frame = { id: '', event: 'message', data: [] as string[] };

  const takeLine = (line: string): SseFrame | undefined => {
    if (line === '') {
      const { id, event, data } = frame;
      frame = { id: '', event: 'message', data: [] };
      return data.length === 0 ? undefined : { id, event, data: data.join('\n') };
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') frame.id = value;
    if (field === 'event') frame.event = value;
    if (field === 'data') frame.data.push(value);
    return undefined;
  };

  return (text) => {
    pending += text;
    const lines = pending.split(/\r\n|\n|\r(?!$)/);
    pending = lines.pop() ?? '';
    if (pending.length > EVENT_BYTES_MAX) throw new RangeError('an event is over its bound');
    return lines.map(takeLine).filter((complete) => complete !== undefined);
  };
}
