// Owns: how many connections an HTTP listener holds, over all and of one address, and which one goes when there is no room:
// one that waits, of the address that holds the most. So nobody can take all places, and whom the doorstep lets in always gets one
// unless every place is being answered. Does not own: bounds on what a connection sends.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionBounds {
  readonly connectionsMax: number;
  readonly perClientMax: number;
}

/** Accepted beyond the bound for the moment in which another one goes. */
const SPARE = 16;

export function boundConnections(server: Server, { connectionsMax, perClientMax }: ConnectionBounds): void {
  const book = createBook();
  server.maxConnections = connectionsMax + SPARE;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const isFullForClient = book.countOf(address) >= perClientMax;
    const crowded = isFullForClient ? address : book.total >= connectionsMax ? book.largest() : undefined;
    if (crowded !== undefined && !book.evict(crowded)) {
      socket.destroy();
      return;
    }
    book.add(address, socket);
  });
  server.on('request', book.asked);
}

interface Book {
  readonly total: number;
  countOf(address: string): number;
  /** The address that holds the most. */
  largest(): string | undefined;
  /** Closes the oldest of an address that is not being answered; false when all are. */
  evict(address: string): boolean;
  add(address: string, socket: Socket): void;
  asked(request: IncomingMessage, response: ServerResponse): void;
}

function createBook(): Book {
  const sockets = new Map<string, Set<Socket>>();
  /** By name of the connection, which is the same below and above TLS. */
  const requests = new Map<string, IncomingMessage>();
  let total = 0;
  const remove = (address: string, socket: Socket): void => {
    const held = sockets.get(address);
    if (held?.delete(socket) !== true) return;
    total -= 1;
    if (held.size === 0) sockets.delete(address);
  };
  /** A request that has not arrived whole may never do so. */
  const isAnswered = (socket: Socket): boolean => requests.get(nameOf(socket))?.complete === true;
  return {
    get total() {
      return total;
    },
    countOf: (address) => sockets.get(address)?.size ?? 0,
    largest: () => {
      let [most, found] = [0, undefined as string | undefined];
      for (const [address, { size }] of sockets) if (size > most) [most, found] = [size, address];
      return found;
    },
    evict: (address) => {
      for (const socket of sockets.get(address) ?? []) {
        if (isAnswered(socket)) continue;
        remove(address, socket);
        socket.destroy();
        return true;
      }
      return false;
    },
    add: (address, socket) => {
      const held = sockets.get(address) ?? new Set();
      sockets.set(address, held.add(socket));
      total += 1;
      socket.once('close', () => remove(address, socket));
    },
    asked: (request, response) => {
      const name = nameOf(request.socket);
      requests.set(name, request);
      response.once('close', () => {
        if (requests.get(name) === request) requests.delete(name);
      });
    },
  };
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
