// Owns: `chaos heal`: a devnet that was broken by hand goes on.
import { addCommand, type Register } from '../command.ts';
import { addDirOption, type DirOption, devnetDir } from '../setup/devnet.ts';
import { integerOf } from '../usage.ts';

interface Options extends DirOption {
  readonly within: string;
}

export const registerChaosHeal: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'heal',
      summary: 'start and resume every node of a devnet, and tell how long until all stand at one height',
      examples: ['npx consilium chaos heal', 'npx consilium chaos heal --dir /tmp/trial --within 20'],
    },
    (command) => addDirOption(command).option('--within <seconds>', 'give up after this time', '60'),
    async (_args, options) => {
      const { healDevnet } = await import('@consilium/chaos');
      const withinMs = integerOf(options.within, '--within', 1) * 1000;
      return healDevnet({ dir: devnetDir(place.io, options), withinMs });
    },
  );
