// Owns: `audit prove`: one entry alone as a file that proves itself offline; no other entry is in it.
import { proveEntries, verifyEntriesFile } from '@consilium/sdk';
import { openEntriesSource } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import { claimLine } from '../print/audit.ts';
import { fields, printable } from '../print/text.ts';
import {
  addPatientNamesOption,
  addStoreOption,
  auditStore,
  type PatientNamesOption,
  pseudonymNamed,
  type StoreOptions,
} from '../setup/audit-store.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { addSigningOption } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, Omit<StoreOptions, 'genesis'>, PatientNamesOption {
  readonly number: string;
  readonly withSalt?: boolean;
  readonly out: string;
}

export const registerAuditProve: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'prove <patient>',
      summary: 'write the proof of one entry of a pseudonym, to be checked offline with the genesis alone',
      examples: [
        'npx consilium audit prove P-17 --number 3 --register register.json --out entry.audit --as inselspital',
      ],
    },
    (command) =>
      addNetworkOptions(
        addPatientNamesOption(
          addStoreOption(
            addSigningOption(
              command
                .requiredOption('--number <n>', 'of the entry among those of the pseudonym, from 0')
                .option('--with-salt', 'so that whoever is shown the detail can check it too')
                .requiredOption('--out <file>', 'where the proof is written'),
              'the institution; nothing is signed, and it is not needed with --store',
            ),
          ),
        ),
      ),
    ([named = ''], options) =>
      withNetwork(place.io, options, async ({ client, genesis, devnet, read }) => {
        const { io } = place;
        const index = integerOf(options.number, '--number');
        const patient = await pseudonymNamed(io, named, options);
        const source = await openEntriesSource(await auditStore(io, options, devnet));
        const wish = { ...read, index, salts: options.withSalt === true };
        const text = await proveEntries(client, source, patient, wish);
        const file = pathOf(io, options.out);
        await writeNew(file, text, SECRET_MODE);
        const verified = verifyEntriesFile(text, genesis);
        return {
          data: { file, patient, number: index, asOf: verified.asOf },
          lines: [...fields([['file', file]]), printable(claimLine(verified))],
        };
      }),
  );
