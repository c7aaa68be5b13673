// Free TCP ports for servers that are told their port before they start.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, which would otherwise take one meanwhile. */
const FIRST = 12_000;
const END = 31_000;
/**
 * Test files that run at the same time draw from ranges of their own: a port that was free a moment ago may be drawn by
 * another process before this one's server listens on it. The runner numbers its processes from 1.
 */
const RANGES = 8;
const WIDTH = Math.floor((END - FIRST) / RANGES);
const RANGE_FIRST = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % RANGES) * WIDTH;
const given = new Set<number>();

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(RANGE_FIRST, RANGE_FIRST + WIDTH);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
