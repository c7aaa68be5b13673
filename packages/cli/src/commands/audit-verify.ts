// Owns: `audit verify`: checks a file of `audit export` or `audit prove` offline, with nothing but the genesis.
import { verifyEntriesFile } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { claimLine, entryRows } from '../print/audit.ts';
import { printable } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf, readBytes, readText } from '../setup/files.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { durationOf, usage } from '../usage.ts';

interface Options {
  readonly genesis?: string;
  readonly dir?: string;
  readonly maxAge?: string;
  readonly earlier?: string;
  readonly detail?: string;
  readonly list?: boolean;
}

export const registerAuditVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify <file>',
      summary:
        'check offline that entries are true, and where all are claimed that none is missing; says which line fails',
      examples: ['npx consilium audit verify anna.audit --genesis genesis.json --max-age 24h'],
    },
    (command) =>
      command
        .option('--genesis <file>', "genesis of the network (else CONSILIUM_GENESIS, else the devnet's)")
        .option('--dir <folder>', 'folder of the devnet whose genesis is meant')
        .option('--max-age <time>', 'refuse a file that is older: 30m, 24h, 90d')
        .option(
          '--earlier <file>',
          'a file of the same pseudonym from before: all that it proves must still be there',
        )
        .option(
          '--detail <file>',
          'bytes that the detail of the one entry must be, where its salt is in the file',
        )
        .option('--list', 'print every entry'),
    async ([file = ''], options) => {
      const { io } = place;
      const path = genesisPathOf(io, options, await findDevnet(io, options.dir));
      if (path === undefined)
        throw usage('no genesis to check from: give --genesis FILE or set CONSILIUM_GENESIS');
      const genesis = await readGenesis(path);
      const text = await readText(pathOf(io, file));
      const verified = verifyEntriesFile(text, genesis, {
        now: io.now(),
        ...(options.maxAge !== undefined && { maxAgeMs: durationOf(options.maxAge, '--max-age') }),
        ...(options.earlier !== undefined && { earlier: await readText(pathOf(io, options.earlier)) }),
        ...(options.detail !== undefined && { detail: await readBytes(pathOf(io, options.detail)) }),
      });
      return {
        data: { valid: true, ...verified },
        lines: [
          ...(options.list === true ? entryRows(verified.entries) : []),
          printable(`valid: ${claimLine(verified)}`),
        ],
      };
    },
  );
