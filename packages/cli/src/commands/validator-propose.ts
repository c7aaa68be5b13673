// Owns: `validator propose`: opening the vote by which a hospital is admitted or removed.
import { cardFromJson, verifyEd25519 } from '@consilium/core';
import { type Action, type ProvenTx, proposeAdmission, proposeRemoval } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { pathOf, readText } from '../setup/files.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { institutionIdOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly confirm?: string;
}

export const registerValidatorPropose: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'propose <change> <who>',
      summary: 'propose to `admit` a hospital by its validator.json, or to `remove` one by its name',
      examples: [
        'npx consilium validator propose admit ./validator.json --as inselspital',
        'npx consilium validator propose remove "Spital Thun" --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(command, 'the proposing hospital').option(
            '--confirm <name>',
            'name of the hospital again, where its removal ends fault tolerance',
          ),
        ),
      ),
    ([change = '', who = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const action = await actionFor(place.io, network, change, who, options.confirm ?? null);
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'a hospital');
        return shown(await submitted(place.io, network, [action], signer, options));
      }),
  );

async function actionFor(
  io: Io,
  network: Network,
  change: string,
  who: string,
  confirmName: string | null,
): Promise<Action> {
  if (change === 'admit') return readCard(pathOf(io, who));
  if (change === 'remove') return proposeRemoval(await institutionIdOf(network, who), confirmName);
  throw usage(`a change is 'admit' or 'remove', not '${change}'`);
}

/** A card is refused here rather than by a vote: its signatures say whether it is whole. */
async function readCard(path: string): Promise<Action> {
  return proposeAdmission(cardFromJson(await readText(path), verifyEd25519));
}

function shown(tx: ProvenTx): Result {
  const proposal = tx.outcomes[0]?.id ?? null;
  return {
    data: { ...summaryOf(tx), proposal },
    lines: [
      ...fields([['proposal', proposal ?? 'decided at once']]),
      committedLine(tx),
      'the other hospitals approve it with: npx consilium validator approve PROPOSAL',
    ],
  };
}
