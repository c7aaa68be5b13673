// Owns: `audit export`: all entries of one pseudonym as one file that proves itself offline, to be handed to the patient.
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

interface Options extends NetworkOptions, Omit<StoreOptions, 'genesis'>, PatientNamesOption {
  readonly out: string;
}

export const registerAuditExport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'export <patient>',
      summary: 'write all entries of one pseudonym to one file, which proves offline that none is missing',
      examples: [
        'npx consilium audit export P-17 --register register.json --out anna.audit --as inselspital',
      ],
    },
    (command) =>
      addNetworkOptions(
        addPatientNamesOption(
          addStoreOption(
            addSigningOption(
              command.requiredOption('--out <file>', 'where the file is written'),
              'the institution; nothing is signed, and it is not needed with --store',
            ),
          ),
        ),
      ),
    ([named = ''], options) =>
      withNetwork(place.io, options, async ({ client, genesis, devnet, read }) => {
        const { io } = place;
        const patient = await pseudonymNamed(io, named, options);
        const source = await openEntriesSource(await auditStore(io, options, devnet));
        const text = await proveEntries(client, source, patient, read);
        const file = pathOf(io, options.out);
        await writeNew(file, text, SECRET_MODE);
        const verified = verifyEntriesFile(text, genesis);
        const { asOf, entries } = verified;
        return {
          data: { file, patient, entries: entries.length, asOf },
          lines: [...fields([['file', file]]), printable(claimLine(verified))],
        };
      }),
  );
