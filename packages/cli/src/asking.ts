// Owns: the options of a question that is decided in thought: who asks, for what, in whose name. Does not own: the decision.
import { type ExplainQuestion, type Hex32, PURPOSES } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { accountIdNamed } from './setup/names.ts';
import type { Network } from './setup/network.ts';
import { oneOf, usage } from './usage.ts';

export interface AskingOptions {
  readonly reader?: string;
  readonly purpose: string;
  readonly onBehalfOf?: string;
  readonly project?: string;
  readonly second?: boolean;
}

export function addAskingOptions(command: Command): Command {
  return command
    .option('--reader <name|id>', 'who asks: a hospital, a clinician by key name, or an account id')
    .option('--purpose <code>', PURPOSES.join(', '), 'TREAT')
    .option('--on-behalf-of <name|id>', 'the clinician for whom a machine of the hospital asks')
    .option('--project <code>', 'under the data-use agreement of this project or claim')
    .option('--second', 'with BTG: a second clinician signs that more than the emergency dataset is needed');
}

export async function questionOf(
  io: Io,
  network: Network,
  patient: Hex32,
  options: AskingOptions,
): Promise<Omit<ExplainQuestion, 'record'>> {
  const { reader, onBehalfOf, project, second } = options;
  if (reader === undefined) throw usage('say who asks: --reader');
  const purpose = oneOf(PURPOSES, options.purpose, '--purpose');
  if (second === true && purpose !== 'BTG') throw usage('--second goes with --purpose BTG');
  return {
    patient,
    reader: await accountIdNamed(io, network, reader),
    purpose,
    onBehalfOf: onBehalfOf === undefined ? null : await accountIdNamed(io, network, onBehalfOf),
    project: project ?? null,
    wide: second === true,
  };
}
