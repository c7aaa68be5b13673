// Owns: `erasure receipt`: the file that shows offline which records are erased, and which custodians destroyed them.
import { proveErasure, verifyErasureReceipt } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { erasureLines } from '../print/erasure.ts';
import { asOfLine } from '../print/text.ts';
import { PUBLIC_MODE, pathOf, writeNew } from '../setup/files.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions {
  readonly out: string;
}

export const registerErasureReceipt: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'receipt <record>',
      summary: 'write who destroyed an erased record and when, to be checked offline with the genesis alone',
      examples: ['npx consilium erasure receipt ID --out erased.json'],
    },
    (command) => addNetworkOptions(command.requiredOption('--out <file>', 'where the receipt is written')),
    ([id = ''], options) =>
      withNetwork(place.io, options, async ({ client, read }) => {
        const text = await proveErasure(client, hexIdOf(id, 'RECORD'), read);
        const proven = verifyErasureReceipt(text, client.session.chain.genesis);
        const out = pathOf(place.io, options.out);
        await writeNew(out, text, PUBLIC_MODE);
        return {
          data: { receipt: out, ...proven },
          lines: [`receipt  ${out}`, ...erasureLines(proven), asOfLine(proven.asOf)],
        };
      }),
  );
