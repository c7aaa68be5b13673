// Owns: `audit check`: holds a whole store of entries against the ledger, batch by batch. For its owner after a restore, and
// for an auditor who is given a copy.
import { checkEntryStore } from '@consilium/sdk';
import { countAdded, openStoredBatches } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import { asOfLine, fields } from '../print/text.ts';
import { addStoreOption, auditStore, type StoreOptions } from '../setup/audit-store.ts';
import { addSigningOption } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

interface Options extends NetworkOptions, Omit<StoreOptions, 'genesis'> {}

export const registerAuditCheck: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'check',
      summary:
        'recompute every root of a whole store and hold it against the ledger: each map grew by its entries alone',
      examples: ['npx consilium audit check --store copy-of-the-store'],
    },
    (command) =>
      addNetworkOptions(
        addStoreOption(
          addSigningOption(command, 'the institution; nothing is signed, and it is not needed with --store'),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async ({ client, devnet, read }) => {
        const store = await auditStore(place.io, options, devnet);
        const checked = await checkEntryStore(client, openStoredBatches(store), read);
        const { batches, entries, pseudonyms, asOf } = checked;
        const waiting = Math.max(0, (await countAdded(store.folder)) - entries);
        return {
          data: { whole: true, ...checked, waiting },
          lines: [
            ...fields([
              ['batches', batches],
              ['entries', entries],
              ['pseudonyms', pseudonyms],
              ['not committed yet', waiting],
            ]),
            `whole ${asOfLine(asOf)}`,
          ],
        };
      }),
  );
