// Owns: `chaos selftest`: whether the judge can convict.
import { addCommand, type Register } from '../command.ts';
import { progressTo } from '../setup/chaos.ts';
import { collect, integerOf, listOf } from '../usage.ts';

interface Options {
  readonly only?: readonly string[];
  readonly repeat?: string;
  readonly jobs?: string;
}

export const registerChaosSelftest: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'selftest',
      summary: 'plant known bugs into copies of the code: each must be convicted, the clean build acquitted',
      examples: [
        'npx consilium chaos selftest',
        'npx consilium chaos selftest --only commit-at-2f --repeat 1 --json',
      ],
    },
    (command) =>
      command
        .option('--only <name>', 'this planted bug alone; may stand several times', collect)
        .option('--repeat <count>', 'how often the clean build runs each scenario (default: 20)')
        .option('--jobs <count>', 'how many at once (default: the number of cores)'),
    async (_args, { only, repeat, jobs }) => {
      const { selftest } = await import('@consilium/chaos');
      return selftest({
        only: listOf(only),
        ...(repeat !== undefined && { repeat: integerOf(repeat, '--repeat') }),
        ...(jobs !== undefined && { jobs: integerOf(jobs, '--jobs', 1) }),
        progress: progressTo(place.io),
      });
    },
  );
