// Owns: who writes, and for which institution: itself, or the one that the ledger says a clinician belongs to.
import { ConsiliumError, type Hex32, type Signer } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { accountSigner, identityOf, type SigningOptions } from './identity.ts';
import type { Network } from './network.ts';

export interface Writer {
  readonly signer: Signer;
  readonly institution: Hex32;
}

export async function writerOf(io: Io, network: Network, options: SigningOptions): Promise<Writer> {
  const identity = await identityOf(io, options, network.devnet);
  const signer = accountSigner(identity, 'an institution or a clinician');
  return { signer, institution: await institutionOfAccount(network, signer.account) };
}

/** Throws `ACCOUNT_NOT_FOUND`. */
export async function institutionOfAccount({ client, read }: Network, account: Hex32): Promise<Hex32> {
  const { value } = await client.account(account, read);
  if (value === null) throw new ConsiliumError('ACCOUNT_NOT_FOUND', { account });
  return value.institution;
}
