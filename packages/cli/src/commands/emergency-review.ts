// Owns: `emergency review`: what a privacy officer finds of an emergency of the own institution.
import { REVIEW_VERDICTS } from '@consilium/core';
import { reviewEmergency } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf, oneOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly verdict: string;
}

export const registerEmergencyReview: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'review <nr>',
      summary: 'say of an emergency whether it was justified; if not, the privilege is suspended at once',
      examples: ['npx consilium emergency review 3 --verdict justified --as officer'],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command.requiredOption('--verdict <verdict>', REVIEW_VERDICTS.join(', ')),
            'a privacy officer of the institution, who neither opened nor signed for it',
          ),
        ),
      ),
    ([nr = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const verdict = oneOf(REVIEW_VERDICTS, options.verdict, '--verdict');
        const index = integerOf(nr, 'NR');
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'a privacy officer');
        const tx = await submitted(place.io, network, [reviewEmergency(index, verdict)], signer, options);
        const clinician = tx.outcomes[0]?.id ?? null;
        const suspended = verdict === 'unjustified' ? [`suspended: ${clinician}, found unjustified`] : [];
        return {
          data: { ...summaryOf(tx), emergency: index, verdict, clinician },
          lines: [...suspended, committedLine(tx)],
        };
      }),
  );
