// Owns: data-use agreements off the ledger: the texts that a patient accepted one by one, with the salts of their digests,
// in one secret file; and what was used under an agreement. Does not own: the consent that bears the digests (actions.ts).
import {
  AGREEMENT_TERMS_MAX,
  ConsiliumError,
  concat,
  type DataUseAgreement,
  domainTag,
  fromHex,
  type Hex32,
  hashHex,
  isCode,
  isHexOf,
  type Purpose,
  toHex,
  utf8,
} from '@consilium/core';
import type { ConsentView } from '../client/queries.ts';
import type { AccessView } from '../client/record-queries.ts';
import { parseObject } from '../keys/key-file.ts';
import { SALT_BYTES } from '../limits.ts';
import { type RandomBytes, systemRandom } from '../random.ts';

export const AGREEMENT_KIND = 'consilium-agreement';
const TERM_DOMAIN = 'consilium/agreement-term/v1';

/** With salt and text anybody can see that this very text was accepted; destroy the salt, and nobody can. */
export interface AgreementFile {
  readonly kind: typeof AGREEMENT_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  readonly patient: Hex32;
  readonly project: string;
  /** In the order in which they were read. */
  readonly terms: readonly AcceptedTerm[];
}

export interface AcceptedTerm {
  readonly text: string;
  /** 32 random bytes. */
  readonly salt: Hex32;
}

/** A random salt for every text. Throws `VALUE_INVALID` without texts, of too many, or when one is empty or stands twice. */
export function createAgreement(
  owner: Pick<AgreementFile, 'genesis' | 'patient' | 'project'>,
  texts: readonly string[],
  random: RandomBytes = systemRandom,
): AgreementFile {
  const unlike = new Set(texts.map((text) => text.trim()));
  if (!isTermCount(texts.length) || unlike.has('') || unlike.size !== texts.length)
    throw new ConsiliumError('VALUE_INVALID', { field: 'terms' });
  const { genesis, patient, project } = owner;
  const terms = texts.map((text) => ({ text: text.trim(), salt: toHex(random(SALT_BYTES)) }));
  return { kind: AGREEMENT_KIND, version: 1, genesis, patient, project, terms };
}

/** SHA-256(domain || salt || text). */
export function termDigest({ text, salt }: AcceptedTerm): Hex32 {
  return hashHex(concat(domainTag(TERM_DOMAIN), fromHex(salt), utf8(text)));
}

/** What stands on the ledger of it. */
export function agreementOf(file: AgreementFile): DataUseAgreement {
  return { project: file.project, terms: file.terms.map(termDigest).toSorted() };
}

/** Which texts of the file the consent accepts, and how many of its digests no text gives. */
export function acceptedTerms(
  file: AgreementFile,
  agreement: DataUseAgreement,
): { readonly texts: readonly string[]; readonly unknown: number } {
  const accepted = file.terms.filter((term) => agreement.terms.includes(termDigest(term)));
  return { texts: accepted.map(({ text }) => text), unknown: agreement.terms.length - accepted.length };
}

export function formatAgreement(file: AgreementFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseAgreement(text: string): AgreementFile {
  const { version, genesis, patient, project, terms } = parseObject(text, AGREEMENT_KIND);
  const whole =
    version === 1 &&
    isHexOf(genesis, 32) &&
    isHexOf(patient, 32) &&
    typeof project === 'string' &&
    isCode(project) &&
    Array.isArray(terms) &&
    isTermCount(terms.length) &&
    terms.every(isTerm);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: AGREEMENT_KIND, rule: 'form' });
  return { kind: AGREEMENT_KIND, version: 1, genesis, patient, project, terms };
}

function isTermCount(count: number): boolean {
  return count > 0 && count <= AGREEMENT_TERMS_MAX;
}

function isTerm(raw: unknown): raw is AcceptedTerm {
  if (typeof raw !== 'object' || raw === null) return false;
  const { text, salt } = raw as Record<string, unknown>;
  return typeof text === 'string' && isHexOf(salt, 32);
}

/** One opening, permitted by what it is listed under. */
export interface Use {
  /** Index in the patient's list of accesses. */
  readonly access: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly reader: Hex32;
  readonly institution: Hex32;
  readonly onBehalfOf: Hex32 | null;
  readonly purpose: Purpose;
  readonly records: readonly Hex32[];
}

/** What was opened under this consent: a revocation cannot take it back. */
export function openedUnder(accesses: readonly AccessView[], consent: number): readonly Use[] {
  return usesOf(accesses, (item) => item.consent === consent);
}

export interface AgreementUse {
  readonly project: string;
  /** Its consents, in the order of granting. */
  readonly consents: readonly ConsentView[];
  readonly uses: readonly Use[];
}

/** Every agreement of a patient by its project, with what was used under it. */
export function agreementUses(
  consents: readonly ConsentView[],
  accesses: readonly AccessView[],
): readonly AgreementUse[] {
  const projects = [...new Set(consents.flatMap(({ agreement }) => agreement?.project ?? []))];
  return projects.map((project) => ({
    project,
    consents: consents.filter(({ agreement }) => agreement?.project === project),
    uses: usesOf(
      accesses.filter((access) => access.project === project),
      () => true,
    ),
  }));
}

function usesOf(
  accesses: readonly AccessView[],
  isMeant: (item: AccessView['items'][number]) => boolean,
): readonly Use[] {
  return accesses.flatMap(({ index, time, reader, institution, onBehalfOf, purpose, items }) => {
    const permitted = items.filter((item) => item.decision === 'permit' && isMeant(item));
    if (permitted.length === 0) return [];
    const records = permitted.map(({ record }) => record);
    return [{ access: index, time, reader, institution, onBehalfOf, purpose, records }];
  });
}
