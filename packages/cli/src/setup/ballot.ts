// Owns: the way of a vote from the command line: what it does is shown, confirmed by the person or by --yes, and only then
// signed and sent. Does not own: which change (commands/), how it is shown (print/governance.ts).
import {
  type Action,
  effectOf,
  type GovernanceView,
  type GovernedChange,
  type ProvenTx,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { ballotLines, namesIn } from '../print/governance.ts';
import { addTimeoutOption, type SubmitTimeout, submitted } from '../submitting.ts';
import { type ConfirmOptions, confirm } from './confirm.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from './identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions } from './network.ts';

export interface BallotOptions extends NetworkOptions, SigningOptions, SubmitTimeout, ConfirmOptions {}

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
  await confirm(io, options, 'sign this?', 'when you have compared the words');
  const identity = await identityOf(io, options, network.devnet);
  return submitted(io, network, [action], accountSigner(identity, 'a hospital'), options);
}
