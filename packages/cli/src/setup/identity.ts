// Owns: as whom a command signs: a key file or a wallet, by path or by the name it has in the devnet.
import {
  ConsiliumError,
  type Enrolment,
  findEnrolment,
  type Hex32,
  isConsiliumError,
  KEY_FILE_KIND,
  type KeyFile,
  type PatientWallet,
  parseKeyFile,
  parseWallet,
  patientSigner,
  type Signer,
  signerOf,
  WALLET_KIND,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import type { DevnetFile } from './devnet-file.ts';
import { checkOwnerOnly, isThere, pathOf, readText } from './files.ts';

export interface SigningOptions {
  readonly as?: string;
}

export function addSigningOption(command: Command, who: string): Command {
  return command.option(
    '--as <name|file>',
    `key of ${who}: a file, or a name in the devnet (else CONSILIUM_KEY)`,
  );
}

export type Identity =
  | { readonly type: 'key'; readonly path: string; readonly file: KeyFile }
  | { readonly type: 'wallet'; readonly path: string; readonly wallet: PatientWallet };

export async function identityOf(
  io: Io,
  options: SigningOptions,
  devnet: DevnetFile | undefined,
): Promise<Identity> {
  const named = options.as ?? io.env['CONSILIUM_KEY'] ?? '';
  if (named === '') throw usage('no key is named: give --as NAME|FILE or set CONSILIUM_KEY');
  return readIdentity(io, named, devnet);
}

/** undefined when no key is named at all. */
export async function identityIfNamed(
  io: Io,
  options: SigningOptions,
  devnet: DevnetFile | undefined,
): Promise<Identity | undefined> {
  const named = options.as ?? io.env['CONSILIUM_KEY'] ?? '';
  return named === '' ? undefined : readIdentity(io, named, devnet);
}

/** A file comes before a name: what is there under that path was meant. Throws `KEY_NOT_FOUND` or `FILE_INVALID`. */
export async function readIdentity(io: Io, named: string, devnet: DevnetFile | undefined): Promise<Identity> {
  const direct = pathOf(io, named);
  const path = (await isThere(direct)) ? direct : pathInDevnet(named, devnet);
  if (path === undefined) {
    const known = namesOf(devnet);
    throw new ConsiliumError('KEY_NOT_FOUND', { key: named, ...(known !== '' && { known }) });
  }
  const text = await readText(path);
  await checkOwnerOnly(path);
  return parseIdentity(path, text);
}

function pathInDevnet(name: string, devnet: DevnetFile | undefined): string | undefined {
  const key = devnet?.keys.find((candidate) => candidate.name === name);
  const node = devnet?.nodes.find(({ name: short, title }) => short === name || title === name);
  return key?.file ?? node?.accountKey;
}

function namesOf(devnet: DevnetFile | undefined): string {
  const names = [...(devnet?.keys ?? []), ...(devnet?.nodes ?? [])].map(({ name }) => name);
  return [...new Set(names)].join(' ');
}

function parseIdentity(path: string, text: string): Identity {
  try {
    if (kindOf(text) === WALLET_KIND) return { type: 'wallet', path, wallet: parseWallet(text) };
    return { type: 'key', path, file: parseKeyFile(text) };
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file: path });
    throw error;
  }
}

function kindOf(text: string): string {
  try {
    const raw: unknown = JSON.parse(text);
    return typeof raw === 'object' && raw !== null && 'kind' in raw ? String(raw.kind) : '';
  } catch {
    return KEY_FILE_KIND;
  }
}

/** A single account's signer. Throws `USAGE_INVALID` for a patient's wallet. */
export function accountSigner(identity: Identity, who: string): Signer {
  if (identity.type === 'wallet') throw usage(`a patient's wallet cannot sign here: name the key of ${who}`);
  const { role } = identity.file;
  if (role === 'validator' || role === 'network')
    throw usage(`a ${role} key signs no transactions: name the account key of ${who}`);
  return signerOf(identity.file);
}

/** The patient's enrolment to act under. `at` decides when the wallet holds several of this network. */
export function enrolmentOf(identity: Identity, genesis: Hex32, at: Hex32 | undefined): Enrolment {
  if (identity.type === 'key') throw usage("only a patient can do this: name the patient's wallet with --as");
  const own = identity.wallet.enrolments.filter((enrolment) => enrolment.genesis === genesis);
  const found = at === undefined ? own[0] : findEnrolment(identity.wallet, genesis, at);
  if (found === undefined)
    throw usage('this wallet is not enrolled there: npx consilium patient enrol --help');
  if (at === undefined && own.length > 1)
    throw usage('this wallet is enrolled at several institutions: say which with --at');
  return found;
}

export function patientSignerOf(identity: Identity, enrolment: Enrolment): Signer {
  if (identity.type === 'key') throw usage("only a patient can do this: name the patient's wallet with --as");
  return patientSigner(identity.wallet, enrolment);
}
