import { get } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cursorAfter } from '../../src/api/chain-events.ts';
import type { Commit } from '../../src/api/deps.ts';
import { createEventStream } from '../../src/api/event-stream.ts';
import type { Problem } from '../../src/api/problems.ts';
import { type ApiHarness, problem, refusalOf, startApi } from '../support/api-harness.ts';
import { readEvents, type SeenEvent } from '../support/event-client.ts';
import { createManualClock } from '../support/fakes.ts';

/** What a stream over these commits must say, told from the commits alone. */
function expectedEvents(commits: readonly Commit[]): SeenEvent[] {
  return commits.flatMap(({ height, id, time, txs }) => [
    ...txs.map((tx, index) => ({
      event: 'tx',
      id: `${height}.${index}`,
      data: { id: tx.id, height, index, code: tx.code },
    })),
    { event: 'block', id: `${height}.${txs.length}`, data: { height, id, time, txs: txs.length } },
  ]);
}

describe('the event stream', () => {
  let h: ApiHarness;
  let commits: Commit[];
  let serial = 0;

  const commit = (txCount: number): void => {
    const txs = Array.from({ length: txCount }, () => {
      serial += 1;
      return Uint8Array.of(serial >> 16, serial >> 8, serial);
    });
    commits.push(h.chain.commit({ txs }));
  };

  beforeEach(async () => {
    h = await startApi();
    commits = [];
  });
  afterEach(() => h.api.stop());

  it('An event stream dropped 20 times and resumed by `Last-Event-ID` has no gap and no repeat over 1,000 blocks.', async () => {
    const blocks = 1_000;
    for (let height = 1; height <= blocks / 2; height += 1) commit(height % 4);
    const seen: SeenEvent[] = [];
    let drops = 0;
    const isDone = (): boolean => seen.at(-1)?.id.startsWith(`${blocks}.`) === true;
    while (!isDone() || commits.length < blocks) {
      const until = drops < 20 ? seen.length + 1 + ((drops * 37) % 113) : Number.POSITIVE_INFINITY;
      await readEvents(
        `${h.url}/v1/events?from=1`,
        (event) => {
          seen.push(event);
          // The second half is committed while the stream is read.
          if (commits.length < blocks && seen.length % 2 === 0) commit(commits.length % 4);
          return seen.length < until && !(isDone() && event.event === 'block');
        },
        seen.at(-1)?.id,
      );
      drops += 1;
    }
    expect(drops).toBeGreaterThanOrEqual(20);
    expect(commits).toHaveLength(blocks);
    expect(seen).toEqual(expectedEvents(commits));
  });

  it('begins with the next block unless told where', async () => {
    commit(2);
    const seen: SeenEvent[] = [];
    const connected = Promise.withResolvers<void>();
    const request = get(`${h.url}/v1/events`, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        connected.resolve();
        const id = /^id: (.*)$/m.exec(chunk)?.[1];
        if (id !== undefined) seen.push({ event: '', id, data: null });
      });
    });
    request.on('error', () => undefined);
    await connected.promise;
    commit(0);
    await expect.poll(() => seen.map(({ id }) => id)).toEqual(['2.0']);
    request.destroy();
  });

  it('begins with the height that `from` names, and waits for it when it is not there yet', async () => {
    const seen: string[] = [];
    commit(0);
    const reading = readEvents(`${h.url}/v1/events?from=3`, ({ id }) => {
      seen.push(id);
      return seen.length < 2;
    });
    commit(0);
    commit(1);
    await reading;
    expect(seen).toEqual(['3.0', '3.1']);
  });

  it('sends a block of more events than fit one chunk in order', async () => {
    commit(300);
    const seen: SeenEvent[] = [];
    await readEvents(`${h.url}/v1/events?from=1`, (event) => {
      seen.push(event);
      return event.event !== 'block';
    });
    expect(seen).toEqual(expectedEvents(commits));
  });

  it('goes on with the next block after the last event of one', async () => {
    commit(1);
    commit(0);
    const seen: string[] = [];
    await readEvents(
      `${h.url}/v1/events`,
      ({ id }) => {
        seen.push(id);
        return false;
      },
      '1.1',
    );
    expect(seen).toEqual(['2.0']);
  });

  it.each(['abc', '1', '1.', '01.0', '1.-1', '0.0'])('refuses the event id %s', async (id) => {
    const answer = await h.get<Problem>('/v1/events', { 'last-event-id': id });
    expect(refusalOf(answer)).toEqual(problem(400, 'REQUEST_INVALID'));
  });

  it('refuses a start below the first height', async () => {
    expect(refusalOf(await h.get<Problem>('/v1/events?from=0'))).toEqual(problem(400, 'REQUEST_INVALID'));
  });

  it('ends when the node stops', async () => {
    commit(0);
    const first = Promise.withResolvers<void>();
    const reading = readEvents(`${h.url}/v1/events?from=1`, () => {
      first.resolve();
      return true;
    });
    await first.promise;
    await h.api.stop();
    await reading;
    expect(h.log.codes()).toContain('api.stopped');
  });

  it('cuts a stream whose store fails, and says so', async () => {
    await h.api.stop();
    const { snapshot } = h.chain;
    let reads = 0;
    h = await startApi({
      deps: {
        // Whether the height is kept is looked up before the stream begins.
        snapshot: () => {
          reads += 1;
          if (reads > 1) throw new Error('invariant: the store is closed');
          return snapshot();
        },
      },
    });
    await readEvents(`${h.url}/v1/events?from=1`, () => true);
    await expect.poll(() => h.log.codes()).toContain('api.stream.cut');
  });
});

describe('one stream', () => {
  const endless = (cursor: { height: number; index: number }) => ({
    text: `id: ${cursor.height}.0\n\n`,
    next: { height: cursor.height + 1, index: 0 },
  });

  it('stops reading the store when its client stops reading, and is cut after the bound', async () => {
    const clock = createManualClock();
    const out = new PassThrough({ highWaterMark: 64 });
    let reads = 0;
    const read = (cursor: { height: number; index: number }) => {
      reads += 1;
      return endless(cursor);
    };
    const stream = createEventStream({ clock, out, read }, { height: 1, index: 0 }, 5_000);
    await expect.poll(() => out.writableNeedDrain).toBe(true);
    const readsWhenFull = reads;
    clock.advance(4_999);
    expect(out.destroyed).toBe(false);
    clock.advance(1);
    expect(await stream.ended).toBe('stalled');
    expect(out.destroyed).toBe(true);
    expect(reads).toBe(readsWhenFull);
  });

  it('goes on when its client reads again in time', async () => {
    const clock = createManualClock();
    const out = new PassThrough({ highWaterMark: 64 });
    const stream = createEventStream({ clock, out, read: endless }, { height: 1, index: 0 }, 5_000);
    await expect.poll(() => out.writableNeedDrain).toBe(true);
    let text = '';
    out.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text).toContain('id: 40.0');
    stream.end();
    expect(await stream.ended).toBe('closed');
  });

  it('is kept open by comments, which are no events', async () => {
    const out = new PassThrough();
    const read = (): undefined => undefined;
    const stream = createEventStream(
      { clock: createManualClock(), out, read },
      { height: 1, index: 0 },
      5_000,
    );
    stream.heartbeat();
    stream.end();
    await stream.ended;
    expect(out.setEncoding('utf8').read()).toBe('retry: 1000\n\n:\n\n');
  });

  it.each([
    ['1.0', { height: 1, index: 1 }],
    ['12.4096', { height: 12, index: 4097 }],
    ['9007199254740993.0', undefined],
    ['1.0 ', undefined],
  ])('after the event %s comes %o', (id, cursor) => {
    expect(cursorAfter(id)).toEqual(cursor);
  });
});
