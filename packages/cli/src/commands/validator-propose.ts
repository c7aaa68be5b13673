// Owns: `validator propose`: opening the vote on a change that the hospitals govern.
import { cardFromJson, IMPLICIT_POLICIES, verifyEd25519 } from '@consilium/core';
import {
  type GovernanceView,
  type GovernedChange,
  type ProvenTx,
  paramsChangeOf,
  paramsWith,
  proposalOf,
  type ValidatorCard,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { addBallotOptions, type BallotOptions, cast } from '../setup/ballot.ts';
import { pathOf, readText } from '../setup/files.ts';
import { institutionIdOf } from '../setup/names.ts';
import { type Network, withNetwork } from '../setup/network.ts';
import { committedLine, summaryOf } from '../submitting.ts';
import { collect, integerOf, oneOf, usage } from '../usage.ts';

interface Options extends BallotOptions {
  readonly confirm?: string;
  readonly set?: readonly string[];
  readonly release?: string;
  readonly at?: string;
}

export const registerValidatorPropose: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'propose <change> [who]',
      summary:
        'propose to `admit` a hospital or `observe` (an auditor) by its validator.json, to `remove` one by its name, to `rotate` keys by a new card, other `params`, an `upgrade`, or the `policy` that holds where no consent speaks',
      examples: [
        'npx consilium validator propose admit ./validator.json --as inselspital',
        'npx consilium validator propose remove "Spital Thun" --as inselspital',
        'npx consilium validator propose params --set propose.baseMs=2000 --set blockTxsMax=1000 --as inselspital',
        'npx consilium validator propose upgrade --release 2 --at 250000 --as inselspital',
        'npx consilium validator propose policy Policy-basic-normal --as inselspital',
      ],
    },
    (command) =>
      addBallotOptions(command, 'the proposing hospital')
        .option('--confirm <name>', 'name of the hospital again, where its removal ends fault tolerance')
        .option('--set <name=number>', 'with params: a parameter and its value; see validator list', collect)
        .option('--release <number>', 'with upgrade: the version of the protocol')
        .option('--at <height>', 'with upgrade: the first height of that version'),
    ([kind = '', who], options) => {
      if (!KINDS.includes(kind)) throw usage(`a change is one of ${KINDS.join(', ')}, not '${kind}'`);
      return withNetwork(place.io, options, async (network) => {
        const { value: governance } = await network.client.governance(network.read);
        const change = await changeOf(place.io, network, governance, { kind, who, options });
        const action = proposalOf(change);
        return shown(await cast(place.io, network, options, { change, action, governance }));
      });
    },
  );

const KINDS: readonly string[] = ['admit', 'observe', 'remove', 'rotate', 'params', 'upgrade', 'policy'];

interface Wish {
  readonly kind: string;
  readonly who: string | undefined;
  readonly options: Options;
}

async function changeOf(
  io: Io,
  network: Network,
  governance: GovernanceView,
  { kind, who, options }: Wish,
): Promise<GovernedChange> {
  switch (kind) {
    case 'admit':
    case 'observe':
      return { type: kind, card: await readCard(io, who) };
    case 'rotate': {
      const card = await readCard(io, who);
      return { type: 'rotate', institution: await institutionIdOf(network, card.name), card };
    }
    case 'remove':
      return {
        type: 'remove',
        institution: await institutionIdOf(network, named(who, 'name')),
        confirmName: options.confirm ?? null,
      };
    case 'params':
      return paramsChange(governance, options);
    case 'policy':
      return { type: 'policy', policy: oneOf(IMPLICIT_POLICIES, named(who, 'policy'), 'the policy') };
    default:
      return {
        type: 'upgrade',
        version: integerOf(options.release ?? '', '--release', 1),
        height: integerOf(options.at ?? '', '--at', 1),
      };
  }
}

function named(who: string | undefined, what: string): string {
  if (who === undefined) throw usage(`who? Give the ${what} after the change`);
  return who;
}

/** A card is refused here rather than by a vote: its signatures say whether it is whole. */
async function readCard(io: Io, who: string | undefined): Promise<ValidatorCard> {
  return cardFromJson(await readText(pathOf(io, named(who, 'validator.json'))), verifyEd25519);
}

function paramsChange({ params }: GovernanceView, { set = [] }: Options): GovernedChange {
  const values = new Map(
    set.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name, integerOf(value, `--set ${name}`, 0)] as const;
    }),
  );
  const changed = values.size === 0 ? undefined : paramsWith(params, values);
  if (changed === undefined) throw usage('--set NAME=NUMBER, each with a name that validator list shows');
  return paramsChangeOf(params, changed);
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
