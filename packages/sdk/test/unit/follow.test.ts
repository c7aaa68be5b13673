import type { Tx } from '@consilium/core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { type Client, createClient, type FollowOptions, type LedgerEvent, noop } from '../../src/index.ts';
import {
  createFakeLedger,
  createFakeNode,
  type FakeLedger,
  type FakeNode,
  networkFetch,
} from '../support/fake-node.ts';

let ledger: FakeLedger;
let node: FakeNode;

beforeEach(() => {
  ledger = createFakeLedger();
  node = createFakeNode(ledger);
});

function clientOf(nodes: readonly FakeNode[] = [node]): Client {
  return createClient({
    nodes: nodes.map(({ url }) => url),
    genesis: ledger.chain.genesis,
    verify: ledger.chain.deps.verify,
    fetch: networkFetch(nodes),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
}

/** Blocks of 0, 1, 2, 3, 0, 1, ... transactions. */
function commitBlocks(count: number): void {
  const { id, account } = ledger.chain.hospitals[0] as Hospital;
  for (let made = 0; made < count; made += 1) {
    const txs: Tx[] = Array.from({ length: made % 4 }, () => ledger.chain.tx(id, account, [noop()]));
    ledger.commit(txs);
  }
}

function allCursors(): string[] {
  return ledger.blocks.flatMap(({ block, txs }) =>
    Array.from({ length: txs.length + 1 }, (_, index) => `${block.header.height}.${index}`),
  );
}

async function take(client: Client, count: number, options: FollowOptions): Promise<LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  for await (const event of client.follow(options)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

async function cursors(client: Client, count: number, options: FollowOptions): Promise<string[]> {
  return (await take(client, count, options)).map(({ cursor }) => cursor);
}

describe('following', () => {
  test('gives every transaction and block once, in order', async () => {
    commitBlocks(9);
    const expected = allCursors();
    const events = await take(clientOf(), expected.length, { fromHeight: 1 });
    expect(events.map(({ cursor }) => cursor)).toEqual(expected);
    expect(events[0]).toMatchObject({ type: 'block', height: 1, txs: 0 });
    expect(events[1]).toMatchObject({ type: 'tx', height: 2, index: 0, code: 'OK' });
  });

  test.each([1, 2, 3, 5, 7])(
    'a stream that breaks after every %i events has no gap and no repeat',
    async (framesMax) => {
      commitBlocks(40);
      node.framesMax = framesMax;
      const expected = allCursors();
      expect(await cursors(clientOf(), expected.length, { fromHeight: 1 })).toEqual(expected);
      expect(node.asked.filter((path) => path.startsWith('/v1/events')).length).toBeGreaterThan(5);
    },
  );

  test('resumes after any cursor, inside a block too', async () => {
    commitBlocks(8);
    const all = allCursors();
    for (const [index, after] of all.slice(0, -1).entries()) {
      const rest = all.slice(index + 1);
      expect(await cursors(clientOf(), rest.length, { after })).toEqual(rest);
    }
  });

  test('without a place to begin it begins with the next block, also when the first connection breaks', async () => {
    commitBlocks(3);
    const client = clientOf();
    const events = client.follow();
    const first = events.next();
    node.down = true;
    await new Promise(setImmediate);
    commitBlocks(2);
    node.down = false;
    expect((await first).value).toMatchObject({ cursor: '4.0' });
    await events.return();
  });

  test('goes on with the next node when one is down', async () => {
    commitBlocks(5);
    const other = createFakeNode(ledger);
    other.down = true;
    expect(await cursors(clientOf([other, node]), 3, { fromHeight: 2 })).toEqual(['2.0', '2.1', '3.0']);
  });

  test('ends when it is told to', async () => {
    commitBlocks(1);
    const aborter = new AbortController();
    const seen: string[] = [];
    for await (const { cursor } of clientOf().follow({ fromHeight: 1, signal: aborter.signal })) {
      seen.push(cursor);
      aborter.abort();
    }
    expect(seen).toEqual(['1.0']);
  });

  test('repeated events are handed out once', async () => {
    commitBlocks(4);
    node.lieInStream = (frames) => frames.flatMap((frame) => [frame, frame]);
    expect(await cursors(clientOf(), 5, { fromHeight: 1 })).toEqual(['1.0', '2.0', '2.1', '3.0', '3.1']);
  });

  test.each<[string, (frames: string[]) => string[]]>([
    ['leaves a transaction out', (frames) => frames.filter((frame) => !frame.includes('id: 3.0'))],
    [
      'leaves the last transaction of a block out',
      (frames) => frames.filter((frame) => !frame.includes('id: 3.1')),
    ],
    ['leaves a block out', (frames) => frames.filter((frame) => !/^event: block\nid: 3/.test(frame))],
    ['leaves a block and its transactions out', (frames) => frames.filter((frame) => !/id: 3\./.test(frame))],
    [
      'names another transaction',
      (frames) =>
        frames.map((frame) =>
          frame.replace(/"id":"..(.*)"height":3,"index":1/, '"id":"00$1"height":3,"index":1'),
        ),
    ],
    [
      'names another block',
      (frames) => frames.map((frame) => frame.replace(/"height":3,"id":"../, '"height":3,"id":"00')),
    ],
    ['names another time', (frames) => frames.map((frame) => frame.replace(/"time":1/, '"time":2'))],
    ['writes what is no event', (frames) => frames.map((frame) => frame.replace('"height":3', '"height":4'))],
    [
      'says that a block is empty',
      (frames) =>
        frames
          .filter((frame) => !/^event: tx\nid: 3/.test(frame))
          .map((frame) => frame.replace('id: 3.2', 'id: 3.0').replace('"txs":2', '"txs":0')),
    ],
  ])('a node that %s is answered by PROOF_INVALID', async (_what, lie) => {
    commitBlocks(5);
    node.lieInStream = lie;
    await expect(take(clientOf(), 12, { fromHeight: 1 })).rejects.toMatchObject({ code: 'PROOF_INVALID' });
  });

  test('a place that is none is refused', async () => {
    await expect(take(clientOf(), 1, { after: 'yesterday' })).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
  });
});
