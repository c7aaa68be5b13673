// Owns: who may open which record, decided here and nowhere else, equally on every validator (docs/protocol.md, R8): for
// the ledger, for the release of a share, for who asks beforehand. Does not own: what one consent says
// (consent-rules.ts), the entry of an access (access.ts), the words behind tags (nobody's on the ledger).
import type { Hex32 } from '../bytes.ts';
import type { AccessDecision, AccessRule } from './access-rows.ts';
import { isActiveInstitution } from './accounts.ts';
import type { ClinicianRole, Purpose } from './codes.ts';
import { standingConsents } from './consent.ts';
import type { ActorRef, ConsentRule } from './consent-rows.ts';
import { type ConsentVerdict, type ConsentVoice, settlesPurpose, voiceOf } from './consent-rules.ts';
import { actsFor } from './delegations.ts';
import { emergencyRefusal } from './emergency-standing.ts';
import { isMember } from './groups.ts';
import { clinicianCredential } from './identity.ts';
import { implicitPolicy, policyOpens } from './policy.ts';
import { isUnder } from './purposes.ts';
import type { RecordRow } from './record-rows.ts';
import type { Account, Credential } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { ACCOUNTS, RECORDS } from './tables.ts';

export interface AccessQuestion {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  /** The account that wants to open. */
  readonly reader: Hex32;
  readonly purpose: Purpose;
  /** The clinician for whom a machine of the institution asks. */
  readonly onBehalfOf?: Hex32 | null;
  /** Project or claim under a data-use agreement. */
  readonly project?: string | null;
  /** More than the emergency dataset, under a second signature. */
  readonly wide?: boolean;
}

/** The question with all that the state says of who asks. */
export interface Asking {
  readonly state: StateReader;
  readonly question: AccessQuestion;
  readonly time: number;
  /** Who is judged: the reader, or for whom it asks. */
  readonly reader: Hex32;
  readonly account: Account;
  /** null: an institution or a patient. */
  readonly credential: Credential | null;
  /** Each group is looked through once, however many provisions name it. */
  readonly isInGroup: (group: GroupRef) => boolean;
}

type GroupRef = Extract<ActorRef, { type: 'group' }>;

/** Decides one record, or leaves it to the rule after. */
type Rule = (record: RecordRow) => AccessDecision | undefined;

/** R8. `time`: milliseconds since the epoch. The first rule that speaks decides. */
export function createDecider(
  state: StateReader,
  question: AccessQuestion,
  time: number,
): (record: Hex32) => AccessDecision {
  const asking = askingOf(state, question, time);
  const rules = asking === undefined ? [] : rulesOf(asking);
  return (id) => {
    const record = readRow(state, RECORDS, id);
    if (record === undefined || record.patient !== question.patient) return deny('record-unknown');
    if (record.erasedHeight !== null) return deny('record-erased');
    if (record.retractedHeight !== null) return deny('record-retracted');
    if (asking === undefined) return deny('credential-ended');
    for (const rule of rules) {
      const decision = rule(record);
      if (decision !== undefined) return decision;
    }
    return deny('no-consent');
  };
}

/** undefined: nobody who may ask for anything. */
export function askingOf(state: StateReader, question: AccessQuestion, time: number): Asking | undefined {
  const sender = readRow(state, ACCOUNTS, question.reader);
  if (sender?.kind === 'institution' && !isActiveInstitution(state, question.reader)) return undefined;
  const reader = question.onBehalfOf ?? question.reader;
  const account = readRow(state, ACCOUNTS, reader);
  if (sender === undefined || account === undefined) return undefined;
  const isInGroup = membership(state, [reader, account.institution]);
  const asking = { state, question, time, reader, account, isInGroup };
  if (account.kind !== 'clinician') return { ...asking, credential: null };
  const credential = clinicianCredential(state, account);
  return credential && { ...asking, credential };
}

function membership(state: StateReader, accounts: readonly Hex32[]): Asking['isInGroup'] {
  const known = new Map<string, boolean>();
  return (group) => {
    const name = `${group.institution}/${group.index}`;
    const member = known.get(name) ?? accounts.some((account) => isMember(state, group, account));
    known.set(name, member);
    return member;
  };
}

function rulesOf(asking: Asking): readonly Rule[] {
  const voices = voicesOf(asking);
  const ordinary = voices.filter(({ separate }) => !separate);
  const law = lawRule(asking, voices);
  if (asking.question.purpose === 'BTG') return [law, emergencyRule(asking, ordinary)];
  const person = personRule(asking);
  if (person !== undefined) return [person];
  if (asking.account.kind === 'patient') return [];
  const policy = ordinary.some(({ settles }) => settles) ? [] : [policyRule(asking)];
  return [law, authorRule(asking), consentRule(ordinary), ...policy];
}

function permit(rule: AccessRule): AccessDecision {
  return { decision: 'permit', rule, consent: null, provision: null, tag: null };
}

function deny(rule: AccessRule): AccessDecision {
  return { decision: 'deny', rule, consent: null, provision: null, tag: null };
}

/** A standing consent that may speak of this request. */
interface Voice {
  readonly index: number;
  readonly voice: ConsentVoice;
  readonly separate: boolean;
  /** Its permits count: it is of the very project that is named, or neither names one. */
  readonly mayPermit: boolean;
  /** The patient has said what is permitted for this purpose. */
  readonly settles: boolean;
}

function voicesOf(asking: Asking): readonly Voice[] {
  const { state, question, time } = asking;
  const project = question.project ?? null;
  const request = {
    purpose: question.purpose,
    time,
    isActor: (rule: ConsentRule) => isActor(asking, rule),
  };
  return standingConsents(state, question.patient, time).flatMap(({ index, consent }) => {
    const { agreement, separateAuthorization } = consent;
    if (agreement !== null && agreement.project !== project) return [];
    const mayPermit = (agreement === null) === (project === null);
    return [
      {
        index,
        voice: voiceOf(consent, request),
        separate: separateAuthorization,
        mayPermit,
        settles: settlesPurpose(consent, request),
      },
    ];
  });
}

export function isActor(asking: Asking, { actors }: ConsentRule): boolean {
  return actors.length === 0 || actors.some((actor) => isNamedBy(asking, actor));
}

function isNamedBy({ reader, account, credential, isInGroup }: Asking, actor: ActorRef): boolean {
  switch (actor.type) {
    case 'account':
      return actor.id === reader || actor.id === account.institution;
    case 'role':
      return credential?.role === actor.role;
    case 'group':
      return isInGroup(actor);
  }
}

/** Of several consents one that denies overrides all that permit. */
function consentRule(voices: readonly Voice[]): Rule {
  return (record) => {
    let permitting: AccessDecision | undefined;
    for (const { index, voice, mayPermit } of voices) {
      const verdict = voice(record);
      if (verdict?.decision === 'deny') return decidedBy(index, verdict);
      if (verdict !== undefined && mayPermit) permitting ??= decidedBy(index, verdict);
    }
    return permitting;
  };
}

function decidedBy(consent: number, { decision, provision, tag }: ConsentVerdict): AccessDecision {
  return { decision, rule: decision === 'permit' ? 'consent' : 'excluded', consent, provision, tag };
}

/** The patient, and who acts for the patient: a clinician does so in the patient's name, and for no other purpose. */
function personRule({ state, question, time, reader, account }: Asking): Rule | undefined {
  const { patient, purpose } = question;
  const inPerson = (question.onBehalfOf ?? null) === null;
  const mayAct = account.kind === 'patient' || (inPerson && isUnder(purpose, 'PATRQT'));
  const acts = mayAct && actsFor(state, { patient, person: reader, scope: 'read' }, time);
  if (reader !== patient && !acts) return undefined;
  return ({ effects }) => {
    if (effects.includes('closed-to-patient')) return deny('law-closed-to-patient');
    return permit(reader === patient ? 'own' : 'delegate');
  };
}

/** Law stands above what a patient permits, but for the authorization that the law itself asks for. */
function lawRule(asking: Asking, voices: readonly Voice[]): Rule {
  const isPayer = asking.credential?.role === 'payer' || isUnder(asking.question.purpose, 'HPAYMT');
  const notes = notesRule(asking, voices, isPayer);
  return (record) => {
    if (isPayer && record.effects.includes('withheld-from-payers')) return deny('law-self-paid');
    return record.effects.includes('separate-authorization') ? notes(record) : undefined;
  };
}

/**
 * Psychotherapy notes: for treatment their author, else whom the patient authorizes for them alone; never in an emergency.
 */
function notesRule({ question, reader }: Asking, voices: readonly Voice[], isPayer: boolean): Rule {
  const refused = deny(isPayer ? 'law-psychotherapy-payment' : 'law-psychotherapy-notes');
  if (question.purpose === 'BTG') return () => refused;
  // A machine's word for whom it asks is its institution's; such notes are their author's own.
  const isAuthors = (question.onBehalfOf ?? null) === null && isUnder(question.purpose, 'TREAT');
  const authorized = consentRule(voices.filter(({ separate }) => separate));
  const excluded = consentRule(voices.map((each) => ({ ...each, mayPermit: false })));
  return (record) => {
    if (isAuthors && record.writer === reader) return permit('author');
    const authorization = authorized(record);
    return authorization?.decision === 'permit' ? (excluded(record) ?? authorization) : refused;
  };
}

/** Breaking the glass: the privilege, then what the patient or the network forbids, then only the emergency dataset. */
function emergencyRule(asking: Asking, voices: readonly Voice[]): Rule {
  const { state, question, time, reader, credential } = asking;
  const refusal = emergencyRefusal(state, credential, reader, time);
  const consents = consentRule(voices);
  const forbidden = implicitPolicy(state) === 'Policy-deny';
  return (record) => {
    if (refusal !== undefined) return deny(refusal);
    const said = consents(record);
    if (said?.decision === 'deny') return said;
    if (forbidden && said === undefined) return deny('no-consent');
    return record.emergency || question.wide === true ? permit('emergency') : deny('emergency-dataset');
  };
}

/** Roles outside care, whatever institution credentials them. */
const OUTSIDE_CARE: readonly ClinicianRole[] = ['auditor', 'payer', 'researcher'];

/** The authoring institution sees what it wrote, but for research. */
function authorRule({ question, account, credential }: Asking): Rule {
  const applies =
    !isUnder(question.purpose, 'HRESCH') &&
    (question.project ?? null) === null &&
    (credential === null || !OUTSIDE_CARE.includes(credential.role));
  return ({ author }) => (applies && author === account.institution ? permit('author') : undefined);
}

function policyRule({ state, question, credential }: Asking): Rule {
  const opens = policyOpens(implicitPolicy(state), credential?.role ?? null, question.purpose);
  return ({ confidentiality }) => (opens(confidentiality) ? permit('policy') : undefined);
}
