// Attackers without an admitted key: bytes and connections, at every port of a node.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attacker, type AttackPlan, count, sourceOf, type Tally } from './plan.ts';

interface Held {
  readonly sockets: Set<Socket>;
  /** A connection whose end is counted; undefined while too many are being made. */
  open(port: number, index: number, onConnect: (socket: Socket) => void): Socket;
}

function holding({ sources }: AttackPlan, tally: Tally, signal: AbortSignal): Held {
  const sockets = new Set<Socket>();
  signal.addEventListener('abort', () => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    sockets,
    open: (port, index, onConnect) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: sourceOf(index, sources) });
      sockets.add(socket);
      count(tally, 'connectionsTried');
      socket.on('connect', () => {
        count(tally, 'connectionsMade');
        onConnect(socket);
      });
      socket.on('error', () => count(tally, 'connectionsReset'));
      socket.on('data', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      return socket;
    },
  };
}

/** How often an attacker looks what it could do next. */
const TICKS_PER_SECOND = 20;
/** What a line of 250 Mbit/s brings to all nodes together: more would measure this machine's memory. */
const LINE_BYTES_PER_SECOND = 30_000_000;

/** Keeps so many connections at each of these ports, making up to `perTick` lost ones anew every 50 ms. */
async function keepOpen(
  plan: AttackPlan,
  tally: Tally,
  signal: AbortSignal,
  options: {
    readonly ports: readonly number[];
    readonly each: number;
    readonly perTick: number;
    readonly onConnect: (socket: Socket, port: number) => void;
    readonly onTick?: (sockets: ReadonlySet<Socket>) => void;
  },
): Promise<void> {
  const { ports, each, perTick, onConnect, onTick } = options;
  const held = holding(plan, tally, signal);
  const atPort = new Map(ports.map((port) => [port, 0]));
  let index = 0;
  while (!signal.aborted) {
    for (const port of ports) {
      const missing = each - (atPort.get(port) ?? 0);
      for (let n = 0; n < Math.min(missing, perTick); n += 1) {
        index += 1;
        atPort.set(port, (atPort.get(port) ?? 0) + 1);
        held
          .open(port, index, (socket) => onConnect(socket, port))
          .on('close', () => atPort.set(port, (atPort.get(port) ?? 1) - 1));
      }
    }
    onTick?.(held.sockets);
    tally['connectionsHeldMax'] = Math.max(tally['connectionsHeldMax'] ?? 0, held.sockets.size);
    await delay(1_000 / TICKS_PER_SECOND);
  }
}

/** Ten thousand at the ports of peers and of the API, that say nothing; each that is closed comes again. */
export const tenThousandConnections: Attacker = (plan, tally, signal) => {
  const ports = plan.targets.flatMap(({ p2p, api }) => [p2p, api]);
  const each = Math.ceil(plan.connections / ports.length);
  return keepOpen(plan, tally, signal, { ports, each, perTick: 40, onConnect: () => undefined });
};

/** One byte a second and connection, at every port, in the middle of what would be a request or a handshake. */
export const slowDrip: Attacker = (plan, tally, signal) => {
  const http = plan.targets.flatMap(({ api, metrics }) => [api, metrics]);
  const ports = plan.targets.flatMap(({ p2p, api, metrics }) => [p2p, api, metrics]);
  let dripped = 0;
  return keepOpen(plan, tally, signal, {
    ports,
    each: 150,
    perTick: 10,
    onConnect: (socket, port) => socket.write(http.includes(port) ? 'POST /v1/tx HTTP/1.1\r\nx: ' : '\x13'),
    onTick: (sockets) => {
      if (performance.now() - dripped < 1_000) return;
      dripped = performance.now();
      for (const socket of sockets) if (socket.writable) socket.write('a');
      count(tally, 'bytesDripped', sockets.size);
    },
  });
};

const MULTISTREAM = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n', 'latin1');

/** A handshake under no key: the form up to the point where a key is proven, and noise instead. */
function falseHandshake(): Buffer {
  const message = Buffer.alloc(2 + 32);
  message.writeUInt16BE(32, 0);
  crypto.getRandomValues(message.subarray(2));
  return Buffer.concat([MULTISTREAM, message]);
}

async function guess(port: number, localAddress: string, signal: AbortSignal): Promise<number | undefined> {
  const token = `cst_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')}`;
  const headers = { authorization: `Bearer ${token}` };
  const options = { host: '127.0.0.1', port, path: '/v1/admin/log', localAddress, headers, signal };
  const request = get({ ...options, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** Handshakes under no key, and the API with tokens that are none. */
export const wrongKey: Attacker = async (plan, tally, signal) => {
  const handshakes = keepOpen(plan, tally, signal, {
    ports: plan.targets.map(({ p2p }) => p2p),
    each: 40,
    perTick: 10,
    onConnect: (socket) => socket.write(falseHandshake()),
  });
  let index = 0;
  const guesses = plan.targets.map(({ api }) =>
    untilAborted(signal, async () => {
      index += 1;
      count(tally, `status${await guess(api, sourceOf(index, plan.sources), signal)}`);
    }),
  );
  await Promise.all([handshakes, ...guesses]);
};

/** Lengths far over their bounds before any key is shown: negotiation, headers, bodies announced and bodies without end. */
export const oversizeBytes: Attacker = (plan, tally, signal) => {
  const http = new Set(plan.targets.flatMap(({ api, metrics }) => [api, metrics]));
  const chunk = Buffer.alloc(64 * 1024, 'a');
  const forms = [
    'POST /v1/tx HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: 4000000000\r\n\r\n',
    'POST /v1/custody/blobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFF\r\n',
    'GET / HTTP/1.1\r\nhost: localhost\r\nx: ',
  ];
  let turn = 0;
  const poured = new Set<Socket>();
  let left = 0;
  const pour = (): void => {
    left = Math.min(left + LINE_BYTES_PER_SECOND / TICKS_PER_SECOND, LINE_BYTES_PER_SECOND);
    for (const socket of poured) {
      if (left < chunk.length) return;
      if (!socket.writable || socket.writableNeedDrain) continue;
      socket.write(chunk);
      left -= chunk.length;
      count(tally, 'bytesSent', chunk.length);
    }
  };
  return keepOpen(plan, tally, signal, {
    ports: plan.targets.flatMap(({ p2p, api, metrics }) => [p2p, api, metrics]),
    each: 4,
    perTick: 2,
    onConnect: (socket, port) => {
      turn += 1;
      // A varint of 2^34 is the length of a line of negotiation.
      socket.write(
        http.has(port) ? (forms[turn % forms.length] ?? '') : Buffer.from([0x80, 0x80, 0x80, 0x80, 0x40]),
      );
      poured.add(socket);
      socket.once('close', () => poured.delete(socket));
    },
    onTick: pour,
  });
};

export async function untilAborted(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await act();
    } catch {
      await delay(20);
    }
  }
}
