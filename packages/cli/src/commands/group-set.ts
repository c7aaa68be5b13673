// Owns: `group set`: an institution names a group of accounts, or says who its members are from now on.
import { putGroup } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { accountIdNamed } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly nr?: string;
}

export const registerGroupSet: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'set [member...]',
      summary: 'name a group of clinicians and institutions, or with --nr say who is in it from now on',
      examples: [
        'npx consilium group set keller frei --as inselspital',
        'npx consilium group set --nr 0 keller --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command.option('--nr <group>', 'number of the group in the list (default: a new one)'),
            'the institution',
          ),
        ),
      ),
    (named, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const members: string[] = [];
        for (const each of named) members.push(await accountIdNamed(place.io, network, each));
        const nr = options.nr === undefined ? null : integerOf(options.nr, '--nr');
        const tx = await submitted(place.io, network, [putGroup(nr, members)], signer, options);
        const index = tx.outcomes[0]?.index ?? null;
        const group = `${signer.account}/${index}`;
        return {
          data: { ...summaryOf(tx), group: index, institution: signer.account, members },
          lines: [
            ...fields([
              ['group', group],
              ['members', members.length],
            ]),
            committedLine(tx),
          ],
        };
      }),
  );
