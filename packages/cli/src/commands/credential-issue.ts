// Owns: `credential issue`: an institution vouches for a clinician's key.
import { CLINICIAN_ROLES, type ClinicianRole } from '@consilium/core';
import { type Action, issueCredential, type KeyFile, signerOf } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import {
  accountSigner,
  addSigningOption,
  identityOf,
  readIdentity,
  type SigningOptions,
} from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { asUsage, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly key: string;
  readonly role: string;
  readonly speciality?: string;
  readonly emergency?: boolean;
}

export const registerCredentialIssue: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'issue',
      summary: "issue a credential for a clinician's key",
      examples: [
        'npx consilium key new keller.json --role clinician',
        'npx consilium credential issue --key keller.json --role doctor --emergency --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command
              .requiredOption('--key <name|file>', "the clinician's key")
              .option('--role <role>', CLINICIAN_ROLES.join(', '), 'doctor')
              .option('--speciality <code>', 'code of the speciality, e.g. of SNOMED CT')
              .option('--emergency', 'may break the glass'),
            'the institution',
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const key = await clinicianKey(place.io, network, options.key);
        const action = actionFor(network, signer.account, key, options);
        const tx = await submitted(place.io, network, [action], signer, options);
        const { id: clinician = null, index = null } = tx.outcomes[0] ?? {};
        return {
          data: { ...summaryOf(tx), clinician, credential: index },
          lines: [
            ...fields([
              ['clinician', clinician ?? ''],
              ['credential', index ?? ''],
            ]),
            committedLine(tx),
          ],
        };
      }),
  );

async function clinicianKey(io: Io, network: Network, named: string): Promise<KeyFile> {
  const identity = await readIdentity(io, named, network.devnet);
  if (identity.type === 'key') return identity.file;
  if (identity.type === 'sealed')
    throw usage(
      '--key is under a passphrase: take it out for this with key decrypt, and put it back with key encrypt',
    );
  throw usage('--key names the key of a clinician, not a wallet');
}

function actionFor({ client }: Network, institution: string, key: KeyFile, options: Options): Action {
  const role = CLINICIAN_ROLES.find((known) => known === options.role) as ClinicianRole | undefined;
  if (role === undefined) throw usage(`--role is one of ${CLINICIAN_ROLES.join(', ')}`);
  return asUsage('--speciality', () =>
    issueCredential(client.genesisHash, institution, signerOf(key).key, {
      role,
      speciality: options.speciality ?? null,
      emergency: options.emergency === true,
    }),
  );
}
