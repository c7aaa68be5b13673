// Owns: which addresses an HTTP listener knows: those that it has answered. Does not own: what that is worth (doorstep).
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type ArrivalBounds, addressOf, Doorstep } from '../doorstep/doorstep.ts';
import { KNOWN_ADDRESSES_MAX } from '../limits.ts';

export interface HttpArrivalBounds extends ArrivalBounds {
  /** What a refusal costs all whom the listener does not know, beside the connection. Without it: nothing. */
  readonly refusalCost?: number;
}

/** Whoever was answered with something else than a refusal is known from then on. */
export function boundArrivals(server: Server, { refusalCost = 0, ...bounds }: HttpArrivalBounds): void {
  const known = new Set<string>();
  const learn = (address: string): void => {
    known.delete(address);
    known.add(address);
    const [oldest] = known;
    if (known.size > KNOWN_ADDRESSES_MAX && oldest !== undefined) known.delete(oldest);
  };
  const refused = (address: string): void => {
    if (!known.has(address)) doorstep.chargeNewcomer(refusalCost);
  };
  server.on('request', ({ socket }, response) => {
    const address = addressOf(socket.remoteAddress ?? '');
    response.once('finish', () => {
      if (response.statusCode < 400) learn(address);
      else refused(address);
    });
  });
  // Bytes that are no request. Who asks for the charge closes the socket too: Node.js leaves that to any listener.
  if (refusalCost > 0)
    server.on('clientError', (_error, socket) => {
      const { remoteAddress } = socket as Socket;
      if (remoteAddress !== undefined) refused(addressOf(remoteAddress));
    });
  const deps = { monotonicMs: () => performance.now(), knows: (address: string) => known.has(address) };
  const doorstep = new Doorstep(deps, bounds);
  // The option of a plain server that one of HTTP does not pass on.
  Object.assign(server, { blockList: doorstep });
}
