// Owns: `validator remove`: the proposal to remove an institution, by its name.
import { proposalOf } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { addBallotOptions, type BallotOptions, cast } from '../setup/ballot.ts';
import { institutionIdOf } from '../setup/names.ts';
import { withNetwork } from '../setup/network.ts';
import { committedLine, summaryOf } from '../submitting.ts';

interface Options extends BallotOptions {
  readonly confirm?: string;
}

export const registerValidatorRemove: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'remove <who>',
      summary: 'propose to remove a hospital, a learner or an observer; the others approve it',
      examples: ['npx consilium validator remove "Spital Thun" --as inselspital'],
    },
    (command) =>
      addBallotOptions(command, 'the proposing hospital').option(
        '--confirm <name>',
        'its name again, where its removal ends fault tolerance',
      ),
    ([who = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const { value: governance } = await network.client.governance(network.read);
        const institution = await institutionIdOf(network, who);
        const change = { type: 'remove', institution, confirmName: options.confirm ?? null } as const;
        const tx = await cast(place.io, network, options, { change, action: proposalOf(change), governance });
        const proposal = tx.outcomes[0]?.id ?? null;
        return {
          data: { ...summaryOf(tx), proposal },
          lines: [
            committedLine(tx),
            `the other hospitals approve it with: npx consilium validator approve ${proposal}`,
          ],
        };
      }),
  );
