// Owns: `devnet logs`: what a node wrote, and what it writes.
import { addCommand, type Register } from '../command.ts';
import { addDirOption, type DirOption, runningDevnet } from '../setup/devnet.ts';
import { createEnding } from '../setup/ending.ts';

interface Options extends DirOption {
  readonly follow?: boolean;
}

export const registerDevnetLogs: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'logs <name>',
      summary: 'print the log of a node (or of the supervisor), one JSON object a line',
      examples: ['npx consilium devnet logs a', 'npx consilium devnet logs a --follow'],
    },
    (command) => addDirOption(command).option('--follow', 'go on until Ctrl-C'),
    async ([name = ''], options) => {
      const { followLog } = await import('@consilium/devnet');
      const { file } = await runningDevnet(place.io, options);
      const ending = createEnding();
      const until = options.follow === true ? ending.signal : undefined;
      for await (const text of followLog(file, name, until)) place.io.out(text);
      ending.release();
      return { data: undefined, lines: [] };
    },
  );
