// Owns: as whom records are opened and for what: a clinician, a machine in the name of one, a patient, or who acts for a patient.
import { type AccessWish, type Hex32, PURPOSES } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { oneOf } from '../usage.ts';
import { delegateSigner } from './acting.ts';
import { accountSigner, type Identity } from './identity.ts';
import { accountIdNamed, institutionIdOf } from './names.ts';
import type { Network } from './network.ts';

export interface OpenerOptions {
  readonly at?: string;
  readonly purpose?: string;
  readonly onBehalfOf?: string;
  readonly project?: string;
}

export function addOpenerOptions(command: Command): Command {
  return command
    .option(
      '--purpose <code>',
      `${PURPOSES.join(', ')} (default: TREAT; of a wallet PATRQT for oneself, FAMRQT for another)`,
    )
    .option('--on-behalf-of <name|id>', "by a hospital's machine: the clinician for whom it asks")
    .option('--project <code>', 'under the data-use agreement of this project or claim')
    .option('--at <institution>', 'as which of several enrolments a delegate acts');
}

export type Opener = Pick<AccessWish, 'signer' | 'purpose' | 'onBehalfOf' | 'project'>;

export async function openerOf(
  io: Io,
  network: Network,
  identity: Identity,
  patient: Hex32,
  options: OpenerOptions,
): Promise<Opener> {
  const { purpose, onBehalfOf, project } = options;
  const isOwn =
    identity.type === 'wallet' && identity.wallet.enrolments.some(({ account }) => account === patient);
  const usual = identity.type === 'key' ? 'TREAT' : isOwn ? 'PATRQT' : 'FAMRQT';
  return {
    signer: await signerFor(network, identity, patient, options),
    purpose: oneOf(PURPOSES, purpose ?? usual, '--purpose'),
    ...(onBehalfOf !== undefined && { onBehalfOf: await accountIdNamed(io, network, onBehalfOf) }),
    ...(project !== undefined && { project }),
  };
}

async function signerFor(
  network: Network,
  identity: Identity,
  patient: Hex32,
  { at }: OpenerOptions,
): Promise<Opener['signer']> {
  if (identity.type === 'key') return accountSigner(identity, 'who opens');
  const own = identity.wallet.enrolments.find(({ account }) => account === patient);
  const place = at === undefined ? own?.institution : await institutionIdOf(network, at);
  return delegateSigner(network, identity, patient, place);
}
