// Owns: from what a person types (a hospital's name, a devnet key's name, an id) to an account id.
import { ConsiliumError, type Hex32 } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { isHexId } from '../usage.ts';
import { readIdentity } from './identity.ts';
import type { Network } from './network.ts';

/** Throws `INSTITUTION_NOT_FOUND`. */
export async function institutionIdOf({ client, read }: Network, named: string): Promise<Hex32> {
  if (isHexId(named)) return named;
  const { value } = await client.institutionNamed(named, read);
  if (value === null) throw new ConsiliumError('INSTITUTION_NOT_FOUND', { name: named });
  return value.id;
}

/** An id, an institution's name on the ledger, or a key by name or file. Throws `ACCOUNT_NOT_FOUND`. */
export async function accountIdNamed(io: Io, network: Network, named: string): Promise<Hex32> {
  if (isHexId(named)) return named;
  const { value } = await network.client.institutionNamed(named, network.read);
  if (value !== null) return value.id;
  const identity = await readIdentity(io, named, network.devnet);
  if (identity.type === 'key') return identity.file.account;
  throw new ConsiliumError('ACCOUNT_NOT_FOUND', { name: named });
}
