// Owns: what would be decided if a consent that is not granted yet stood on the ledger, or one that stands were revoked:
// the very action is run by the ledger's own code on an overlay of proven rows, and then the questions are decided there.
// Does not own: the decision, its words (explain.ts); nothing is sent.
import {
  ACCOUNTS,
  type Action,
  actionOf,
  applyAction,
  CONSENTS,
  type ConsentTerms,
  ConsiliumError,
  CREDENTIALS,
  createOverlay,
  GROUPS,
  type Hex32,
  INSTITUTIONS,
  isLedgerKey,
  listCount,
  readRow,
  type StateReader,
  standingConsents,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { AsOf } from '../client/reading.ts';
import {
  type AccessExplanation,
  type ExplainOptions,
  type ExplainQuestion,
  explanationOf,
  groundsOfAll,
  nextTime,
} from './explain.ts';

export type ConsentChange =
  | { readonly type: 'grant'; readonly terms: ConsentTerms }
  | { readonly type: 'revoke'; readonly index: number };

export interface WhatIfWish {
  readonly patient: Hex32;
  /** Who would make the change: the patient, unless somebody acts. */
  readonly sender?: Hex32;
  readonly change: ConsentChange;
  readonly questions: readonly ExplainQuestion[];
}

/** How one question is decided now, and how it would be. */
export interface WhatIfAnswer {
  readonly now: AccessExplanation;
  readonly after: AccessExplanation;
}

export interface WhatIf {
  /** In the order of the questions. */
  readonly answers: readonly WhatIfAnswer[];
  /** Number of the consent that was granted or revoked in thought. */
  readonly consent: number | null;
  readonly asOf: AsOf;
}

/** Throws the code by which the ledger would refuse the change. */
export async function whatIf(
  client: Client,
  wish: WhatIfWish,
  options: ExplainOptions = {},
): Promise<WhatIf> {
  const { value, asOf } = await client.read((state, { height, time: blockTime }) => {
    const time = nextTime(client, blockTime);
    foresee(state, wish, time);
    const now = groundsOfAll(state, wish.questions, time);
    const changed = applied(client, state, wish, { height, time });
    return { now, after: groundsOfAll(changed.state, wish.questions, time), consent: changed.index };
  }, options);
  const answers = value.now.map((now, place) => {
    const after = value.after[place];
    if (after === undefined) throw new Error('invariant: every question is asked twice');
    return { now: explanationOf(now, options, asOf), after: explanationOf(after, options, asOf) };
  });
  return { answers, consent: value.consent, asOf };
}

/** Asks for what the ledger will look at one after the other: each row that is missing ends its run, and costs a request. */
function foresee(state: StateReader, { patient, change }: WhatIfWish, time: number): void {
  listCount(state, 'consents', patient);
  standingConsents(state, patient, time);
  if (change.type === 'revoke') {
    readRow(state, CONSENTS, patient, change.index);
    return;
  }
  const { rule, exceptions } = change.terms;
  for (const actor of [rule, ...exceptions].flatMap(({ actors }) => actors)) {
    if (actor.type === 'group') readRow(state, GROUPS, actor.institution, actor.index);
    const account = actor.type === 'account' ? readRow(state, ACCOUNTS, actor.id) : undefined;
    if (account === undefined) continue;
    readRow(state, INSTITUTIONS, account.institution);
    if (account.credential !== null) readRow(state, CREDENTIALS, account.institution, account.credential);
  }
}

/** Nobody sees these rows: what they are salted with is of no account. */
const SALT = '00'.repeat(16);

function applied(
  { session }: Client,
  base: StateReader,
  { patient, sender = patient, change }: WhatIfWish,
  { height, time }: Pick<AsOf, 'height' | 'time'>,
): { readonly state: StateReader; readonly index: number | null } {
  const { genesis, genesisHash } = session.chain;
  const state = createOverlay(base);
  const account = readRow(state, ACCOUNTS, sender);
  if (account === undefined) throw new ConsiliumError('ACCOUNT_NOT_FOUND', { account: sender });
  const rules = { genesis, genesisHash, verify: session.verify, isLedgerKey };
  const { index } = applyAction(
    { ...rules, state, account, sender, height: height + 1, time, salt: SALT },
    actionOfChange(patient, change),
  );
  return { state, index };
}

function actionOfChange(patient: Hex32, change: ConsentChange): Action {
  return change.type === 'grant'
    ? actionOf('consent.grant', { patient, terms: change.terms })
    : actionOf('consent.revoke', { patient, index: change.index });
}
