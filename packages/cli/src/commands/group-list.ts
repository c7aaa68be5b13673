// Owns: `group list`: the groups of an institution and who is in them, with the proof that none is left out.
import { addCommand, type Register } from '../command.ts';
import { wholeList } from '../listing.ts';
import { asOfLine, printable } from '../print/text.ts';
import { institutionIdOf, namesOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

export const registerGroupList: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'list <institution>',
      summary: 'list the groups of an institution, by name or id, and who is in them',
      examples: ['npx consilium group list Inselspital'],
    },
    addNetworkOptions,
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const institution = await institutionIdOf(network, named);
        const { groups } = network.client;
        const { items, asOf } = await wholeList((part) => groups(institution, part), network.read);
        const names = await namesOf(
          network,
          items.flatMap(({ members }) => members),
        );
        const nameOf = (id: string): string => names(id) ?? id;
        return {
          data: { asOf, institution, groups: items },
          lines: [
            ...items.map(({ index, members, height }) =>
              printable(`${index} (since height ${height}): ${members.map(nameOf).join(', ') || 'nobody'}`),
            ),
            asOfLine(asOf),
          ],
        };
      }),
  );
