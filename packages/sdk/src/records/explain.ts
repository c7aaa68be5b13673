// Owns: what would be decided if somebody asked now, and why, in a plain sentence: by the ledger's own deciding code over
// proven rows. Does not own: the decision.
import {
  ACCOUNTS,
  type AccessDecision,
  type AccessQuestion,
  CONSENTS,
  type Consent,
  createDecider,
  type Hex32,
  readRow,
  type StateReader,
} from '@consilium/core';
import type { TagKey } from '../actions.ts';
import type { Client } from '../client/client.ts';
import type { AsOf } from '../client/reading.ts';
import { nameOf } from '../client/record-queries.ts';
import { accountsIn, consentSentence, type NameOf, wordsOf } from './sentences.ts';
import { PURPOSE_WORDS, RULE_WORDS } from './words.ts';

export interface AccessExplanation extends AccessDecision {
  readonly sentence: string;
  readonly asOf: AsOf;
}

export interface ExplainQuestion extends AccessQuestion {
  readonly record: Hex32;
}

export interface ExplainOptions {
  /** The patient's: tags are told in words. */
  readonly tagKey?: TagKey;
  /** What accounts are called, besides institutions. */
  readonly names?: NameOf;
}

/** As a real access would be decided after the block that the answer is of; nothing is entered. */
export async function explainAccess(
  client: Client,
  question: ExplainQuestion,
  options: ExplainOptions = {},
): Promise<AccessExplanation> {
  const { value, asOf } = await client.read((state, { time }) => {
    const decision = createDecider(state, question, time)(question.record);
    return { decision, ...grounds(state, question, decision) };
  });
  const { decision, consent, names } = value;
  const nameIn: NameOf = (account) => options.names?.(account) ?? names.get(account);
  return { ...decision, sentence: sentenceOf(question, decision, consent, nameIn, options.tagKey), asOf };
}

/** The deciding consent, and the names of institutions that the sentence needs. */
function grounds(
  state: StateReader,
  { patient, reader }: ExplainQuestion,
  { consent }: AccessDecision,
): { readonly consent: Consent | undefined; readonly names: ReadonlyMap<Hex32, string> } {
  const row = consent === null ? undefined : readRow(state, CONSENTS, patient, consent);
  const names = new Map<Hex32, string>();
  for (const id of [reader, ...(row === undefined ? [] : accountsIn(row))]) {
    const account = readRow(state, ACCOUNTS, id);
    if (account === undefined) continue;
    const institution = nameOf(state, account.institution);
    const isOwn = account.institution === id;
    names.set(id, isOwn ? institution : `${account.kind} ${id.slice(0, 8)}… of ${institution}`);
  }
  return { consent: row, names };
}

function sentenceOf(
  { reader, purpose }: ExplainQuestion,
  { decision, rule, consent: index, tag }: AccessDecision,
  consent: Consent | undefined,
  names: NameOf,
  tagKey: TagKey | undefined,
): string {
  const who = names(reader) ?? `account ${reader.slice(0, 8)}…`;
  const may = decision === 'permit' ? 'may' : 'may not';
  const head = `${who} ${may} open this record for ${PURPOSE_WORDS[purpose]}, ${RULE_WORDS[rule]}`;
  if (consent === undefined || index === null) return `${head}.`;
  const [word] = tag === null ? [] : wordsOf([tag], consent.tagGeneration, tagKey ?? null);
  const by = word === undefined ? `consent ${index}` : `consent ${index}, ${word}`;
  return `${head} (${by}): ${consentSentence(consent, tagKey ?? null, names)}`;
}
