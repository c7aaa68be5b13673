// Owns: what would be decided if somebody asked now, and why, in a plain sentence: by the ledger's own deciding code over
// proven rows. Does not own: the decision, what would be decided after a change (what-if.ts).
import {
  ACCOUNTS,
  type AccessDecision,
  type AccessQuestion,
  CONSENTS,
  type Consent,
  createDecider,
  type Hex32,
  LEGAL_REASONS,
  type LegalReason,
  type NearConsent,
  nearConsents,
  readRow,
  type StateReader,
} from '@consilium/core';
import type { TagKey } from '../actions.ts';
import type { Client } from '../client/client.ts';
import type { AsOf } from '../client/reading.ts';
import { nameOf } from '../client/record-queries.ts';
import type { ReadOptions } from '../client/session.ts';
import { accountsIn, consentSentence, type NameOf, wordsOf } from './sentences.ts';
import { NEAR_WORDS, PURPOSE_WORDS, RULE_WORDS } from './words.ts';

export interface AccessExplanation extends AccessDecision {
  readonly record: Hex32;
  /** What the law that refuses is called; null when none does. */
  readonly legal: LegalReason | null;
  /** The deciding tag as its word, for who holds the tag key. */
  readonly label: string | null;
  /** When no consent permits it: those that would, but for one condition. */
  readonly near: readonly NearConsent[];
  /** Who may or may not, why, and by which consent. */
  readonly reason: string;
  /** The reason, and what came near. */
  readonly sentence: string;
  readonly asOf: AsOf;
}

export interface ExplainQuestion extends AccessQuestion {
  readonly record: Hex32;
}

export interface ExplainOptions extends ReadOptions {
  /** The patient's: tags are told in words. */
  readonly tagKey?: TagKey;
  /** What accounts are called, besides institutions. */
  readonly names?: NameOf;
}

/** As a real access would be decided in the next block; nothing is entered. */
export async function explainAccess(
  client: Client,
  question: ExplainQuestion,
  options: ExplainOptions = {},
): Promise<AccessExplanation> {
  const [explanation] = await explainAccesses(client, [question], options);
  if (explanation === undefined) throw new Error('invariant: every question has its answer');
  return explanation;
}

/** The same for many questions, all of one block, in their order. */
export async function explainAccesses(
  client: Client,
  questions: readonly ExplainQuestion[],
  options: ExplainOptions = {},
): Promise<readonly AccessExplanation[]> {
  const { value, asOf } = await client.read(
    (state, { time }) => groundsOfAll(state, questions, nextTime(client, time)),
    options,
  );
  return value.map((grounds) => explanationOf(grounds, options, asOf));
}

/** About when the next block will be: on an idle chain the last one may be old. Milliseconds since the epoch. */
export function nextTime({ session }: Client, blockTime: number): number {
  return Math.max(blockTime, session.now());
}

/** A decision with all that its sentence is made of. */
export interface Grounds {
  readonly question: ExplainQuestion;
  readonly decision: AccessDecision;
  /** The deciding one. */
  readonly consent: Consent | undefined;
  readonly near: readonly NearConsent[];
  readonly names: ReadonlyMap<Hex32, string>;
}

export function groundsOfAll(
  state: StateReader,
  questions: readonly ExplainQuestion[],
  time: number,
): readonly Grounds[] {
  const runs = questions.map((question) => tried(() => groundsOf(state, question, time)));
  return runs.map((settle) => settle());
}

/** A row that is missing ends the run of one question only: the others name theirs in the same round of reading. */
function tried<T>(run: () => T): () => T {
  try {
    const value = run();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function groundsOf(state: StateReader, question: ExplainQuestion, time: number): Grounds {
  const decision = createDecider(state, question, time)(question.record);
  const near = decision.rule === 'no-consent' ? nearConsents(state, question, question.record, time) : [];
  const { patient, reader, onBehalfOf } = question;
  const consent = decision.consent === null ? undefined : readRow(state, CONSENTS, patient, decision.consent);
  const names = new Map<Hex32, string>();
  for (const id of [reader, onBehalfOf ?? reader, ...(consent === undefined ? [] : accountsIn(consent))]) {
    const account = readRow(state, ACCOUNTS, id);
    if (account === undefined) continue;
    const institution = nameOf(state, account.institution);
    const isOwn = account.institution === id;
    names.set(id, isOwn ? institution : `${account.kind} ${id.slice(0, 8)}… of ${institution}`);
  }
  return { question, decision, consent, near, names };
}

export function explanationOf(
  { question, decision, consent, near, names }: Grounds,
  options: ExplainOptions,
  asOf: AsOf,
): AccessExplanation {
  const { tag, rule } = decision;
  const tagKey = options.tagKey ?? null;
  const [word = null] =
    tag === null || consent === undefined ? [] : wordsOf([tag], consent.tagGeneration, tagKey);
  const nameIn: NameOf = (account) => options.names?.(account) ?? names.get(account);
  const said = consent === undefined ? undefined : consentSentence(consent, tagKey, nameIn);
  const reason = reasonOf(question, { ...decision, label: word }, said, nameIn);
  return {
    ...decision,
    record: question.record,
    legal: LEGAL_REASONS[rule] ?? null,
    label: word,
    near,
    reason,
    sentence: reason + nearSentence(near),
    asOf,
  };
}

function reasonOf(
  question: ExplainQuestion,
  told: AccessDecision & { readonly label: string | null },
  consent: string | undefined,
  names: NameOf,
): string {
  const may = told.decision === 'permit' ? 'may' : 'may not';
  const purpose = PURPOSE_WORDS[question.purpose];
  const project = question.project == null ? '' : ` under ${question.project}`;
  const head = `${askerOf(question, names)} ${may} open this record for ${purpose}${project}, ${RULE_WORDS[told.rule]}`;
  if (consent === undefined) return `${head}.`;
  const exception = told.provision === null || told.provision === 0 ? [] : [`exception ${told.provision}`];
  const by = [`consent ${told.consent}`, ...exception, ...(told.label === null ? [] : [told.label])];
  return `${head} (${by.join(', ')}): ${consent}`;
}

/** Of each that came near, with a blank before; empty when none did. */
function nearSentence(near: readonly NearConsent[]): string {
  return near
    .map(({ consent, condition }) => ` Consent ${consent} would, but ${NEAR_WORDS[condition]}.`)
    .join('');
}

function askerOf({ reader, onBehalfOf }: ExplainQuestion, names: NameOf): string {
  const called = (id: Hex32): string => names(id) ?? `account ${id.slice(0, 8)}…`;
  if (onBehalfOf == null) return called(reader);
  return `${called(onBehalfOf)}, for whom a machine of ${called(reader)} asks,`;
}
