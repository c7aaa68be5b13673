// Owns: `credential withdraw`: ends a credential at once.
import { withdrawCredential } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {}

export const registerCredentialWithdraw: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'withdraw <credential>',
      summary: 'withdraw a credential by its number in the list; it ends with the commit',
      examples: ['npx consilium credential withdraw 0 --as inselspital'],
    },
    (command) => addTimeoutOption(addNetworkOptions(addSigningOption(command, 'the institution'))),
    ([credential = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const index = integerOf(credential, 'CREDENTIAL');
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const tx = await submitted(place.io, network, [withdrawCredential(index)], signer, options);
        return { data: { ...summaryOf(tx), credential: index }, lines: [committedLine(tx)] };
      }),
  );
