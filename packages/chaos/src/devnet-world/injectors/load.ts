// Owns: faults of load on a devnet: clients that send more, larger or slower than they should.
import { connect, type Socket } from 'node:net';
import type { Action } from '@consilium/sdk';
import { LARGE, SMALL } from '../../faults/writes.ts';
import type { Undo } from '../../run/world.ts';
import { type DevnetContext, type DevnetNode, each, type Injectors, nothingToUndo } from '../injector.ts';

/** From one byte of a slow client to its next. */
const DRIP_MS = 500;

export const LOAD_FAULTS: Injectors = {
  burst: each((context, node, { params, prng }) => {
    for (let count = Number(params['count']); count > 0; count -= 1) send(context, node, SMALL(prng));
    return nothingToUndo;
  }),
  'abusive-sender': each((context, node, { params, prng }) =>
    keepSending(context, node, Number(params['rate']), () => SMALL(prng)),
  ),
  'large-transactions': each((context, node, { params, prng }) =>
    keepSending(context, node, Number(params['rate']), () => LARGE(prng)),
  ),
  'slow-clients': each((_context, node, { params }) => {
    const drips = Array.from({ length: Number(params['clients']) }, () =>
      drip(Number(new URL(node.entry.api).port)),
    );
    return () => {
      for (const hangUp of drips) hangUp();
    };
  }),
};

/** Through its own node, and without waiting for the commit. */
function send({ workload }: DevnetContext, { name }: DevnetNode, actions: readonly Action[]): void {
  const door = workload.doors.find((known) => known.name === name);
  if (door !== undefined) void workload.write(door, actions, door.signer, 'received');
}

function keepSending(
  context: DevnetContext,
  node: DevnetNode,
  perSecond: number,
  actions: () => readonly Action[],
): Undo {
  const timer = setInterval(() => send(context, node, actions()), 1_000 / perSecond);
  return () => clearInterval(timer);
}

/** Sends a request byte by byte, reads no answer, and comes back when it is cut. */
function drip(port: number): Undo {
  const text = 'POST /v1/tx HTTP/1.1\r\nhost: slow\r\ncontent-length: 100000\r\n\r\n';
  let socket: Socket | undefined;
  let sent = 0;
  const timer = setInterval(() => {
    if (socket === undefined || socket.destroyed) {
      socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      sent = 0;
    }
    socket.write(text[sent] ?? 'x');
    sent += 1;
  }, DRIP_MS);
  return () => {
    clearInterval(timer);
    socket?.destroy();
  };
}
