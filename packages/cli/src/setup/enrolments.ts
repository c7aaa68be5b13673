// Owns: which of a wallet's pseudonyms a command is about: all of this network, or the one at an institution.
import type { Enrolment } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import { enrolmentOf, identityOf, type SigningOptions } from './identity.ts';
import { institutionIdOf } from './names.ts';
import type { Network } from './network.ts';

export async function enrolmentsOf(
  io: Io,
  network: Network,
  options: SigningOptions & { readonly at?: string },
): Promise<readonly Enrolment[]> {
  const { genesisHash } = network.client;
  const identity = await identityOf(io, options, network.devnet);
  if (options.at !== undefined)
    return [enrolmentOf(identity, genesisHash, await institutionIdOf(network, options.at))];
  if (identity.type === 'key') throw usage("only a patient can do this: name the patient's wallet with --as");
  const own = identity.wallet.enrolments.filter(({ genesis }) => genesis === genesisHash);
  if (own.length === 0)
    throw usage('this wallet is not enrolled anywhere: npx consilium patient enrol --help');
  return own;
}
