// Owns: where the store of an institution's own entries lies, and opening it; the patients that the institution knows by
// other names. Does not own: what stands in it (the SDK).
import { join } from 'node:path';
import { ConsiliumError, genesisHash, type Hex32, parseRegister } from '@consilium/sdk';
import { type AuditStore, openAuditStore, openOrMakeAuditStore } from '@consilium/sdk/node';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { isHexId, usage } from '../usage.ts';
import type { DevnetFile } from './devnet-file.ts';
import { checkOwnerOnly, isThere, pathOf, readTextIfThere } from './files.ts';
import { accountSigner, identityOf, type SigningOptions } from './identity.ts';
import { genesisPathOf, readGenesis } from './network.ts';

export interface StoreOptions extends SigningOptions {
  readonly store?: string;
  readonly genesis?: string;
}

export function addStoreOption(command: Command): Command {
  return command.option(
    '--store <folder>',
    "the institution's store of entries (default: audit-ACCOUNT in the devnet's folder, else in ~/.consilium)",
  );
}

/** The store that is there. Throws `FILE_MISSING`. */
export async function auditStore(
  io: Io,
  options: StoreOptions,
  devnet: DevnetFile | undefined,
): Promise<AuditStore> {
  if (options.store !== undefined) return openAuditStore(pathOf(io, options.store));
  const signer = accountSigner(await identityOf(io, options, devnet), 'the institution');
  return openAuditStore(defaultFolder(io, options, devnet, signer.account));
}

/** The store; made when there is none, for the institution of the key and the network of the genesis. */
export async function auditStoreOrNew(
  io: Io,
  options: StoreOptions,
  devnet: DevnetFile | undefined,
): Promise<AuditStore> {
  const named = options.store === undefined ? undefined : pathOf(io, options.store);
  if (named !== undefined && (await isThere(join(named, 'store.json')))) return openAuditStore(named);
  const { account } = accountSigner(await identityOf(io, options, devnet), 'the institution');
  const folder = newStoreFolder(io, options, devnet, account);
  if (await isThere(join(folder, 'store.json'))) return openAuditStore(folder);
  const path = genesisPathOf(io, options, devnet);
  if (path === undefined)
    throw usage('no genesis to make the store for: give --genesis FILE or set CONSILIUM_GENESIS');
  return openOrMakeAuditStore(folder, {
    genesis: genesisHash(await readGenesis(path)),
    institution: account,
  });
}

/** Where a new store is made. */
export function newStoreFolder(
  io: Io,
  options: StoreOptions,
  devnet: DevnetFile | undefined,
  institution: Hex32,
): string {
  return options.store === undefined
    ? defaultFolder(io, options, devnet, institution)
    : pathOf(io, options.store);
}

function defaultFolder(
  io: Io,
  options: StoreOptions,
  devnet: DevnetFile | undefined,
  institution: Hex32,
): string {
  const isDevnet = devnet !== undefined && genesisPathOf(io, options, devnet) === devnet.genesis;
  const folder = isDevnet ? devnet.dir : join(io.home, '.consilium');
  return join(folder, `audit-${institution}`);
}

export interface PatientNamesOption {
  readonly register?: string;
}

export function addPatientNamesOption(command: Command): Command {
  return command.option(
    '--register <file>',
    "the institution's register, where patients are named as the institution does (default: pseudonyms only)",
  );
}

/** From what the institution calls a patient to the pseudonym. Throws `FILE_MISSING`, `FILE_INVALID`, `KEY_FILE_MODE`. */
export async function pseudonymsOf(
  io: Io,
  { register }: PatientNamesOption,
): Promise<(local: string) => Hex32 | undefined> {
  if (register === undefined) return () => undefined;
  const path = pathOf(io, register);
  const text = await readTextIfThere(path);
  if (text === undefined) throw new ConsiliumError('FILE_MISSING', { file: path });
  await checkOwnerOnly(path);
  const { patients } = parseRegister(text);
  const byName = new Map(patients.map(({ local, account }) => [local, account]));
  return (local) => byName.get(local);
}

/** Throws `ACCOUNT_NOT_FOUND` for a name that the register does not have. */
export async function pseudonymNamed(io: Io, named: string, options: PatientNamesOption): Promise<Hex32> {
  if (isHexId(named)) return named;
  const pseudonym = (await pseudonymsOf(io, options))(named);
  if (pseudonym === undefined)
    throw new ConsiliumError(
      'ACCOUNT_NOT_FOUND',
      { register: options.register ?? 'none' },
      'neither a pseudonym nor a patient of the register that --register names',
    );
  return pseudonym;
}
