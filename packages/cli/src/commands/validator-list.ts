// Owns: `validator list`: who decides, who follows, which changes are open, by which parameters and version.
import { type Answer, cardWords, figuresOf, flatParams, type GovernanceView } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { describeChange, namesIn } from '../print/governance.ts';
import { asOfLine, fields, table } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

interface Options extends NetworkOptions {
  readonly params?: boolean;
}

export const registerValidatorList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list',
      summary: 'list who decides, who learns or observes, and the open proposals with their approvals',
      examples: ['npx consilium validator list', 'npx consilium validator list --params'],
    },
    (command) => addNetworkOptions(command).option('--params', 'the consensus parameters too'),
    (_args, options) =>
      withNetwork(place.io, options, async ({ client, read }) =>
        shown(await client.governance(read), options.params === true),
      ),
  );

function shown({ value, asOf }: Answer<GovernanceView>, withParams: boolean): Result {
  const staying = value.validators.filter(({ standing }) => standing !== 'leaving').length;
  const figures = figuresOf(staying);
  const proposals = value.proposals.map((proposal) => ({
    ...proposal,
    needed: figures.quorum,
    heightsLeft: proposal.lastHeight - asOf.height,
    ...('card' in proposal.change && { words: cardWords(proposal.change.card).join(' ') }),
  }));
  const { validators, faulty, quorum } = figures;
  return {
    data: { asOf, ...value, proposals, figures },
    lines: [
      ...institutions(value),
      `n = ${validators}: ${faulty} may fail or lie, ${quorum} votes decide`,
      ...proposalTable(value, proposals),
      ...fields([
        ['protocol', versionText(value)],
        ['without a consent', value.policy],
      ]),
      ...(withParams ? fields(Object.entries(flatParams(value.params))) : []),
      asOfLine(asOf),
    ],
  };
}

function institutions({ validators, learners, observers }: GovernanceView): string[] {
  const heightText = (height: number): string => (height === 0 ? 'genesis' : String(height));
  return table([
    ['NAME', 'STANDING', 'ADMITTED AT', 'ID'],
    ...validators.map(({ name, standing, admittedHeight, id }) => [
      name,
      standing,
      heightText(admittedHeight),
      id,
    ]),
    ...[...learners, ...observers].map(({ name, role, sinceHeight, id }) => [
      name,
      role,
      heightText(sinceHeight),
      id,
    ]),
  ]);
}

type Shown = GovernanceView['proposals'][number] & { readonly needed: number; readonly heightsLeft: number };

function proposalTable(governance: GovernanceView, proposals: readonly Shown[]): string[] {
  if (proposals.length === 0) return [];
  const nameOf = namesIn(governance);
  return [
    '',
    ...table([
      ['PROPOSAL', 'APPROVED BY', 'OF', 'LAPSES IN', 'ID'],
      ...proposals.map(({ change, approvals, needed, heightsLeft, id }) => [
        describeChange(change, nameOf),
        approvals.map(nameOf).join(', '),
        `${approvals.length} of ${needed}`,
        `${heightsLeft} heights`,
        id,
      ]),
    ]),
    '',
  ];
}

function versionText({ version, upgrade }: GovernanceView): string {
  return upgrade === null
    ? `version ${version}`
    : `version ${version}; version ${upgrade.version} from height ${upgrade.height} on`;
}
