// Owns: `anchor add`: commits one root over many documents. The salts are on the disk before anything is sent: without
// them the anchor proves nothing.
import {
  type AnchorSecrets,
  commitAnchor,
  createAnchor,
  formatAnchorSecrets,
  type ProvenTx,
} from '@consilium/sdk';
import { documentsAt } from '@consilium/sdk/node';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields } from '../print/text.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { asUsage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly out?: string;
  readonly schema: string;
}

export const registerAnchorAdd: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'add <file|folder>',
      summary:
        'anchor every resource of a FHIR bundle, or every file, under one root; the content stays here',
      examples: ['npx consilium anchor add bundle.json --as inselspital --out bundle.anchor.json'],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command
              .option(
                '--out <file>',
                'where the salts are kept, in secret (default: beside it, .anchor.json)',
              )
              .option('--schema <code>', 'what kind of documents, as a code', 'fhir-r4'),
            'the institution',
          ),
        ),
      ),
    ([given = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const path = pathOf(place.io, given);
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const documents = await documentsAt(path);
        const owner = { genesis: network.client.genesisHash, institution: signer.account };
        const secrets = createAnchor(documents, owner);
        const action = asUsage('--schema', () => commitAnchor(secrets, options.schema));
        const out = pathOf(place.io, options.out ?? `${path}.anchor.json`);
        await writeNew(out, formatAnchorSecrets(secrets), SECRET_MODE);
        place.io.err(`${documents.length} documents under root ${secrets.root}; salts kept in ${out}\n`);
        return shown(secrets, out, await submitted(place.io, network, [action], signer, options));
      }),
  );

function shown(secrets: AnchorSecrets, out: string, tx: ProvenTx): Result {
  const count = secrets.documents.length;
  return {
    data: {
      ...summaryOf(tx),
      anchor: tx.outcomes[0]?.index ?? null,
      root: secrets.root,
      count,
      secrets: out,
    },
    lines: [
      ...fields([
        ['root', secrets.root],
        ['documents', count],
        ['salts (secret)', out],
      ]),
      committedLine(tx),
    ],
  };
}
