// Owns: how many connections one address may hold, so that one cannot have them all. Does not own: the bound over all
// (`maxConnections` of the server).
import type { Server, Socket } from 'node:net';

/** The one over the bound is closed at once, unread. */
export function boundConnections(server: Server, perClientMax: number): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = counts.get(address) ?? 0;
    if (count >= perClientMax) {
      socket.destroy();
      return;
    }
    counts.set(address, count + 1);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
}
