// Owns: `chaos random`: drawn faults for some minutes.
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
import { integerOf, usage } from '../usage.ts';

interface Options extends OutOption, WorldOption {
  readonly firstSeed: string;
  readonly seeds: string;
  readonly minutes: string;
}

export const registerChaosRandom: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'random',
      summary: 'drawn faults under load for some minutes, seed after seed',
      examples: [
        'npx consilium chaos random --world devnet --first-seed 1 --minutes 2',
        'npx consilium chaos random --world sim --first-seed 1 --seeds 10 --minutes 2',
      ],
    },
    (command) =>
      addOutOption(addWorldOption(command))
        .option('--first-seed <seed>', 'the faults come from it', '1')
        .option('--seeds <count>', 'so many seeds, one after the other', '1')
        .option('--minutes <count>', 'of faults for each seed; 0.5 is allowed', '2'),
    async (_args, options) => {
      const minutes = Number(options.minutes);
      if (!(minutes > 0 && minutes <= 60)) throw usage('--minutes must be a number up to 60');
      const { randomFaults } = await import('@consilium/chaos');
      return endable(place.io, (life) =>
        randomFaults({
          world: worldOf(options),
          firstSeed: integerOf(options.firstSeed, '--first-seed'),
          seeds: integerOf(options.seeds, '--seeds', 1),
          minutes,
          out: outDir(place.io, options),
          ...life,
        }),
      );
    },
  );
