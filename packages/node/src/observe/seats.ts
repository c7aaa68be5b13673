// Owns: who may stay when a listener has as many connections as it may have: whoever is being answered; of the others the
// one that came first gives way to a new one, so that silent and slow ones hold up nobody. Does not own: what is answered.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Seats {
  /** A new connection: takes a seat, or is cut off when all are being answered. */
  readonly take: (socket: Socket) => void;
  /** A whole request is here: its connection stays until the answer is out. */
  readonly answering: (socket: Socket, response: ServerResponse) => void;
}

export function createSeats(countMax: number): Seats {
  /** In the order of coming, or of the last answer. */
  const idle = new Set<Socket>();
  const busy = new Set<Socket>();
  const makeRoom = (): boolean => {
    if (idle.size + busy.size < countMax) return true;
    const [first] = idle;
    if (first === undefined) return false;
    idle.delete(first);
    first.destroy();
    return true;
  };
  return {
    take: (socket) => {
      if (!makeRoom()) {
        socket.destroy();
        return;
      }
      idle.add(socket);
      socket.once('close', () => {
        idle.delete(socket);
        busy.delete(socket);
      });
    },
    answering: (socket, response) => {
      if (!idle.delete(socket)) return;
      busy.add(socket);
      response.once('close', () => {
        if (busy.delete(socket) && !socket.destroyed) idle.add(socket);
      });
    },
  };
}
