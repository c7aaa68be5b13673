// Owns: as whom a command signs: a key file or a wallet, by path or by the name it has in the devnet.
import {
  ConsiliumError,
  createKeySeal,
  type Enrolment,
  findEnrolment,
  type Hex32,
  isConsiliumError,
  isSealedKey,
  KEY_FILE_KIND,
  type KeyFile,
  type PatientWallet,
  parseWallet,
  patientSigner,
  readKeyFile,
  type SealedKeyFile,
  type Signer,
  signerOf,
  WALLET_KIND,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import type { DevnetFile } from './devnet-file.ts';
import { checkOwnerOnly, isThere, pathOf, readText } from './files.ts';
import { addPassphraseOption, type PassphraseOption, passphraseOf } from './passphrase.ts';

export interface SigningOptions extends PassphraseOption {
  readonly as?: string;
}

export function addSigningOption(command: Command, who: string): Command {
  return addPassphraseOption(
    command.option(
      '--as <name|file>',
      `key of ${who}: a file, with or without .json, or a name in the devnet (else CONSILIUM_KEY)`,
    ),
  );
}

export type Identity =
  | { readonly type: 'key'; readonly path: string; readonly file: KeyFile }
  | { readonly type: 'wallet'; readonly path: string; readonly wallet: PatientWallet };

/** A key file under a passphrase: what is readable of it. */
export interface SealedIdentity {
  readonly type: 'sealed';
  readonly path: string;
  readonly file: SealedKeyFile;
}

/** Throws `PASSPHRASE_WRONG`, and what taking a passphrase throws. */
async function openIdentity(
  io: Io,
  identity: Identity | SealedIdentity,
  options: PassphraseOption,
): Promise<Identity> {
  if (identity.type !== 'sealed') return identity;
  const { path, file } = identity;
  try {
    const seal = createKeySeal(await passphraseOf(io, options), systemRandom);
    const opened = await seal.open(file);
    seal.forget();
    return { type: 'key', path, file: opened };
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { file: path, ...error.data });
    throw error;
  }
}

export async function identityOf(
  io: Io,
  options: SigningOptions,
  devnet: DevnetFile | undefined,
): Promise<Identity> {
  const identity = await identityIfNamed(io, options, devnet);
  if (identity === undefined) throw usage('no key is named: give --as NAME|FILE or set CONSILIUM_KEY');
  return identity;
}

/** undefined when no key is named at all. */
export async function identityIfNamed(
  io: Io,
  options: SigningOptions,
  devnet: DevnetFile | undefined,
): Promise<Identity | undefined> {
  const named = options.as ?? io.env['CONSILIUM_KEY'] ?? '';
  if (named === '') return undefined;
  return openIdentity(io, await readIdentity(io, named, devnet), options);
}

/**
 * A file comes before a name: what is there under that path was meant. A name is one of the devnet, else a key file that is
 * called so in this folder. Throws `KEY_NOT_FOUND`, `KEY_FILE_MALFORMED`, `FILE_INVALID`.
 */
export async function readIdentity(
  io: Io,
  named: string,
  devnet: DevnetFile | undefined,
): Promise<Identity | SealedIdentity> {
  const direct = pathOf(io, named);
  const path = (await isThere(direct)) ? direct : (pathInDevnet(named, devnet) ?? (await fileNamed(direct)));
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

async function fileNamed(direct: string): Promise<string | undefined> {
  const path = `${direct}.json`;
  return (await isThere(path)) ? path : undefined;
}

function namesOf(devnet: DevnetFile | undefined): string {
  const names = [...(devnet?.keys ?? []), ...(devnet?.nodes ?? [])].map(({ name }) => name);
  return [...new Set(names)].join(' ');
}

function parseIdentity(path: string, text: string): Identity | SealedIdentity {
  try {
    if (kindOf(text) === WALLET_KIND) return { type: 'wallet', path, wallet: parseWallet(text) };
    const file = readKeyFile(text);
    return isSealedKey(file) ? { type: 'sealed', path, file } : { type: 'key', path, file };
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

const systemRandom = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

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
