// Owns: `audit begin`: a new store where the old one is lost. It goes on behind the batches that the ledger holds, which it
// cannot prove; whoever kept an earlier file sees that.
import { beginBehind } from '@consilium/sdk';
import { makeAuditStore } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import { fields, plural } from '../print/text.ts';
import { addStoreOption, newStoreFolder, type StoreOptions } from '../setup/audit-store.ts';
import { type ConfirmOptions, confirm } from '../setup/confirm.ts';
import { accountSigner, addSigningOption, identityOf } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

interface Options extends NetworkOptions, Omit<StoreOptions, 'genesis'>, ConfirmOptions {}

export const registerAuditBegin: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'begin',
      summary: 'make a new store in place of one that is lost for good: what it held is never proven again',
      examples: ['npx consilium audit begin --store new-store --as inselspital'],
    },
    (command) =>
      addNetworkOptions(
        addStoreOption(
          addSigningOption(
            command.option('--yes', 'without asking; for scripts, and needed with --json'),
            'the institution; nothing is signed',
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async ({ client, devnet, read }) => {
        const { io } = place;
        const { account } = accountSigner(await identityOf(io, options, devnet), 'the institution');
        const begins = await beginBehind(client, account, read);
        io.err(
          `the ledger holds ${plural(begins.batches, 'batch', 'batches')}; no entry of them can be proven from the new store\n`,
        );
        await confirm(io, options, 'is the old store lost?', 'when the old store is lost');
        const folder = newStoreFolder(io, options, devnet, account);
        const store = await makeAuditStore(folder, {
          genesis: client.genesisHash,
          institution: account,
          begins,
        });
        return {
          data: { store: store.folder, begins },
          lines: fields([
            ['store', store.folder],
            ['batches left behind', begins.batches],
          ]),
        };
      }),
  );
