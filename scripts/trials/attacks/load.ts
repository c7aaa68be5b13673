// Owns: honest clients, and what a stretch of time brought them and took of the daemons.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Devnet } from '../../../packages/devnet/src/index.ts';
import { type Client, noop, type Signer } from '../../../packages/sdk/src/index.ts';

const HONEST_CLIENTS = 8;
const SAMPLE_MS = 500;

export interface Load {
  readonly committed: () => number;
  /** Codes of what honest clients were refused with. */
  readonly refused: Record<string, number>;
  stop(): Promise<void>;
}

/** Clients that hand in one transaction after the other, each as soon as the one before is committed. */
export async function startLoad(devnet: Devnet, names: readonly string[]): Promise<Load> {
  const refused: Record<string, number> = {};
  let committed = 0;
  let stopped = false;
  const one = async (client: Client, signer: Signer): Promise<void> => {
    while (!stopped) {
      try {
        const { state } = await client.submit([noop()], signer);
        if (state === 'committed') committed += 1;
        else refused[state] = (refused[state] ?? 0) + 1;
      } catch (error) {
        const code = String((error as { code?: string }).code ?? error);
        refused[code] = (refused[code] ?? 0) + 1;
        await delay(20);
      }
    }
  };
  const running = await Promise.all(
    Array.from({ length: HONEST_CLIENTS }, async (_, index) => {
      const name = names[index % names.length] as string;
      const client = devnet.client([name], { trustNode: true });
      return { done: one(client, await devnet.signer(name)) };
    }),
  );
  return {
    committed: () => committed,
    refused,
    stop: async () => {
      stopped = true;
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

export interface Stretch {
  readonly perSecond: number;
  /** Processor time of one daemon at the mean, in seconds of a second. */
  readonly cpuPerDaemon: number;
  /** By daemon. */
  readonly rssBytesMax: Readonly<Record<string, number>>;
  readonly handlesMax: number;
}

export async function stretch(
  devnet: Devnet,
  names: readonly string[],
  load: Load,
  forMs: number,
): Promise<Stretch> {
  const daemons = await pidsOf(devnet, names);
  const pids = daemons.map(({ pid }) => pid);
  const rssBytesMax: Record<string, number> = {};
  let handlesMax = 0;
  const [begun, before, cpuBefore] = [performance.now(), load.committed(), await cpuSecondsOf(pids)];
  while (performance.now() - begun < forMs) {
    for (const { name, pid } of daemons) {
      rssBytesMax[name] = Math.max(rssBytesMax[name] ?? 0, await rssBytesOf(pid));
      handlesMax = Math.max(handlesMax, (await readdir(`/proc/${pid}/fd`)).length);
    }
    await delay(SAMPLE_MS);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const committed = load.committed() - before;
  const cpuPerDaemon = ((await cpuSecondsOf(pids)) - cpuBefore) / pids.length / seconds;
  return { perSecond: committed / seconds, cpuPerDaemon, rssBytesMax, handlesMax };
}

async function pidsOf(
  devnet: Devnet,
  names: readonly string[],
): Promise<readonly { name: string; pid: number }[]> {
  const standings = (await devnet.standings()).filter(({ name }) => names.includes(name));
  return standings.map(({ name, pid }) => {
    if (pid === null) throw new Error(`${name} is not running`);
    return { name, pid };
  });
}

/** Clock ticks of /proc/PID/stat on every Linux in use. */
const TICKS_PER_SECOND = 100;

/** Processor time of all of them together. */
async function cpuSecondsOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    // The 14th and 15th of proc(5), which begins to count before the name.
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
