// A client of an event stream that can be cut off at any event, as a browser's EventSource would see it.
import { get, type IncomingMessage } from 'node:http';

export interface SeenEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** Reads until `take` says no, then cuts the connection. Resolves when it is gone, by whichever side. */
export function readEvents(
  url: string,
  take: (event: SeenEvent) => boolean,
  lastEventId?: string,
): Promise<void> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.once('close', resolve);
      response.once('error', () => undefined);
      parse(response, take, () => request.destroy());
    });
    request.once('error', resolve);
  });
}

function parse(response: IncomingMessage, take: (event: SeenEvent) => boolean, cut: () => void): void {
  let text = '';
  let isCut = false;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const event = parseFrame(frame);
      if (event === undefined || isCut) continue;
      if (take(event)) continue;
      isCut = true;
      cut();
    }
  });
}

/** Undefined for comments and for the retry field, which carry no event. */
function parseFrame(frame: string): SeenEvent | undefined {
  const fields = new Map(
    frame.split('\n').map((line): [string, string] => {
      const [name = '', ...rest] = line.split(': ');
      return [name, rest.join(': ')];
    }),
  );
  const event = fields.get('event');
  const id = fields.get('id');
  if (event === undefined || id === undefined) return undefined;
  return { event, id, data: JSON.parse(fields.get('data') ?? 'null') };
}
