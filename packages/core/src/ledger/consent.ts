// Owns: a patient's consents as stored: granted with their terms, revoked by index, in a gapless list that a reader can
// prove complete. Does not own: the decision whether a consent opens a record.
import type { Hex32 } from '../bytes.ts';
import { integer, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { CONSENTS_PER_PATIENT_MAX, STANDING_CONSENTS_MAX } from '../limits.ts';
import { requireAccount, requireActiveInstitution, takeIndex } from './accounts.ts';
import type { ActionDefinition } from './context.ts';
import { clinicianCredential } from './identity.ts';
import { type Consent, type ConsentTerms, consentTermsShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { CONSENTS, listCount, readRow, STANDING_CONSENTS, writeRow } from './tables.ts';

/** Lists are sets in ascending order (`canonicalSet`). */
export type ConsentGrantBody = ConsentTerms;

/** `index`: of the consent in the sending patient's list. */
export interface ConsentRevokeBody {
  readonly index: number;
}

/** Gives the index of the consent. */
export const consentGrant: ActionDefinition<ConsentGrantBody> = {
  version: 2,
  senders: ['patient'],
  shape: consentTermsShape,
  isWellFormed: ({ period, dataPeriod, permittedLabels, excludedLabels }) =>
    period.from < period.until &&
    (dataPeriod === null || dataPeriod.from <= dataPeriod.until) &&
    !permittedLabels.some((label) => excludedLabels.includes(label)),
  quota: (reader, sender) => ({
    used: listCount(reader, 'consents', sender),
    max: CONSENTS_PER_PATIENT_MAX,
  }),
  apply: ({ state, sender, height, time, salt }, terms) => {
    if (terms.period.until <= time) throw new ConsiliumError('VALUE_INVALID', { field: 'period.until' });
    checkGrantee(state, terms.grantee);
    const standing = standingConsents(state, sender, time);
    if (standing.length >= STANDING_CONSENTS_MAX)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max: STANDING_CONSENTS_MAX });
    const index = takeIndex(state, 'consents', sender, salt);
    const consent: Consent = {
      ...terms,
      grantedHeight: height,
      grantedTime: time,
      revokedHeight: null,
      revokedTime: null,
      salt,
    };
    writeRow(state, CONSENTS, [sender, index], consent);
    writeRow(state, STANDING_CONSENTS, [sender], {
      indexes: [...standing.map((each) => each.index), index],
      salt,
    });
    return { id: null, index };
  },
};

/** Takes effect with the block in which it stands. What was opened before stays opened. */
export const consentRevoke: ActionDefinition<ConsentRevokeBody> = {
  version: 1,
  senders: ['patient'],
  shape: struct<ConsentRevokeBody>({ index: integer(0, CONSENTS_PER_PATIENT_MAX - 1) }),
  apply: ({ state, sender, height, time, salt }, { index }) => {
    const consent = readRow(state, CONSENTS, sender, index);
    if (consent === undefined) throw new ConsiliumError('CONSENT_NOT_FOUND');
    if (consent.revokedHeight !== null) throw new ConsiliumError('CONSENT_REVOKED');
    writeRow(state, CONSENTS, [sender, index], {
      ...consent,
      revokedHeight: height,
      revokedTime: time,
      salt,
    });
    return { id: null, index };
  },
};

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
function checkGrantee(reader: StateReader, grantee: string): void {
  const account = requireAccount(reader, grantee);
  if (account.kind === 'patient') throw new ConsiliumError('VALUE_INVALID', { field: 'grantee' });
  if (account.kind === 'institution') requireActiveInstitution(reader, grantee);
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
