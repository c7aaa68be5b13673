// Owns: `chaos shrink`: the scenario of a failing run, as small as it still fails.
import { addCommand, type Register } from '../command.ts';
import { progressTo } from '../setup/chaos.ts';
import { pathOf } from '../setup/files.ts';
import { integerOf } from '../usage.ts';

interface Options {
  readonly budget?: string;
  readonly out?: string;
}

export const registerChaosShrink: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'shrink <folder>',
      summary: 'make the scenario of a kept, failing run as small as it still fails by the same checker',
      examples: ['npx consilium chaos shrink chaos-runs/seed-42-sim-42 --out small'],
    },
    (command) =>
      command
        .option('--budget <runs>', 'runs at most')
        .option('--out <folder>', 'keep the run of the smallest scenario here'),
    async ([folder = ''], { budget, out }) => {
      const { shrinkRun } = await import('@consilium/chaos');
      return shrinkRun({
        dir: pathOf(place.io, folder),
        ...(budget !== undefined && { budget: integerOf(budget, '--budget', 1) }),
        ...(out !== undefined && { out: pathOf(place.io, out) }),
        progress: progressTo(place.io),
      });
    },
  );
