// Owns: `consent revoke`: takes effect at every hospital with the commit; what was opened under it before is listed, since
// nobody can take it back.
import { openedUnder, revokeConsent, type Use } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { wholeList } from '../listing.ts';
import { usesLines } from '../print/uses.ts';
import { type ActingOptions, actingOf, addActingOptions } from '../setup/acting.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, ActingOptions, SubmitTimeout {}

export const registerConsentRevoke: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'revoke <consent>',
      summary: 'revoke a consent by its number in the list; what was opened under it is told',
      examples: [
        'npx consilium consent revoke 0 --as anna.json',
        'npx consilium consent revoke 0 --for delegate.json --as mother.json',
      ],
    },
    (command) => addTimeoutOption(addNetworkOptions(addActingOptions(command))),
    ([consent = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const index = integerOf(consent, 'CONSENT');
        const { patient, signer } = await actingOf(place.io, network, options);
        const actions = [revokeConsent(patient, index)];
        const tx = await submitted(place.io, network, actions, signer, options);
        const read = { ...network.read, minHeight: tx.height };
        const { accesses } = network.client;
        // After the commit: whatever was permitted under it stands in the list by now.
        const { items } = await wholeList((part) => accesses(patient, part), read);
        const opened = openedUnder(items, index);
        const names = await namesOf(network, opened.flatMap(peopleOf));
        return {
          data: { ...summaryOf(tx), consent: index, patient, opened },
          lines: [
            committedLine(tx),
            ...(opened.length === 0
              ? ['nothing was opened under it']
              : [
                  'opened under it before, which cannot be taken back:',
                  ...usesLines(opened, names),
                  'whoever opened these has seen them',
                ]),
          ],
        };
      }),
  );

function peopleOf({ reader, onBehalfOf }: Use): readonly string[] {
  return onBehalfOf === null ? [reader] : [reader, onBehalfOf];
}
