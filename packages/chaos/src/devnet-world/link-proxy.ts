// Owns: the TCP proxy through which one node dials another. Bytes of the dialler go by one lane, answers by the other, so
// that both lanes hold whoever dialled. Does not own: what the lanes do to bytes (lane.ts, pump.ts).
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Lane, LanePolicy } from './lane.ts';
import { Pump } from './pump.ts';

const LOOPBACK = '127.0.0.1';

export interface LinkProxyDeps {
  /** Port of the node that is dialled, on this machine. */
  readonly targetPort: number;
  readonly forward: Lane;
  readonly backward: Lane;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface LinkProxy {
  readonly port: number;
  /** Connections that stand, or wait to. */
  readonly open: number;
  /** Every connection is reset, once. */
  reset(): void;
  close(): Promise<void>;
}

interface Connection {
  end(): void;
}

export async function createLinkProxy(deps: LinkProxyDeps): Promise<LinkProxy> {
  const { forward, backward } = deps;
  const connections = new Set<Connection>();
  const endAll = (): void => {
    for (const connection of [...connections]) connection.end();
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (isRefused(deps)) near.resetAndDestroy();
    else join(near, deps, connections);
  });
  const onChange = (): void => {
    if (isRefused(deps)) endAll();
  };
  const unlisten = [forward, backward].map((lane) => lane.listen(onChange));
  const port = await listen(server);
  return {
    port,
    get open() {
      return connections.size;
    },
    reset: endAll,
    close: () => {
      for (const stop of unlisten) stop();
      endAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function isRefused({ forward, backward }: LinkProxyDeps): boolean {
  return forward.policy.refuse || backward.policy.refuse;
}

function isHeld({ forward, backward }: LinkProxyDeps): boolean {
  return forward.policy.hold !== undefined || backward.policy.hold !== undefined;
}

/** Where a first packet would be lost, the other side hears nothing of the connection. */
function join(near: Socket, deps: LinkProxyDeps, connections: Set<Connection>): void {
  const stops: (() => void)[] = [];
  let far: Socket | undefined;
  const connection: Connection = {
    end: () => {
      connections.delete(connection);
      for (const stop of stops) stop();
      near.resetAndDestroy();
      far?.resetAndDestroy();
    },
  };
  connections.add(connection);
  const reach = (): void => {
    far = connect({ host: LOOPBACK, port: deps.targetPort, allowHalfOpen: true, noDelay: true });
    stops.push(...pumpBoth(near, far, deps, connection, connections));
  };
  const onChange = (before: LanePolicy): void => {
    if (far !== undefined || isHeld(deps)) return;
    if (before.hold === 'cut') connection.end();
    else reach();
  };
  near.once('close', () => {
    if (far === undefined) connection.end();
  });
  if (isHeld(deps)) for (const lane of [deps.forward, deps.backward]) stops.push(lane.listen(onChange));
  else reach();
}

function pumpBoth(
  near: Socket,
  far: Socket,
  { forward, backward, random }: LinkProxyDeps,
  connection: Connection,
  connections: Set<Connection>,
): (() => void)[] {
  const onLoss = (): void => connection.end();
  far.on('error', () => undefined);
  const pumps = [
    new Pump({ source: near, sink: far, lane: forward, random, onLoss }),
    new Pump({ source: far, sink: near, lane: backward, random, onLoss }),
  ];
  for (const socket of [near, far])
    socket.once('close', () => {
      if (near.destroyed && far.destroyed) connections.delete(connection);
    });
  return pumps.map((pump) => () => pump.stop());
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('invariant: a TCP server has a port');
      resolve(bound.port);
    });
  });
}
