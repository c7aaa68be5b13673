// Owns: `chaos heal`: a devnet whose nodes were killed, stopped or paused by hand goes on, and how long it takes to make
// further blocks is told.
import { setTimeout as delay } from 'node:timers/promises';
import { ConsiliumError } from '@consilium/core';
import { type Devnet, openDevnet } from '@consilium/devnet';
import type { CommandResult } from './result.ts';

export interface HealOptions {
  readonly dir: string;
  /** Until every node of the set stands at one height. Milliseconds. */
  readonly withinMs: number;
}

const LOOK_MS = 100;

export async function healDevnet({ dir, withinMs }: HealOptions): Promise<CommandResult> {
  const devnet = await openDevnet(dir);
  const startMs = performance.now();
  const mended = await mendNodes(devnet);
  const heights = await untilEven(devnet, AbortSignal.timeout(withinMs));
  const tookMs = Math.round(performance.now() - startMs);
  return {
    data: { mended, tookMs, heights },
    lines: [
      ...mended.map(({ name, state }) => `${name} was ${state} and runs again`),
      `all ${Object.keys(heights).length} hospitals at one height after ${(tookMs / 1000).toFixed(1)} s`,
    ],
    exitCode: 0,
  };
}

async function mendNodes(devnet: Devnet): Promise<readonly { name: string; state: string }[]> {
  const standings = await devnet.standings();
  const broken = standings.filter(({ state }) => state !== 'running');
  await Promise.all(
    broken.map(({ name, state }) => devnet.command(name, state === 'paused' ? 'resume' : 'start')),
  );
  return broken.map(({ name, state }) => ({ name, state }));
}

async function untilEven(devnet: Devnet, signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
  for (;;) {
    const { nodes } = await devnet.status();
    const heights = Object.fromEntries(nodes.map(({ name, height }) => [name, height ?? -1]));
    if (new Set(Object.values(heights)).size === 1 && !Object.values(heights).includes(-1)) return heights;
    if (signal.aborted) throw new ConsiliumError('CHAOS_NOT_HEALED', heights);
    await delay(LOOK_MS);
  }
}
