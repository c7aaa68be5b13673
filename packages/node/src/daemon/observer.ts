// Owns: what an operator sees of a daemon from outside: its log and the listener for metrics and probes.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import type { Report } from '../ports.ts';
import type { OpenedNode } from './open-node.ts';

export interface Observer {
  readonly report: Report;
  listen(node: OpenedNode): Promise<string>;
  close(): Promise<void>;
}

export function createObserver({ home, config }: { home: string; config: Config }): Observer {
  const levels = ['debug', 'info', 'warn', 'error'];
  const least = levels.indexOf(config.log.level);
  let server: ReturnType<typeof createServer> | undefined;
  return {
    report: (event) => {
      if (levels.indexOf(event.level) < least) return;
      const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
      if (config.log.file === '') process.stdout.write(line);
      else appendFileSync(resolve(home, config.log.file), line);
    },
    listen: async (node) => {
      server = createServer((request, response) => {
        const reasons = request.url === '/readyz' ? node.readiness() : [];
        response.statusCode = reasons.length === 0 ? 200 : 503;
        response.end(JSON.stringify({ ready: reasons.length === 0, reasons }));
      });
      await new Promise<void>((done) => server?.listen(config.metrics.port, config.metrics.host, done));
      return `http://${config.metrics.host}:${(server.address() as AddressInfo).port}`;
    },
    close: async () => {
      server?.close();
      server?.closeAllConnections();
    },
  };
}
