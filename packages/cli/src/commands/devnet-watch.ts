// Owns: `devnet watch`: one line for every change of a node, until Ctrl-C.
import { addCommand, type Register } from '../command.ts';
import { time } from '../print/text.ts';
import { addDirOption, type DirOption, runningDevnet } from '../setup/devnet.ts';
import { createEnding } from '../setup/ending.ts';

interface Options extends DirOption {
  readonly json?: boolean;
}

export const registerDevnetWatch: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'watch',
      summary: 'print a line whenever a node changes its state, height or root (--json: an object each)',
      examples: ['npx consilium devnet watch'],
    },
    addDirOption,
    async (_args, options) => {
      const { watchDevnet } = await import('@consilium/devnet');
      const devnet = await runningDevnet(place.io, options);
      const ending = createEnding();
      for await (const change of watchDevnet(devnet, ending.signal)) {
        const { name, state, height, stateRoot } = change;
        const tip = height === null ? '' : ` height ${height} root ${stateRoot?.slice(0, 16) ?? ''}`;
        const line = `${time(change.time)} ${name} ${state}${tip}`;
        place.io.out(`${options.json === true ? JSON.stringify(change) : line}\n`);
      }
      ending.release();
      return { data: undefined, lines: [] };
    },
  );
