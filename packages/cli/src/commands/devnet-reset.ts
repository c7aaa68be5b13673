// Owns: `devnet reset`: stops the devnet and deletes its folder.
import { addCommand, type Register } from '../command.ts';
import { addDirOption, type DirOption, devnetDir } from '../setup/devnet.ts';

export const registerDevnetReset: Register = (place) =>
  addCommand<DirOption>(
    place,
    {
      usage: 'reset',
      summary: 'stop the devnet and delete its folder with keys, ledger and logs',
      examples: ['npx consilium devnet reset'],
    },
    addDirOption,
    async (_args, options) => {
      const { resetDevnet } = await import('@consilium/devnet');
      const dir = devnetDir(place.io, options);
      await resetDevnet(dir);
      return { data: { dir, deleted: true }, lines: [`${dir} is deleted`] };
    },
  );
