// Owns: which addresses an HTTP listener knows: those that it has answered. Does not own: what that is worth (doorstep).
import type { Server } from 'node:http';
import { type ArrivalBounds, addressOf, Doorstep } from '../doorstep/doorstep.ts';
import { KNOWN_ADDRESSES_MAX } from '../limits.ts';

/** Whoever was answered with something else than a refusal is known from then on. */
export function boundArrivals(server: Server, bounds: ArrivalBounds): void {
  const known = new Set<string>();
  const learn = (address: string): void => {
    known.delete(address);
    known.add(address);
    const [oldest] = known;
    if (known.size > KNOWN_ADDRESSES_MAX && oldest !== undefined) known.delete(oldest);
  };
  server.on('request', ({ socket }, response) => {
    const address = addressOf(socket.remoteAddress ?? '');
    response.once('finish', () => {
      if (response.statusCode < 400) learn(address);
    });
  });
  const deps = { monotonicMs: () => performance.now(), knows: (address: string) => known.has(address) };
  // The option of a plain server that one of HTTP does not pass on.
  Object.assign(server, { blockList: new Doorstep(deps, bounds) });
}
