// Owns: `chaos run`: scenario files in the simulator or on a devnet of their own.
import { availableParallelism } from 'node:os';
import { addCommand, type Register } from '../command.ts';
import {
  addOutOption,
  addWorldOption,
  endable,
  type OutOption,
  outDir,
  type WorldOption,
  worldOf,
} from '../setup/chaos.ts';
import { pathOf } from '../setup/files.ts';
import { integerOf } from '../usage.ts';

interface Options extends OutOption, WorldOption {
  readonly firstSeed?: string;
  readonly seeds?: string;
  readonly repeat: string;
}

export const registerChaosRun: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'run <path>',
      summary: 'run a scenario, or every scenario of a folder, and judge it',
      examples: [
        'npx consilium chaos run devnet/scenarios --world sim',
        'npx consilium chaos run devnet/scenarios/kill-one.toml --world devnet --repeat 3',
      ],
    },
    (command) =>
      addOutOption(addWorldOption(command))
        .option('--first-seed <seed>', 'in place of the seed that the scenario names')
        .option('--seeds <count>', 'so many seeds, from the first on')
        .option('--repeat <count>', 'on the devnet: how often, since no two runs are the same', '1'),
    async ([path = ''], options) => {
      const { firstSeed, seeds } = options;
      const first = firstSeed === undefined ? 1 : integerOf(firstSeed, '--first-seed');
      const count = seeds === undefined ? 1 : integerOf(seeds, '--seeds', 1);
      const { runScenarios } = await import('@consilium/chaos');
      return endable(place.io, (life) =>
        runScenarios({
          path: pathOf(place.io, path),
          world: worldOf(options),
          seeds: firstSeed === undefined && seeds === undefined ? undefined : { first, count },
          repeat: integerOf(options.repeat, '--repeat', 1),
          jobs: availableParallelism(),
          out: outDir(place.io, options),
          keepAll: options.out !== undefined,
          ...life,
        }),
      );
    },
  );
