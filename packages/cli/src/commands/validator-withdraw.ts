// Owns: `validator withdraw`: closing an own proposal that is still open.
import { withdrawProposal } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {}

export const registerValidatorWithdraw: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'withdraw <proposal>',
      summary: 'withdraw a proposal that your hospital opened and that is not decided',
      examples: ['npx consilium validator withdraw PROPOSAL --as inselspital'],
    },
    (command) => addTimeoutOption(addNetworkOptions(addSigningOption(command, 'the hospital that proposed'))),
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const proposal = hexIdOf(named, 'PROPOSAL');
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'a hospital');
        const tx = await submitted(place.io, network, [withdrawProposal(proposal)], signer, options);
        return { data: { ...summaryOf(tx), proposal }, lines: [committedLine(tx)] };
      }),
  );
