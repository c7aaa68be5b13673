// The proxy between two nodes, over real sockets.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLane, type Lane } from '../../src/devnet-world/lane.ts';
import { createLinkProxy, type LinkProxy } from '../../src/devnet-world/link-proxy.ts';

interface End {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  /** Resolves when so many bytes have come. */
  bytes(count: number): Promise<Buffer>;
  readonly seen: () => Buffer;
}

let server: Server;
let proxy: LinkProxy;
let forward: Lane;
let backward: Lane;
let accepted: End[];
let ends: End[];

beforeEach(async () => {
  accepted = [];
  ends = [];
  server = createServer((socket) => {
    accepted.push(endOf(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  forward = createLane();
  backward = createLane();
  const { port } = server.address() as { port: number };
  proxy = await createLinkProxy({ targetPort: port, forward, backward, random: () => 0.5 });
});

afterEach(async () => {
  for (const { socket } of [...ends, ...accepted]) socket.destroy();
  await proxy.close();
  server.close();
});

describe('A link between two nodes', () => {
  test('carries bytes both ways, and the end of one side', async () => {
    const [near, far] = await joined();
    near.socket.write('there');
    far.socket.write('back');
    expect(String(await far.bytes(5))).toBe('there');
    expect(String(await near.bytes(4))).toBe('back');
    near.socket.end();
    await once(far.socket, 'end');
    await near.closed;
    await untilOpen(0);
  });

  test('delays one direction and not the other, and keeps the order', async () => {
    const [near, far] = await joined();
    const undo = forward.impose({ delayMs: 120, jitterMs: 40 });
    const begun = performance.now();
    near.socket.write('one');
    near.socket.write('two');
    far.socket.write('back');
    await near.bytes(4);
    expect(performance.now() - begun).toBeLessThan(120);
    expect(String(await far.bytes(6))).toBe('onetwo');
    expect(performance.now() - begun).toBeGreaterThan(135);
    undo();
  });

  test('stalls: nothing arrives, not even the end, and then everything does', async () => {
    const [near, far] = await joined();
    const undo = forward.impose({ hold: 'stall' });
    near.socket.end('late');
    await roundTrip(far, near);
    expect(far.seen().length).toBe(0);
    undo();
    expect(String(await far.bytes(4))).toBe('late');
    await once(far.socket, 'end');
  });

  test('cut one way: the other way goes on, and undone the connection is reset because bytes were lost', async () => {
    const [near, far] = await joined();
    const undo = forward.impose({ hold: 'cut' });
    near.socket.write('lost');
    await roundTrip(far, near);
    expect(far.seen().length).toBe(0);
    undo();
    await Promise.all([near.closed, far.closed]);
    expect(far.seen().length).toBe(0);
    expect(proxy.open).toBe(0);
  });

  test('a connection that lost nothing by a cut stands', async () => {
    const [near, far] = await joined();
    forward.impose({ hold: 'cut' })();
    near.socket.write('there');
    expect(String(await far.bytes(5))).toBe('there');
  });

  test('no connection is made over a cut, and none over a refusal', async () => {
    const undo = backward.impose({ hold: 'cut' });
    const lost = await dial();
    expect(proxy.open).toBe(1);
    expect(accepted).toEqual([]);
    undo();
    await lost.closed;
    expect(accepted).toEqual([]);

    const [near, far] = await joined();
    const admit = forward.impose({ refuse: true });
    await Promise.all([near.closed, far.closed]);
    await (await dial()).closed;
    expect(accepted).toHaveLength(1);
    admit();
    await joined();
  });

  test('a dialler that waits on a stalled link is joined when it is undone', async () => {
    const undo = forward.impose({ hold: 'stall' });
    const near = await dial();
    near.socket.write('patient');
    undo();
    await once(server, 'connection');
    expect(String(await accepted[0]?.bytes(7))).toBe('patient');
  });

  test('carries so many bytes a second', async () => {
    const [near, far] = await joined();
    forward.impose({ bytesPerSecond: 40_000 });
    const begun = performance.now();
    near.socket.write(Buffer.alloc(12_000, 7));
    await far.bytes(12_000);
    const tookMs = performance.now() - begun;
    expect(tookMs).toBeGreaterThan(200);
    expect(tookMs).toBeLessThan(2_000);
  });

  test('flips one bit of a piece', async () => {
    const [near, far] = await joined();
    forward.impose({ corruptChance: 1 });
    near.socket.write(Buffer.alloc(64));
    const got = await far.bytes(64);
    expect([...got].filter((byte) => byte !== 0)).toEqual([1 << 4]);
  });

  test('is reset once and can be made anew', async () => {
    const [near, far] = await joined();
    proxy.reset();
    await Promise.all([near.closed, far.closed]);
    await joined();
    expect(proxy.open).toBe(1);
  });
});

function endOf(socket: Socket): End {
  let seen = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    seen = Buffer.concat([seen, bytes]);
  });
  const bytes = async (count: number): Promise<Buffer> => {
    while (seen.length < count) await once(socket, 'data');
    return seen;
  };
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { socket, bytes, seen: () => seen, closed };
}

async function dial(): Promise<End> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  const end = endOf(socket);
  ends.push(end);
  // A refusal may come before the connection is known to stand.
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), end.closed]);
  return end;
}

async function joined(): Promise<readonly [End, End]> {
  const connection = once(server, 'connection');
  const near = await dial();
  await connection;
  const far = accepted.at(-1);
  if (far === undefined) throw new Error('invariant: the server noted the connection');
  return [near, far];
}

/** Whatever went the other way before this has had its time. */
async function roundTrip(from: End, to: End): Promise<void> {
  const before = to.seen().length;
  for (let count = 1; count <= 3; count += 1) {
    from.socket.write('x');
    await to.bytes(before + count);
  }
}

async function untilOpen(count: number): Promise<void> {
  while (proxy.open !== count) await new Promise((resolve) => setImmediate(resolve));
}
