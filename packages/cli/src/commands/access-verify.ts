// Owns: `access verify`: checks an access log offline, with nothing but the genesis: every line true, none left out.
import { verifyAccessLog } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { completeLine, entryCount } from '../print/access.ts';
import { printable } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf, readText } from '../setup/files.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { durationOf, usage } from '../usage.ts';

interface Options {
  readonly genesis?: string;
  readonly dir?: string;
  readonly maxAge?: string;
  readonly list?: boolean;
}

export const registerAccessVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify <file>',
      summary: 'check offline that an access log is true and complete; says which line is not',
      examples: ['npx consilium access verify access.log --genesis genesis.json --max-age 24h'],
    },
    (command) =>
      command
        .option('--genesis <file>', "genesis of the network (else CONSILIUM_GENESIS, else the devnet's)")
        .option('--dir <folder>', 'folder of the devnet whose genesis is meant')
        .option('--max-age <time>', 'refuse a log that is older: 30m, 24h, 90d')
        .option('--list', 'print every entry'),
    async ([file = ''], options) => {
      const { io } = place;
      const maxAgeMs = options.maxAge === undefined ? undefined : durationOf(options.maxAge, '--max-age');
      const path = genesisPathOf(io, options, await findDevnet(io, options.dir));
      if (path === undefined)
        throw usage('no genesis to check from: give --genesis FILE or set CONSILIUM_GENESIS');
      const genesis = await readGenesis(path);
      const text = await readText(pathOf(io, file));
      const age = maxAgeMs === undefined ? {} : { maxAgeMs, now: io.now() };
      const { completeAsOf, entries, patients } = verifyAccessLog(text, genesis, age);
      return {
        data: { valid: true, completeAsOf, patients, entries },
        lines: [
          ...(options.list === true ? entries.map(({ sentence }) => printable(sentence)) : []),
          `valid: ${entryCount(entries.length)}`,
          completeLine(completeAsOf),
        ],
      };
    },
  );
