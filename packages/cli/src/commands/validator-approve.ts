// Owns: `validator approve`: one hospital's vote for an open proposal.
import { approveProposal } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {}

export const registerValidatorApprove: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'approve <proposal>',
      summary:
        'approve an open proposal; with more than two thirds it takes effect at the second height after',
      examples: ['npx consilium validator approve PROPOSAL --as inselspital'],
    },
    (command) => addTimeoutOption(addNetworkOptions(addSigningOption(command, 'the approving hospital'))),
    ([proposal = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const action = approveProposal(hexIdOf(proposal, 'PROPOSAL'));
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'a hospital');
        const tx = await submitted(place.io, network, [action], signer, options);
        return { data: { ...summaryOf(tx), proposal }, lines: [committedLine(tx)] };
      }),
  );
