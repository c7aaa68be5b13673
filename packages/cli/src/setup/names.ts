// Owns: from what a person types (a hospital's name, a devnet key's name, an id) to an account id, and back.
import { ACCOUNTS, INSTITUTIONS, readRow, type StateReader } from '@consilium/core';
import { ConsiliumError, type Hex32, type NameOf } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { isHexId } from '../usage.ts';
import { readIdentity } from './identity.ts';
import type { Network } from './network.ts';

/** An id, a name on the ledger, or in a devnet the short name of a node. Throws `INSTITUTION_NOT_FOUND`. */
export async function institutionIdOf({ client, read, devnet }: Network, named: string): Promise<Hex32> {
  if (isHexId(named)) return named;
  const title = devnet?.nodes.find(({ name }) => name === named)?.title;
  const { value } = await client.institutionNamed(title ?? named, read);
  if (value === null) throw new ConsiliumError('INSTITUTION_NOT_FOUND', { name: named });
  return value.id;
}

/** An id, an institution's name on the ledger, or a key by name or file. Throws `ACCOUNT_NOT_FOUND`. */
export async function accountIdNamed(io: Io, network: Network, named: string): Promise<Hex32> {
  if (isHexId(named)) return named;
  const { value } = await network.client.institutionNamed(named, network.read);
  if (value !== null) return value.id;
  const identity = await readIdentity(io, named, network.devnet);
  // Also of a key under a passphrase: its account stands in clear.
  if (identity.type !== 'wallet') return identity.file.account;
  throw new ConsiliumError(
    'ACCOUNT_NOT_FOUND',
    { name: named },
    'a wallet has an account at each institution: name the account',
  );
}

/** What these accounts are called: an institution by its name, anybody else by kind and institution. */
export async function namesOf({ client, read }: Network, accounts: readonly Hex32[]): Promise<NameOf> {
  const ids = [...new Set(accounts)];
  if (ids.length === 0) return () => undefined;
  const { value } = await client.read((state) => ids.map((id) => nameIn(state, id)), read);
  return (account) => value[ids.indexOf(account)];
}

function nameIn(state: StateReader, id: Hex32): string | undefined {
  const account = readRow(state, ACCOUNTS, id);
  if (account === undefined) return undefined;
  const institution = readRow(state, INSTITUTIONS, account.institution)?.name ?? account.institution;
  return account.institution === id ? institution : `${account.kind} ${id.slice(0, 8)}… of ${institution}`;
}
