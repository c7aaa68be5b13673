// Owns: `validator list`: who decides, and which changes of the set are open.
import type { Answer, ProposalView, ValidatorView } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { asOfLine, table } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

export const registerValidatorList: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'list',
      summary: 'list the hospitals that decide, and the open proposals to admit or remove one',
      examples: ['npx consilium validator list'],
    },
    addNetworkOptions,
    (_args, options) =>
      withNetwork(place.io, options, async ({ client, read }) =>
        shown(await client.validators(read), (await client.proposals(read)).value),
      ),
  );

function shown(
  { value, asOf }: Answer<readonly ValidatorView[]>,
  proposals: readonly ProposalView[],
): Result {
  const names = new Map(value.map(({ id, name }) => [id, name]));
  return {
    data: { asOf, validators: value, proposals },
    lines: [
      ...table([
        ['NAME', 'STANDING', 'ADMITTED AT', 'ID'],
        ...value.map(({ name, standing, admittedHeight, id }) => [
          name,
          standing,
          admittedHeight === 0 ? 'genesis' : String(admittedHeight),
          id,
        ]),
      ]),
      ...(proposals.length === 0 ? [] : ['', ...proposalTable(proposals, names)]),
      asOfLine(asOf),
    ],
  };
}

function proposalTable(proposals: readonly ProposalView[], names: ReadonlyMap<string, string>): string[] {
  return table([
    ['PROPOSAL', 'APPROVED BY', 'ID'],
    ...proposals.map((proposal) => [
      describe(proposal, names),
      proposal.approvals.map((id) => names.get(id) ?? id.slice(0, 8)).join(', '),
      proposal.id,
    ]),
  ]);
}

function describe({ change }: ProposalView, names: ReadonlyMap<string, string>): string {
  switch (change.type) {
    case 'admit':
      return `admit ${change.card.name}`;
    case 'observe':
      return `admit ${change.card.name} as observer`;
    case 'rotate':
      return `other keys for ${change.card.name}`;
    case 'remove':
      return `remove ${names.get(change.institution) ?? change.institution.slice(0, 8)}`;
    case 'params':
      return 'other parameters';
    case 'upgrade':
      return `version ${change.version} from height ${change.height}`;
  }
}
