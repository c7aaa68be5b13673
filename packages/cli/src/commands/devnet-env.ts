// Owns: `devnet env`: the variables by which every command finds this devnet, as a shell reads them.
import { addCommand, type Register } from '../command.ts';
import { addDirOption, type DirOption, runningDevnet } from '../setup/devnet.ts';

export const registerDevnetEnv: Register = (place) =>
  addCommand<DirOption>(
    place,
    {
      usage: 'env',
      summary: 'print exports for the shell, so that every command talks to this devnet',
      examples: ['eval "$(npx consilium devnet env)"'],
    },
    addDirOption,
    async (_args, options) => {
      const { environmentOf } = await import('@consilium/devnet');
      const { file } = await runningDevnet(place.io, options);
      const variables = environmentOf(file);
      const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
      return { data: variables, lines };
    },
  );

function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
