// Owns: `devnet status`: where each node stands.
import { addCommand, type Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { addDirOption, type DirOption, nodeTable, runningDevnet } from '../setup/devnet.ts';

export const registerDevnetStatus: Register = (place) =>
  addCommand<DirOption>(
    place,
    {
      usage: 'status',
      summary: 'show each node: its process, and the height and root that it can prove',
      examples: ['npx consilium devnet status', 'npx consilium devnet status --json'],
    },
    addDirOption,
    async (_args, options) => {
      const devnet = await runningDevnet(place.io, options);
      const { nodes } = await devnet.status();
      const whole = nodes.every(({ height }) => height !== null);
      return { data: { nodes }, lines: nodeTable(nodes), exitCode: whole ? EXIT.ok : EXIT.unknown };
    },
  );
