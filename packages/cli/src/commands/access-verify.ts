// Owns: `access verify`: checks an access log offline, with nothing but the genesis: every line true, none left out.
import { groupEntries, verifyAccessLog, verifyAuditBundle } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { completeLine, entryCount } from '../print/access.ts';
import { plural, printable } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf, readText } from '../setup/files.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { durationOf, usage } from '../usage.ts';

interface Options {
  readonly genesis?: string;
  readonly dir?: string;
  readonly maxAge?: string;
  readonly list?: boolean;
  readonly all?: boolean;
  readonly events?: string;
}

export const registerAccessVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify <file>',
      summary: 'check offline that an access log is true and complete; says which line is not',
      examples: [
        'npx consilium access verify access.log --genesis genesis.json --max-age 24h',
        'npx consilium access verify access.log --events events.json --genesis genesis.json',
      ],
    },
    (command) =>
      command
        .option('--genesis <file>', "genesis of the network (else CONSILIUM_GENESIS, else the devnet's)")
        .option('--dir <folder>', 'folder of the devnet whose genesis is meant')
        .option('--max-age <time>', 'refuse a log that is older: 30m, 24h, 90d')
        .option(
          '--events <bundle>',
          'check that this FHIR bundle is what the log makes; says which event is not',
        )
        .option('--list', 'print the entries')
        .option('--all', "with --list: each request of a hospital's systems by itself"),
    async ([file = ''], options) => {
      const { io } = place;
      const maxAgeMs = options.maxAge === undefined ? undefined : durationOf(options.maxAge, '--max-age');
      const path = genesisPathOf(io, options, await findDevnet(io, options.dir));
      if (path === undefined)
        throw usage('no genesis to check from: give --genesis FILE or set CONSILIUM_GENESIS');
      const genesis = await readGenesis(path);
      const text = await readText(pathOf(io, file));
      const age = maxAgeMs === undefined ? {} : { maxAgeMs, now: io.now() };
      const log = verifyAccessLog(text, genesis, age);
      const { completeAsOf, entries, patients } = log;
      const events =
        options.events === undefined
          ? null
          : verifyAuditBundle(log, await readText(pathOf(io, options.events)));
      const sentences = options.all === true ? entries : groupEntries(entries);
      return {
        data: { valid: true, completeAsOf, patients, entries, events },
        lines: [
          ...(options.list === true ? sentences.map(({ sentence }) => printable(sentence)) : []),
          `valid: ${entryCount(entries.length)}`,
          ...(events === null ? [] : [`the bundle is what the log makes: ${plural(events, 'event')}`]),
          completeLine(completeAsOf),
        ],
      };
    },
  );
