// Owns: `chaos swarm`, which is `npm run sim`: drawn scenarios in the simulator.
import { availableParallelism } from 'node:os';
import { addCommand, type Register } from '../command.ts';
import { addOutOption, type OutOption, outDir, progressTo } from '../setup/chaos.ts';
import { pathOf } from '../setup/files.ts';
import { integerOf, usage } from '../usage.ts';

interface Options extends OutOption {
  readonly seeds: string;
  readonly firstSeed: string;
  readonly seconds?: string;
  readonly jobs?: string;
  readonly trace?: string;
  readonly failFast?: boolean;
}

export const registerChaosSwarm: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'swarm',
      summary: 'run seeds of the simulator: 40 heights under drawn faults, then healing, then 10 more',
      examples: [
        'npx consilium chaos swarm --seeds 1000 --first-seed 1',
        'npx consilium chaos swarm --seeds 1 --first-seed 42 --trace trace.txt',
      ],
    },
    (command) =>
      addOutOption(command)
        .option('--seeds <count>', 'how many seeds to run', '100')
        .option('--first-seed <seed>', 'the first of them; the rest follow it', '1')
        .option('--seconds <count>', 'begin no further seed after this time')
        .option('--jobs <count>', 'how many to run at once (default: the number of cores)')
        .option('--trace <file>', 'write every line of the trace; with --seeds 1')
        .option('--fail-fast', 'end with the first seed that fails'),
    async (_args, options) => {
      const seeds = integerOf(options.seeds, '--seeds', 1);
      const firstSeed = integerOf(options.firstSeed, '--first-seed');
      if (!Number.isSafeInteger(firstSeed + seeds - 1)) throw usage('--first-seed is too large');
      if (options.trace !== undefined && seeds !== 1)
        throw usage('--trace <file> keeps one seed: add --seeds 1');
      const { swarm } = await import('@consilium/chaos');
      return swarm({
        ...{ seeds, firstSeed },
        seconds: options.seconds === undefined ? undefined : integerOf(options.seconds, '--seconds', 1),
        jobs: options.jobs === undefined ? availableParallelism() : integerOf(options.jobs, '--jobs', 1),
        failFast: options.failFast === true,
        trace: options.trace === undefined ? undefined : pathOf(place.io, options.trace),
        out: outDir(place.io, options),
        progress: progressTo(place.io),
      });
    },
  );
