// Owns: `access export`: the access log as one file that anybody can check offline. It names pseudonyms of one patient
// together, so it is for its owner only, to be handed on at will.
import { exportAccessLog, verifyAccessLog } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { completeLine } from '../print/access.ts';
import { fields } from '../print/text.ts';
import { enrolmentsOf } from '../setup/enrolments.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly at?: string;
  readonly out: string;
}

export const registerAccessExport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'export',
      summary: 'write who asked to open the records to one file, which proves itself offline',
      examples: ['npx consilium access export --out access.log --as anna.json'],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command
            .requiredOption('--out <file>', 'where the log is written')
            .option('--at <institution>', 'of this enrolment only (default: of all, which links them)'),
          "the patient's wallet; nothing is signed",
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const { client, genesis, read } = network;
        const enrolments = await enrolmentsOf(place.io, network, options);
        const text = await exportAccessLog(client, enrolments, read);
        const file = pathOf(place.io, options.out);
        await writeNew(file, text, SECRET_MODE);
        const { completeAsOf, entries, patients } = verifyAccessLog(text, genesis);
        return {
          data: { file, patients, entries: entries.length, completeAsOf },
          lines: [
            ...fields([
              ['file', file],
              ['entries', entries.length],
            ]),
            completeLine(completeAsOf),
          ],
        };
      }),
  );
