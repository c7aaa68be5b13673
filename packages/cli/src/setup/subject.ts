// Owns: whose records a command is about, and what turns their tags into words and back: the patient's own wallet, the
// institution's register, or the grant that the patient handed over.
import {
  COMMON_CATEGORIES,
  ConsiliumError,
  categoryTag,
  explainTags,
  findPatient,
  type Grant,
  type Hex32,
  isConsiliumError,
  labelTag,
  parseGrant,
  type TagKey,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { isHexId, usage } from '../usage.ts';
import { checkOwnerOnly, pathOf, readText } from './files.ts';
import { enrolmentOf, type Identity, identityIfNamed, type SigningOptions } from './identity.ts';
import { institutionIdOf } from './names.ts';
import type { Network } from './network.ts';
import { addRegisterOption, type RegisterOption, readRegister, registerPath } from './register.ts';
import { institutionOfAccount } from './writer.ts';

export interface SubjectOptions extends SigningOptions, RegisterOption {
  readonly patient?: string;
  readonly grant?: string;
  readonly at?: string;
}

export function addSubjectOptions(command: Command): Command {
  return addRegisterOption(
    command
      .option('--patient <name|account>', 'by the name in the register, or the account id')
      .option('--grant <file>', 'what the patient handed over with a consent: names the patient'),
  );
}

export function addAtOption(command: Command): Command {
  return command.option('--at <institution>', 'under which enrolment, when the wallet has several');
}

/** As far as tags can be told in words here. */
export type Vocabulary =
  | { readonly type: 'key'; readonly key: TagKey }
  | { readonly type: 'grant'; readonly grant: Grant }
  | { readonly type: 'none' };

export interface Subject {
  readonly account: Hex32;
  readonly vocabulary: Vocabulary;
}

const NO_WORDS: Vocabulary = { type: 'none' };

/** The grant's patient, else the one named, else the owner of the wallet. */
export async function subjectOf(io: Io, network: Network, options: SubjectOptions): Promise<Subject> {
  if (options.grant !== undefined) return subjectOfGrant(io, network, options.grant, options.patient);
  const identity = await identityIfNamed(io, options, network.devnet);
  if (options.patient !== undefined) return subjectNamed(io, network, identity, options.patient, options);
  if (identity === undefined || identity.type === 'key')
    throw usage("say whose records: --patient NAME|ACCOUNT, --grant FILE, or the patient's wallet with --as");
  const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
  const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
  return { account: enrolment.account, vocabulary: { type: 'key', key: enrolment } };
}

async function subjectOfGrant(
  io: Io,
  { client }: Network,
  file: string,
  patient: string | undefined,
): Promise<Subject> {
  const path = pathOf(io, file);
  const text = await readText(path);
  await checkOwnerOnly(path);
  const grant = parseNamed(path, text);
  if (grant.genesis !== client.genesisHash)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'grant of another network' });
  if (patient !== undefined && patient !== grant.patient) throw usage('--grant is of another patient');
  return { account: grant.patient, vocabulary: { type: 'grant', grant } };
}

function parseNamed(path: string, text: string): Grant {
  try {
    return parseGrant(text);
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file: path });
    throw error;
  }
}

/** Throws `ACCOUNT_NOT_FOUND` for a name that is in no register at hand. */
async function subjectNamed(
  io: Io,
  network: Network,
  identity: Identity | undefined,
  named: string,
  options: RegisterOption,
): Promise<Subject> {
  const known = await keyOfPatient(io, network, identity, named, options);
  if (known !== undefined) return { account: known.account, vocabulary: { type: 'key', key: known } };
  if (!isHexId(named))
    throw new ConsiliumError('ACCOUNT_NOT_FOUND', {}, 'no register at hand has a patient of this name');
  return { account: named, vocabulary: NO_WORDS };
}

async function keyOfPatient(
  io: Io,
  network: Network,
  identity: Identity | undefined,
  named: string,
  options: RegisterOption,
): Promise<(TagKey & { readonly account: Hex32 }) | undefined> {
  const { genesisHash } = network.client;
  if (identity?.type === 'wallet')
    return identity.wallet.enrolments.find(
      ({ genesis, account }) => genesis === genesisHash && account === named,
    );
  const register = await registerAtHand(io, network, identity, options);
  return register === undefined ? undefined : findPatient(register, named);
}

/** The one named, or that of the institution of who asks. */
async function registerAtHand(
  io: Io,
  network: Network,
  identity: Identity | undefined,
  options: RegisterOption,
): ReturnType<typeof readRegister> {
  if (options.register !== undefined) return readRegister(pathOf(io, options.register), network);
  if (identity?.type !== 'key') return undefined;
  const institution = await institutionOfAccount(network, identity.file.account);
  return readRegister(registerPath(io, network, institution, options), network, institution);
}

interface Tagged {
  readonly tags: readonly string[];
  readonly tagGeneration: number;
}

/** The words of those tags that are explained here: the category first, then labels. */
export function wordsOf(vocabulary: Vocabulary, tagged: Tagged): readonly string[] {
  return categoryFirst(explained(vocabulary, tagged));
}

/** Tags stand in no order that means anything. */
export function categoryFirst(words: readonly string[]): readonly string[] {
  const sorted = words.toSorted();
  const isCategory = (word: string): boolean => COMMON_CATEGORIES.includes(word);
  return [...sorted.filter(isCategory), ...sorted.filter((word) => !isCategory(word))];
}

function explained(vocabulary: Vocabulary, { tags, tagGeneration }: Tagged): readonly string[] {
  if (vocabulary.type === 'none') return [];
  if (vocabulary.type === 'key') {
    if (vocabulary.key.tagGeneration !== tagGeneration) return [];
    return explainTags(vocabulary.key, tags).filter((word, index) => word !== tags[index]);
  }
  if (vocabulary.grant.tagGeneration !== tagGeneration) return [];
  return vocabulary.grant.tags.filter(({ tag }) => tags.includes(tag)).map(({ word }) => word);
}

/** The tags of words. Throws `USAGE_INVALID` when nothing at hand knows one of them. */
export function tagsOf(
  vocabulary: Vocabulary,
  categories: readonly string[],
  labels: readonly string[],
): readonly string[] {
  if (vocabulary.type === 'key') {
    const { tagSecret, tagGeneration } = vocabulary.key;
    return [
      ...categories.map((word) => categoryTag(tagSecret, tagGeneration, word)),
      ...labels.map((word) => labelTag(tagSecret, tagGeneration, word)),
    ];
  }
  return [...categories, ...labels].map((wanted) => tagInGrant(vocabulary, wanted));
}

function tagInGrant(vocabulary: Vocabulary, wanted: string): string {
  if (vocabulary.type !== 'grant')
    throw usage(`only a grant or the register knows the tag of '${wanted}': give --grant or --register`);
  const found = vocabulary.grant.tags.find(({ word }) => word === wanted);
  if (found === undefined) throw usage(`the grant does not speak of '${wanted}'`);
  return found.tag;
}

/** The category tags that a grant is limited to; none when it permits every category, or is no grant. */
export function grantedCategories(vocabulary: Vocabulary): readonly string[] {
  if (vocabulary.type !== 'grant') return [];
  const found = vocabulary.grant.tags.filter(({ word }) => COMMON_CATEGORIES.includes(word));
  return found.length === COMMON_CATEGORIES.length ? [] : found.map(({ tag }) => tag);
}
