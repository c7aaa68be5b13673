// Owns: `npm run bench` as a program: its words, the network that it starts and takes away, the figures that it prints.

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isConsiliumError } from '@consilium/sdk';
import { launchDevnet } from '../devnet.ts';
import type { Devnet } from '../handle.ts';
import { measureIngest, measureOpening, type RateFigures } from './records.ts';
import {
  type LatencyFigures,
  measureLatency,
  measureThroughput,
  type ThroughputFigures,
} from './transactions.ts';

const HELP = `npm run bench -- [options]     figures of four hospitals on this machine

  --short       smaller amounts: under 60 s on two cores
  --json        one JSON object on stdout and nothing else (npm run bench --silent -- --json)
`;

interface Amounts {
  readonly latency: number;
  readonly throughput: number;
  readonly resources: number;
  readonly opened: number;
}

const SHORT: Amounts = { latency: 128, throughput: 4_000, resources: 256, opened: 128 };
const LONG: Amounts = { latency: 1_000, throughput: 60_000, resources: 4_000, opened: 256 };

export interface Figures {
  readonly machine: string;
  readonly latency: LatencyFigures;
  readonly throughput: ThroughputFigures;
  readonly ingest: RateFigures;
  readonly opening: RateFigures;
}

/** Resolves to the exit code: 0, 1 when the network does not do what is measured, 64 for words that it does not know. */
export async function runBench(argv: readonly string[]): Promise<number> {
  const words = wordsOf(argv);
  if (typeof words === 'string') {
    process.stderr.write(words);
    return words === HELP ? 0 : 64;
  }
  try {
    const figures = await measured(words.short ? SHORT : LONG);
    process.stdout.write(words.json ? `${JSON.stringify(figures)}\n` : textOf(figures));
    return 0;
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

function wordsOf(argv: readonly string[]): { readonly short: boolean; readonly json: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        short: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values.help ? HELP : { short: values.short, json: values.json };
  } catch (error) {
    return `USAGE_INVALID: ${error instanceof Error ? error.message : 'unknown option'}\n\n${HELP}`;
  }
}

/** On a network of its own in a temporary folder, that nothing ran on before. */
async function measured(amounts: Amounts): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  try {
    await using devnet = await launchDevnet({ dir: join(folder, 'net'), findPorts: true });
    return await figuresOf(devnet, amounts);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function figuresOf(devnet: Devnet, amounts: Amounts): Promise<Figures> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`${amounts.latency} transactions one by one`);
  const latency = await measureLatency(devnet, amounts.latency);
  say(`${amounts.resources} resources sealed and registered`);
  const ingested = await measureIngest(devnet, amounts.resources);
  say(`${amounts.opened} records opened`);
  const opening = await measureOpening(devnet, ingested, amounts.opened);
  say(`${amounts.throughput} transactions as fast as they are taken`);
  const throughput = await measureThroughput(devnet, amounts.throughput);
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`;
  return { machine, latency, throughput, ingest: ingested.figures, opening };
}

function textOf({ machine, latency, throughput, ingest, opening }: Figures): string {
  const rate = (each: { readonly perSecond: number }): string => each.perSecond.toFixed(0);
  return [
    `four hospitals on ${machine}`,
    `committed transactions   ${rate(throughput)} /s (${throughput.transactions} in ${throughput.seconds.toFixed(1)} s)`,
    `idle, one transaction    p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms`,
    `resources ingested       ${rate(ingest)} /s (${ingest.records} in ${ingest.seconds.toFixed(1)} s)`,
    `records opened           ${rate(opening)} /s (${opening.records} in ${opening.seconds.toFixed(1)} s)`,
    '',
  ].join('\n');
}
