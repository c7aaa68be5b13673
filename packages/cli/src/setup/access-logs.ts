// Owns: the access logs that a command is about, verified: the patient's own, which leave no entry, or another's, whose
// reading is entered on the ledger first. Does not own: collecting them (the SDK), how they look (print/access.ts).
import {
  exportAccessLog,
  type Hex32,
  readLog,
  type Signer,
  type VerifiedAccessLog,
  verifyAccessLog,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { enrolmentsOf } from './enrolments.ts';
import { accountSigner, addSigningOption, enrolmentOf, identityOf, patientSignerOf } from './identity.ts';
import { institutionIdOf } from './names.ts';
import { addNetworkOptions, type Network, type NetworkOptions } from './network.ts';
import { addPatienceOption, type PatienceOption, withPatience } from './patience.ts';
import { addRegisterOption } from './register.ts';
import { type SubjectOptions, subjectOf } from './subject.ts';

export interface AccessLogOptions extends NetworkOptions, SubjectOptions, PatienceOption {}

export interface LogAtHand {
  readonly text: string;
  readonly log: VerifiedAccessLog;
}

export function addAccessLogOptions(command: Command): Command {
  const named = command
    .option('--at <institution>', 'of this enrolment only, or as which a delegate acts')
    .option('--patient <name|account>', "another's log: for their hospital, its officers, who acts for them");
  const signed = addSigningOption(
    addRegisterOption(named),
    "the patient's wallet, which signs nothing, or of who reads",
  );
  return addPatienceOption(addNetworkOptions(signed));
}

/**
 * `apart`: one log for each pseudonym, asked for one after the other, so that no request tells a node that two are of one
 * person; else one log of all, which says so to whoever sees it.
 */
export async function accessLogsOf(
  io: Io,
  network: Network,
  options: AccessLogOptions,
  apart: boolean,
): Promise<readonly LogAtHand[]> {
  const { client, genesis, read } = network;
  const atHand = (text: string): LogAtHand => ({ text, log: verifyAccessLog(text, genesis) });
  if (options.patient !== undefined) {
    const { account } = await subjectOf(io, network, options);
    const signer = await readerOf(io, network, options, account);
    if (signer !== 'patient') return [atHand(await entered(io, network, options, account, signer))];
    return [atHand(await exportAccessLog(client, [{ account }], read))];
  }
  const enrolments = await enrolmentsOf(io, network, options);
  const logs: LogAtHand[] = [];
  for (const part of apart ? enrolments.map((each) => [each]) : [enrolments])
    logs.push(atHand(await exportAccessLog(client, part, read)));
  return logs;
}

/** `patient`: whoever asks is the patient. */
async function readerOf(
  io: Io,
  network: Network,
  options: AccessLogOptions,
  patient: Hex32,
): Promise<Signer | 'patient'> {
  const identity = await identityOf(io, options, network.devnet);
  if (identity.type === 'key') return accountSigner(identity, 'who reads the log');
  if (identity.wallet.enrolments.some(({ account }) => account === patient)) return 'patient';
  const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
  return patientSignerOf(identity, enrolmentOf(identity, network.client.genesisHash, at));
}

function entered(
  io: Io,
  { client, read }: Network,
  options: AccessLogOptions,
  patient: Hex32,
  signer: Signer,
): Promise<string> {
  return withPatience(options, async (patience) => {
    const { text, index } = await readLog(client, { patient, signer, read, ...patience });
    io.err(`this look is entered on the ledger as access ${index} of the patient\n`);
    return text;
  });
}
