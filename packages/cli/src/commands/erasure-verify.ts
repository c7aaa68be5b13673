// Owns: `erasure verify`: checks the receipt of an erasure offline, with nothing but the genesis.
import { verifyErasureReceipt } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { erasureLines } from '../print/erasure.ts';
import { asOfLine } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf, readText } from '../setup/files.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly genesis?: string;
  readonly dir?: string;
}

export const registerErasureVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify <file>',
      summary: 'check offline that records are erased, and who destroyed them; says what fails',
      examples: ['npx consilium erasure verify erased.json --genesis genesis.json'],
    },
    (command) =>
      command
        .option('--genesis <file>', "genesis of the network (else CONSILIUM_GENESIS, else the devnet's)")
        .option('--dir <folder>', 'folder of the devnet whose genesis is meant'),
    async ([file = ''], options) => {
      const { io } = place;
      const path = genesisPathOf(io, options, await findDevnet(io, options.dir));
      if (path === undefined)
        throw usage('no genesis to check from: give --genesis FILE or set CONSILIUM_GENESIS');
      const proven = verifyErasureReceipt(await readText(pathOf(io, file)), await readGenesis(path));
      return {
        data: { valid: true, ...proven },
        lines: [
          'valid: these records are erased',
          ...proven.records.map((record) => `  ${record}`),
          ...erasureLines(proven),
          asOfLine(proven.asOf),
        ],
      };
    },
  );
