// Owns: which ports a network takes, as a function of its base, and whether they are free. Does not own: listening.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { ConsiliumError } from '@consilium/core';
import { BASE_PORT_MAX, BASE_PORT_STEP, PORTS_PER_NODE } from '../limits.ts';

export const LOOPBACK = '127.0.0.1';

export interface NodePorts {
  readonly api: number;
  readonly metrics: number;
  readonly p2p: number;
}

/** `index`: of the hospital in the topology, founders first. */
export function portsOf(basePort: number, index: number): NodePorts {
  const first = basePort + index * PORTS_PER_NODE;
  return { api: first, metrics: first + 1, p2p: first + 2 };
}

/** A port and what it is for, to be told to a person. */
export interface PortUse {
  readonly port: number;
  readonly use: string;
}

export function portUses(basePort: number, names: readonly string[]): readonly PortUse[] {
  return names.flatMap((name, index) => usesOf(name, portsOf(basePort, index)));
}

export function usesOf(name: string, { api, metrics, p2p }: NodePorts): readonly PortUse[] {
  return [
    { port: api, use: `API of ${name}` },
    { port: metrics, use: `metrics of ${name}` },
    { port: p2p, use: `peers of ${name}` },
  ];
}

/** Throws `PORT_IN_USE` {port, use, basePort, freeBasePort?} for the first that is taken. */
export async function requireFree(uses: readonly PortUse[], basePort: number): Promise<void> {
  const taken = await firstTaken(uses);
  if (taken === undefined) return;
  const freeBasePort = await findFreeBase(
    (base) => uses.map(({ port, use }) => ({ port: port - basePort + base, use })),
    basePort + BASE_PORT_STEP,
  );
  const advice = freeBasePort === undefined ? '' : `; --base-port ${freeBasePort} is free`;
  const detail = `port ${taken.port} (${taken.use}) is taken${advice}`;
  const data = { port: taken.port, use: taken.use, basePort };
  throw new ConsiliumError(
    'PORT_IN_USE',
    freeBasePort === undefined ? data : { ...data, freeBasePort },
    detail,
  );
}

/** The usual base when its ports are free, else another: a drawn one, since whoever starts beside this one looks too. */
export async function freeBase(
  usesAt: (basePort: number) => readonly PortUse[],
  usual: number,
): Promise<number> {
  if ((await firstTaken(usesAt(usual))) === undefined) return usual;
  const steps = Math.floor((BASE_PORT_MAX - usual) / BASE_PORT_STEP);
  const drawn = usual + BASE_PORT_STEP * randomInt(1, Math.max(2, steps));
  return (await findFreeBase(usesAt, drawn)) ?? (await findFreeBase(usesAt, usual)) ?? usual;
}

/** The first base from `start` on, in steps, whose ports are all free. */
async function findFreeBase(
  usesAt: (basePort: number) => readonly PortUse[],
  start: number,
): Promise<number | undefined> {
  for (let base = start; base <= BASE_PORT_MAX; base += BASE_PORT_STEP) {
    if ((await firstTaken(usesAt(base))) === undefined) return base;
  }
  return undefined;
}

async function firstTaken(uses: readonly PortUse[]): Promise<PortUse | undefined> {
  const free = await Promise.all(uses.map(({ port }) => isFree(port)));
  return uses.find((_, index) => free[index] === false);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
