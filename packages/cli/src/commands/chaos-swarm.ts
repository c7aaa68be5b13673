// Owns: `chaos swarm`, which is `npm run sim`: drawn scenarios in the simulator.
import { availableParallelism } from 'node:os';
import { addCommand, type Register } from '../command.ts';
import { addOutOption, endable, type OutOption, outDir } from '../setup/chaos.ts';
import { pathOf } from '../setup/files.ts';
import { integerOf, usage } from '../usage.ts';

interface Options extends OutOption {
  readonly seeds: string;
  readonly heights: string;
  readonly progress: string;
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
      summary: 'run seeds of the simulator: heights under drawn faults, then healing, then further heights',
      examples: [
        'npx consilium chaos swarm --seeds 1000 --first-seed 1',
        'npx consilium chaos swarm --seeds 100000 --heights 6',
        'npx consilium chaos swarm --seeds 1 --first-seed 42 --trace trace.txt',
      ],
    },
    (command) =>
      addOutOption(command)
        .option('--seeds <count>', 'how many seeds to run', '100')
        .option('--first-seed <seed>', 'the first of them; the rest follow it', '1')
        .option(
          '--heights <count>',
          'heights under faults of each seed; a quarter of them follows healing',
          '40',
        )
        .option('--progress <seconds>', 'how often it tells how far it is', '5')
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
      const { swarm, HEIGHTS_MAX, SWARM_HEIGHTS_MIN } = await import('@consilium/chaos');
      const heights = integerOf(options.heights, '--heights', SWARM_HEIGHTS_MIN);
      if (heights > HEIGHTS_MAX) throw usage(`--heights must be at most ${HEIGHTS_MAX}`);
      const progressMs = 1_000 * integerOf(options.progress, '--progress', 1);
      return endable(place.io, ({ progress, signal }) =>
        swarm({
          ...{ seeds, firstSeed, heights, progressMs, progress, signal },
          seconds: options.seconds === undefined ? undefined : integerOf(options.seconds, '--seconds', 1),
          jobs: options.jobs === undefined ? availableParallelism() : integerOf(options.jobs, '--jobs', 1),
          failFast: options.failFast === true,
          trace: options.trace === undefined ? undefined : pathOf(place.io, options.trace),
          out: outDir(place.io, options),
        }),
      );
    },
  );
