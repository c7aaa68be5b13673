// Owns: `emergency reinstate`: an institution gives back an emergency privilege that a review has suspended.
import { reinstateEmergency } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { accountIdNamed } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {}

export const registerEmergencyReinstate: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'reinstate <clinician>',
      summary: 'give back the emergency privilege that a review suspended; what is overdue is reviewed first',
      examples: ['npx consilium emergency reinstate CLINICIAN_ACCOUNT --as inselspital'],
    },
    (command) =>
      addTimeoutOption(addNetworkOptions(addSigningOption(command, "the clinician's institution"))),
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const clinician = await accountIdNamed(place.io, network, named);
        const tx = await submitted(place.io, network, [reinstateEmergency(clinician)], signer, options);
        return { data: { ...summaryOf(tx), clinician }, lines: [committedLine(tx)] };
      }),
  );
