// Owns: `consent revoke`: takes effect at every hospital with the commit; what was seen has been seen.
import { revokeConsent } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import {
  addSigningOption,
  enrolmentOf,
  identityOf,
  patientSignerOf,
  type SigningOptions,
} from '../setup/identity.ts';
import { institutionIdOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly at?: string;
}

export const registerConsentRevoke: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'revoke <consent>',
      summary: 'revoke a consent by its number in the list',
      examples: ['npx consilium consent revoke 0 --as anna.json'],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command.option('--at <institution>', 'under which enrolment, when the wallet has several'),
            "the patient's wallet",
          ),
        ),
      ),
    ([consent = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const index = integerOf(consent, 'CONSENT');
        const identity = await identityOf(place.io, options, network.devnet);
        const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
        const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
        const signer = patientSignerOf(identity, enrolment);
        const tx = await submitted(
          place.io,
          network,
          [revokeConsent(enrolment.account, index)],
          signer,
          options,
        );
        return {
          data: { ...summaryOf(tx), consent: index, patient: enrolment.account },
          lines: [committedLine(tx), 'what was seen before cannot be taken back'],
        };
      }),
  );
