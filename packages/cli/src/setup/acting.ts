// Owns: for which patient a command acts, and who signs: the patient with the own wallet, or with --for whoever acts for the
// patient. Does not own: whether the ledger lets them.
import {
  ConsiliumError,
  type Hex32,
  parseDelegateFile,
  type Signer,
  signerOf,
  type TagKey,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { isHexId, usage } from '../usage.ts';
import { checkOwnerOnly, pathOf, readText } from './files.ts';
import {
  addSigningOption,
  enrolmentOf,
  type Identity,
  identityOf,
  patientSignerOf,
  type SigningOptions,
} from './identity.ts';
import { institutionIdOf } from './names.ts';
import type { Network } from './network.ts';

export interface ActingOptions extends SigningOptions {
  readonly at?: string;
  readonly for?: string;
}

export function addActingOptions(command: Command): Command {
  return addSigningOption(
    addForOption(command.option('--at <institution>', 'under which enrolment, when the wallet has several')),
    "the patient's wallet, or of who acts for the patient",
  );
}

export function addForOption(command: Command): Command {
  return command.option(
    '--for <file|account>',
    'who acts for a patient: the file handed over, or the account id',
  );
}

export interface Acting {
  /** The pseudonym that it is about. */
  readonly patient: Hex32;
  readonly signer: Signer;
  /** null: tags cannot be made or told. */
  readonly tagKey: TagKey | null;
  /** Where the patient is enrolled; null when nothing at hand says so. */
  readonly institution: Hex32 | null;
}

export async function actingOf(io: Io, network: Network, options: ActingOptions): Promise<Acting> {
  const identity = await identityOf(io, options, network.devnet);
  const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
  if (options.for !== undefined) {
    const subject = await subjectFor(io, network, options.for);
    return { ...subject, signer: await delegateSigner(network, identity, subject.patient, at) };
  }
  const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
  const signer = patientSignerOf(identity, enrolment);
  return { patient: enrolment.account, signer, tagKey: enrolment, institution: enrolment.institution };
}

/** Whose consents are looked at: of --for, else of the wallet. Nothing is signed. */
export async function lookedAt(
  io: Io,
  network: Network,
  options: ActingOptions,
): Promise<Pick<Acting, 'patient' | 'tagKey'>> {
  if (options.for !== undefined) return subjectFor(io, network, options.for);
  const identity = await identityOf(io, options, network.devnet);
  const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
  const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
  return { patient: enrolment.account, tagKey: enrolment };
}

/** Without the key there are no words to be made into tags. */
export function mustTagKey({ tagKey }: Acting): TagKey {
  if (tagKey === null)
    throw usage('--for must be the file that was handed over: only it turns words into tags');
  return tagKey;
}

/** Throws `FILE_INVALID`, `KEY_FILE_MODE`. */
async function subjectFor(io: Io, { client }: Network, named: string): Promise<Omit<Acting, 'signer'>> {
  if (isHexId(named)) return { patient: named, tagKey: null, institution: null };
  const path = pathOf(io, named);
  const text = await readText(path);
  await checkOwnerOnly(path);
  const file = parseDelegateFile(text);
  if (file.genesis !== client.genesisHash)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'of another network' });
  return { patient: file.patient, tagKey: file, institution: file.institution };
}

/** Of a wallet with several pseudonyms the one that was appointed. */
export async function delegateSigner(
  { client, read }: Network,
  identity: Identity,
  patient: Hex32,
  at: Hex32 | undefined,
): Promise<Signer> {
  if (identity.type === 'key') return signerOf(identity.file);
  const own = identity.wallet.enrolments.filter(({ genesis }) => genesis === client.genesisHash);
  if (at !== undefined || own.length < 2)
    return patientSignerOf(identity, enrolmentOf(identity, client.genesisHash, at));
  const { value } = await client.delegations(patient, read);
  const appointed = own.find(({ account }) =>
    value.items.some(({ delegate, state }) => delegate === account && state === 'active'),
  );
  if (appointed === undefined)
    throw usage('none of these enrolments acts for this patient: say which with --at');
  return patientSignerOf(identity, appointed);
}
