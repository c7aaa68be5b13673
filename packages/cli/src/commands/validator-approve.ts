// Owns: `validator approve`: one hospital's vote for an open proposal.
import { approveProposal, ConsiliumError } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { addBallotOptions, type BallotOptions, cast } from '../setup/ballot.ts';
import { withNetwork } from '../setup/network.ts';
import { committedLine, summaryOf } from '../submitting.ts';
import { hexIdOf } from '../usage.ts';

export const registerValidatorApprove: Register = (place) =>
  addCommand<BallotOptions>(
    place,
    {
      usage: 'approve <proposal>',
      summary: 'approve an open proposal, after it was shown; with more than two thirds it is decided',
      examples: ['npx consilium validator approve PROPOSAL --as inselspital'],
    },
    (command) => addBallotOptions(command, 'the approving hospital'),
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const proposal = hexIdOf(named, 'PROPOSAL');
        const { value: governance } = await network.client.governance(network.read);
        const open = governance.proposals.find(({ id }) => id === proposal);
        if (open === undefined) throw new ConsiliumError('PROPOSAL_NOT_FOUND');
        const { change } = open;
        const action = approveProposal(proposal);
        const tx = await cast(place.io, network, options, { change, action, governance });
        return { data: { ...summaryOf(tx), proposal }, lines: [committedLine(tx)] };
      }),
  );
