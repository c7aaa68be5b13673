// Owns: `credential list`: every credential that an institution ever issued, with the proof that none is left out.
import type { CredentialView } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { asOfLine, table, time } from '../print/text.ts';
import { institutionIdOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

export const registerCredentialList: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'list <institution>',
      summary: 'list the credentials of an institution, by name or id',
      examples: ['npx consilium credential list Inselspital'],
    },
    addNetworkOptions,
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const institution = await institutionIdOf(network, named);
        const read = network.client.credentials;
        return shown(institution, await wholeList((part) => read(institution, part), network.read));
      }),
  );

function shown(institution: string, { items, asOf }: WholeList<CredentialView>): Result {
  return {
    data: { asOf, institution, credentials: items },
    lines: [
      ...table([['NR', 'STATE', 'ROLE', 'EMERGENCY', 'ISSUED', 'CLINICIAN'], ...items.map(row)]),
      asOfLine(asOf),
    ],
  };
}

function row({ index, state, role, speciality, emergency, issuedTime, clinician }: CredentialView): string[] {
  const what = speciality === null ? role : `${role} ${speciality}`;
  return [String(index), state, what, emergency ? 'yes' : 'no', time(issuedTime), clinician];
}
