// Owns: a patient's consents as stored: granted with their terms, revoked by index, in a gapless list that a reader can
// prove complete. Does not own: the decision whether a consent opens a record.
import type { Hex32 } from '../bytes.ts';
import { hex32, integer, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import {
  CONSENT_TAGS_MAX,
  CONSENTS_PER_PATIENT_MAX,
  GRANT_WORK,
  STANDING_CONSENTS_MAX,
  STANDING_GROUPS_MAX,
  STANDING_RULES_MAX,
  STANDING_VALUES_MAX,
} from '../limits.ts';
import { requireAccount, requireActiveInstitution, takeIndex } from './accounts.ts';
import {
  type ActorRef,
  type Consent,
  type ConsentRule,
  type ConsentTerms,
  consentTermsShape,
} from './consent-rows.ts';
import type { ActionDefinition } from './context.ts';
import { requireActing, roomFor } from './delegations.ts';
import { clinicianCredential } from './identity.ts';
import { isUnder } from './purposes.ts';
import type { StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { CONSENTS, GROUPS, listCount, STANDING_CONSENTS } from './tables.ts';

/** Lists are sets in ascending order (`canonicalSet`). `patient`: the sender, or whom the sender acts for. */
export interface ConsentGrantBody {
  readonly patient: Hex32;
  readonly terms: ConsentTerms;
}

/** `index`: of the consent in the patient's list. */
export interface ConsentRevokeBody {
  readonly patient: Hex32;
  readonly index: number;
}

/** Gives the patient's id and the index of the consent. */
export const consentGrant: ActionDefinition<ConsentGrantBody> = {
  version: 3,
  senders: ['patient', 'clinician'],
  shape: struct<ConsentGrantBody>({ patient: hex32, terms: consentTermsShape }),
  isWellFormed: ({ terms }) => areWellFormed(terms),
  work: () => GRANT_WORK,
  quota: (reader, sender) => ({
    used: listCount(reader, 'consents', sender),
    max: CONSENTS_PER_PATIENT_MAX,
  }),
  apply: ({ state, sender, height, time, salt }, { patient, terms }) => {
    requireActing(state, { patient, person: sender, scope: 'consent' }, time);
    const max = roomFor(patient, sender, CONSENTS_PER_PATIENT_MAX);
    if (listCount(state, 'consents', patient) >= max) throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max });
    if (terms.period.until <= time) throw new ConsiliumError('VALUE_INVALID', { field: 'period.until' });
    for (const actor of rulesOf(terms).flatMap(({ actors }) => actors)) checkActor(state, actor);
    const standing = standingConsents(state, patient, time);
    checkStanding([...standing.map(({ consent }) => consent), terms]);
    const index = takeIndex(state, 'consents', patient, salt);
    const consent: Consent = {
      ...terms,
      grantedBy: sender,
      grantedHeight: height,
      grantedTime: time,
      revokedBy: null,
      revokedHeight: null,
      revokedTime: null,
      salt,
    };
    writeRow(state, CONSENTS, [patient, index], consent);
    writeRow(state, STANDING_CONSENTS, [patient], {
      indexes: [...standing.map((each) => each.index), index],
      salt,
    });
    return { id: patient, index };
  },
};

/** Takes effect with the block in which it stands. What was opened before stays opened. */
export const consentRevoke: ActionDefinition<ConsentRevokeBody> = {
  version: 2,
  senders: ['patient', 'clinician'],
  shape: struct<ConsentRevokeBody>({ patient: hex32, index: integer(0, CONSENTS_PER_PATIENT_MAX - 1) }),
  apply: ({ state, sender, height, time, salt }, { patient, index }) => {
    requireActing(state, { patient, person: sender, scope: 'consent' }, time);
    const consent = readRow(state, CONSENTS, patient, index);
    if (consent === undefined) throw new ConsiliumError('CONSENT_NOT_FOUND');
    if (consent.revokedHeight !== null) throw new ConsiliumError('CONSENT_REVOKED');
    writeRow(state, CONSENTS, [patient, index], {
      ...consent,
      revokedBy: sender,
      revokedHeight: height,
      revokedTime: time,
      salt,
    });
    return { id: patient, index };
  },
};

function rulesOf({ rule, exceptions }: ConsentTerms): readonly ConsentRule[] {
  return [rule, ...exceptions];
}

/** All of them are looked at for every access to the patient's records. Throws `TX_QUOTA_EXCEEDED`. */
function checkStanding(consents: readonly ConsentTerms[]): void {
  const rules = consents.flatMap(rulesOf);
  const groups = new Set(
    rules
      .flatMap(({ actors }) => actors)
      .flatMap((actor) => (actor.type === 'group' ? [`${actor.institution}/${actor.index}`] : [])),
  );
  const values = rules.reduce((sum, rule) => sum + valuesOf(rule), 0);
  requireAtMost(consents.length, STANDING_CONSENTS_MAX, 'standing consents');
  requireAtMost(rules.length, STANDING_RULES_MAX, 'standing provisions');
  requireAtMost(values, STANDING_VALUES_MAX, 'standing values');
  requireAtMost(groups.size, STANDING_GROUPS_MAX, 'standing groups');
}

function valuesOf({ actors, categories, labels, records, authors }: ConsentRule): number {
  return actors.length + categories.length + labels.length + records.length + authors.length;
}

function requireAtMost(count: number, max: number, rule: string): void {
  if (count > max) throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max, rule });
}

/**
 * Periods that hold something, no more tags than one consent may bear, and what the law asks of the two special kinds:
 * an authorization of psychotherapy notes names a label, and a data-use agreement its purposes and an end.
 */
function areWellFormed(terms: ConsentTerms): boolean {
  const { decision, period, rule, exceptions, separateAuthorization, agreement } = terms;
  const rules = rulesOf(terms);
  const tagCount = rules.reduce((sum, each) => sum + each.categories.length + each.labels.length, 0);
  const periods = [period, ...exceptions.flatMap((each) => each.period ?? [])];
  return (
    periods.every(({ from, until }) => from < until) &&
    rules.every(({ dataPeriod }) => dataPeriod === null || dataPeriod.from <= dataPeriod.until) &&
    tagCount <= CONSENT_TAGS_MAX &&
    (!separateAuthorization || (decision === 'permit' && rule.labels.length > 0)) &&
    (agreement === null || (decision === 'permit' && isForDataUse(rule)))
  );
}

function isForDataUse({ purposes, actors }: ConsentRule): boolean {
  const ofDataUse = purposes.every((each) => isUnder(each, 'HRESCH') || isUnder(each, 'HPAYMT'));
  return purposes.length > 0 && ofDataUse && actors.length > 0;
}

export interface StandingConsent {
  readonly index: number;
  readonly consent: Consent;
}

/** A patient's consents that are neither revoked nor expired at `time`: the only ones that can decide anything. */
export function standingConsents(
  reader: StateReader,
  patient: Hex32,
  time: number,
): readonly StandingConsent[] {
  const { indexes } = readRow(reader, STANDING_CONSENTS, patient) ?? { indexes: [] };
  return indexes.flatMap((index) => {
    const consent = readRow(reader, CONSENTS, patient, index);
    const stands = consent !== undefined && consent.revokedHeight === null && time < consent.period.until;
    return stands ? [{ index, consent }] : [];
  });
}

/** A grant to somebody who cannot use it is a mistake, and the patient hears of it now. */
function checkActor(reader: StateReader, actor: ActorRef): void {
  if (actor.type === 'role') return;
  if (actor.type === 'group') {
    if (readRow(reader, GROUPS, actor.institution, actor.index) === undefined)
      throw new ConsiliumError('GROUP_NOT_FOUND');
    return;
  }
  const account = requireAccount(reader, actor.id);
  if (account.kind === 'patient') throw new ConsiliumError('VALUE_INVALID', { field: 'actors' });
  if (account.kind === 'institution') requireActiveInstitution(reader, actor.id);
  else if (clinicianCredential(reader, account) === undefined)
    throw new ConsiliumError('CREDENTIAL_WITHDRAWN');
}

export type ConsentState = 'upcoming' | 'active' | 'expired' | 'revoked';

/** As of the state that the record was read from; `time` in milliseconds since the epoch. */
export function consentState({ period, revokedHeight }: Consent, time: number): ConsentState {
  if (revokedHeight !== null) return 'revoked';
  if (time >= period.until) return 'expired';
  return time < period.from ? 'upcoming' : 'active';
}
