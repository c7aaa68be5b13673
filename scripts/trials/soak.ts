// Owns: the soak: four hospitals under a steady load, then idle, while memory, open files, processor time and disk of
// each daemon are sampled. Linux only: figures come from /proc.
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Devnet, launchDevnet } from '../../packages/devnet/src/index.ts';
import { commitAnchor, createAnchor, noop } from '../../packages/sdk/src/index.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const SAMPLE_MS = 10_000;
/** Caches, pools and the engine's compiled code fill up first. */
const WARM_UP_SHARE = 0.3;
/** What garbage collection leaves between two samples; a leak outgrows it in half an hour. */
const MEMORY_GROWTH_MAX = 0.15;
const HANDLES_GROWTH_MAX = 8;
/** One anchor among so many transactions, so that the state grows as a real one does. */
const ANCHOR_EVERY = 10;

interface Sample {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly handles: number;
  readonly cpuSeconds: number;
  readonly diskBytes: number;
}

type Samples = ReadonlyMap<string, readonly Sample[]>;

export const trial: Trial = {
  about:
    'memory and open files of four daemons stay flat under load and idle; 30 minutes (--minutes M, --rate transactions a second)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: '20' } },
    });
    const phaseMs = (numberOf(values.minutes, '--minutes') / 2) * 60_000;
    const folder = await mkdtemp(join(tmpdir(), 'consilium-soak-'));
    try {
      const figures = await soaked(join(folder, 'net'), phaseMs, numberOf(values.rate, '--rate'), tell);
      await rm(folder, { recursive: true, force: true });
      return figures;
    } catch (error) {
      tell(`homes and logs are left in ${folder}`);
      throw error;
    }
  },
};

async function soaked(
  dir: string,
  phaseMs: number,
  perSecond: number,
  tell: (line: string) => void,
): Promise<Readonly<Record<string, unknown>>> {
  await using devnet = await launchDevnet({ dir, findPorts: true });
  const ending = new AbortController();
  const load = sendSteadily(devnet, perSecond, ending.signal);
  const loaded = await sampled(devnet, phaseMs, (line) => tell(`load: ${line}`));
  ending.abort();
  const sent = await load;
  const idle = await sampled(devnet, phaseMs, (line) => tell(`idle: ${line}`));
  const figures = { committed: sent, load: figuresOf(loaded), idle: figuresOf(idle) };
  requireFlat(figures.load, 'load');
  requireFlat(figures.idle, 'idle');
  return figures;
}

/** Each at its own time, at one hospital after the other; resolves to how many were committed. */
async function sendSteadily(devnet: Devnet, perSecond: number, signal: AbortSignal): Promise<number> {
  const names = devnet.file.nodes.map(({ name }) => name);
  const senders = await Promise.all(
    names.map(async (name) => ({
      client: devnet.client([name], { trustNode: true }),
      signer: await devnet.signer(name),
    })),
  );
  const begun = performance.now();
  const underWay = new Set<Promise<void>>();
  let failed: unknown;
  let committed = 0;
  for (let count = 0; !signal.aborted && failed === undefined; count += 1) {
    const { client, signer } = senders[count % senders.length] as (typeof senders)[number];
    const document = { bytes: new TextEncoder().encode(`document ${count}`), source: String(count) };
    const action =
      count % ANCHOR_EVERY === 0
        ? commitAnchor(
            createAnchor([document], { genesis: client.genesisHash, institution: signer.account }),
            'soak',
          )
        : noop();
    const sending = client.submit([action], signer).then(
      () => {
        committed += 1;
      },
      (error: unknown) => {
        failed ??= error;
      },
    );
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
    const waitMs = begun + ((count + 1) * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await delay(waitMs);
  }
  await Promise.all(underWay);
  if (failed !== undefined) throw failed;
  return committed;
}

async function sampled(devnet: Devnet, forMs: number, tell: (line: string) => void): Promise<Samples> {
  const samples = new Map<string, Sample[]>();
  const begun = performance.now();
  for (let atMs = 0; atMs < forMs; atMs = performance.now() - begun) {
    for (const { name, pid } of await devnet.standings()) {
      if (pid === null) throw new Error(`${name} is not running`);
      const sample = { atMs, ...(await look(pid, devnet.node(name).home)) };
      samples.set(name, [...(samples.get(name) ?? []), sample]);
    }
    const newest = [...samples].map(([name, all]) => `${name} ${megabytes(all.at(-1)?.rssBytes ?? 0)} MB`);
    tell(`${Math.round(atMs / 1_000)} s, ${newest.join(', ')}`);
    await delay(Math.min(SAMPLE_MS, forMs - atMs));
  }
  return samples;
}

/** Clock ticks of /proc/PID/stat on every Linux in use. */
const TICKS_PER_SECOND = 100;

async function look(pid: number, home: string): Promise<Omit<Sample, 'atMs'>> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return {
    rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024,
    handles: (await readdir(`/proc/${pid}/fd`)).length,
    // The 14th and 15th of proc(5), which begins to count before the name.
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    diskBytes: await bytesUnder(home),
  };
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

interface Flatness {
  readonly rssBytesEarly: number;
  readonly rssBytesLate: number;
  readonly rssBytesMax: number;
  readonly handlesEarly: number;
  readonly handlesLate: number;
  readonly cpuShare: number;
  readonly diskGrowthBytes: number;
}

function figuresOf(samples: Samples): Readonly<Record<string, Flatness>> {
  return Object.fromEntries([...samples].map(([name, all]) => [name, flatnessOf(all)]));
}

/** Medians of the first and the last third of what came after the warm-up. */
function flatnessOf(all: readonly Sample[]): Flatness {
  const warm = all.slice(Math.floor(all.length * WARM_UP_SHARE));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const early = warm.slice(0, third);
  const late = warm.slice(-third);
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new Error('too short to say anything');
  return {
    rssBytesEarly: median(early.map(({ rssBytes }) => rssBytes)),
    rssBytesLate: median(late.map(({ rssBytes }) => rssBytes)),
    rssBytesMax: Math.max(...all.map(({ rssBytes }) => rssBytes)),
    handlesEarly: median(early.map(({ handles }) => handles)),
    handlesLate: median(late.map(({ handles }) => handles)),
    cpuShare: ((last.cpuSeconds - first.cpuSeconds) * 1_000) / (last.atMs - first.atMs),
    diskGrowthBytes: last.diskBytes - first.diskBytes,
  };
}

function requireFlat(figures: Readonly<Record<string, Flatness>>, phase: string): void {
  for (const [name, { rssBytesEarly, rssBytesLate, handlesEarly, handlesLate }] of Object.entries(figures)) {
    const growth = rssBytesLate / rssBytesEarly - 1;
    if (growth > MEMORY_GROWTH_MAX)
      throw new Error(
        `${phase}: ${name} grew from ${megabytes(rssBytesEarly)} to ${megabytes(rssBytesLate)} MB`,
      );
    if (handlesLate - handlesEarly > HANDLES_GROWTH_MAX)
      throw new Error(`${phase}: ${name} went from ${handlesEarly} to ${handlesLate} open files`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}
