// Owns: the way of a vote from the command line: what it does is shown, confirmed by the person or by --yes, and only then
// signed and sent. Does not own: which change (commands/), how it is shown (print/governance.ts).
import {
  type Action,
  ConsiliumError,
  effectOf,
  type GovernanceView,
  type GovernedChange,
  type ProvenTx,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { ballotLines, namesIn } from '../print/governance.ts';
import { addTimeoutOption, type SubmitTimeout, submitted } from '../submitting.ts';
import { usage } from '../usage.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from './identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions } from './network.ts';

export interface BallotOptions extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addBallotOptions(command: Command, who: string): Command {
  return addTimeoutOption(addNetworkOptions(addSigningOption(command, who))).option(
    '--yes',
    'sign without asking; for scripts, and needed with --json',
  );
}

export interface Ballot {
  readonly change: GovernedChange;
  readonly action: Action;
  readonly governance: GovernanceView;
}

/** Throws `NOT_CONFIRMED`, `USAGE_INVALID` where nobody can be asked, and what submitting throws. */
export async function cast(
  io: Io,
  network: Network,
  options: BallotOptions,
  ballot: Ballot,
): Promise<ProvenTx> {
  const { change, action, governance } = ballot;
  const lines = ballotLines(change, effectOf(governance, change), namesIn(governance));
  io.err(`${lines.join('\n')}\n`);
  await confirm(io, options);
  const identity = await identityOf(io, options, network.devnet);
  return submitted(io, network, [action], accountSigner(identity, 'a hospital'), options);
}

async function confirm(io: Io, { yes, json }: BallotOptions): Promise<void> {
  if (yes === true) return;
  if (json === true) throw usage('with --json nobody is asked: give --yes when you have compared the words');
  if (io.ask === undefined) throw usage('nobody is at a terminal to confirm: give --yes');
  const answer = (await io.ask('sign this? Type yes: ')).trim().toLowerCase();
  if (answer !== 'yes') throw new ConsiliumError('NOT_CONFIRMED');
}
