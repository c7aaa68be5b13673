// Owns: `devnet down`: stops the nodes and their supervisor; the folder stays.
import { addCommand, type Register } from '../command.ts';
import { addDirOption, type DirOption, runningDevnet } from '../setup/devnet.ts';

export const registerDevnetDown: Register = (place) =>
  addCommand<DirOption>(
    place,
    {
      usage: 'down',
      summary: 'stop the devnet; `devnet up` goes on where it was',
      examples: ['npx consilium devnet down'],
    },
    addDirOption,
    async (_args, options) => {
      const devnet = await runningDevnet(place.io, options);
      const { dir, nodes } = devnet.file;
      await devnet.down();
      return { data: { dir, stopped: nodes.map(({ name }) => name) }, lines: [`stopped; kept in ${dir}`] };
    },
  );
