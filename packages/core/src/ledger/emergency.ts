// Owns: the worklist of emergencies: entered with each opening, reviewed by a privacy officer, and what becomes of the
// privilege (docs/protocol.md, R20). Does not own: whether an emergency opens a record (decision.ts).
import type { Hex32, Hex64 } from '../bytes.ts';
import { encode, hex32, hex64, type Shape, struct } from '../codec.ts';
import type { SecretKey } from '../ed25519.ts';
import { ConsiliumError } from '../errors.ts';
import { EMERGENCY_OPINION_MS_MAX, EMERGENCY_REVIEW_MS, WORKLIST_WORK } from '../limits.ts';
import { signPayload, verifyPayload } from '../signing.ts';
import {
  type EmergencyRow,
  type EmergencyStanding,
  type OpenEmergency,
  type ReviewVerdict,
  reviewVerdictShape,
} from './access-rows.ts';
import { requireAccount, takeIndex } from './accounts.ts';
import { type EmergencyReason, emergencyReasonShape, TREATING_ROLES } from './codes.ts';
import type { ActionContext, ActionDefinition, CheckContext } from './context.ts';
import { emergencyStanding } from './emergency-standing.ts';
import { clinicianCredential } from './identity.ts';
import { indexShape, timeMs } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { EMERGENCIES, EMERGENCY_STANDINGS, USED_OPINIONS } from './tables.ts';

/** What the second clinician signs: that this reader needs more than the emergency dataset, under this very key. */
export interface SecondOpinion {
  readonly patient: Hex32;
  readonly reader: Hex32;
  /** Fresh for each access: a word serves once for each key. */
  readonly readerKey: Hex32;
  readonly reason: EmergencyReason;
  /** From when on it is worth nothing. Milliseconds since the epoch. */
  readonly until: number;
}

const secondOpinionShape: Shape<SecondOpinion> = struct<SecondOpinion>({
  patient: hex32,
  reader: hex32,
  readerKey: hex32,
  reason: emergencyReasonShape,
  until: timeMs,
});

export interface SecondSignature {
  readonly account: Hex32;
  readonly until: number;
  readonly signature: Hex64;
}

export const secondSignatureShape: Shape<SecondSignature> = struct<SecondSignature>({
  account: hex32,
  until: timeMs,
  signature: hex64,
});

/** `genesis`: hash of the genesis. */
export function signSecondOpinion(secret: SecretKey, genesis: Hex32, opinion: SecondOpinion): Hex64 {
  return signPayload(secret, 'emergencySecond', genesis, encode(secondOpinionShape, opinion));
}

/**
 * R19. Another clinician who treats and whose credential stands, and a word that no access has used. Throws
 * `ACCOUNT_NOT_FOUND`, `EMERGENCY_SECOND_INVALID`.
 */
export function checkSecondOpinion(
  { state, genesisHash, verify }: CheckContext,
  said: Omit<SecondOpinion, 'until'>,
  { account: id, until, signature }: SecondSignature,
): void {
  const account = requireAccount(state, id);
  if (id === said.reader || !isTreating(state, id))
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule: 'another clinician' });
  if (readRow(state, USED_OPINIONS, id, said.readerKey) !== undefined)
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule: 'used' });
  const payload = encode(secondOpinionShape, { ...said, until });
  if (!verifyPayload(verify, account.key, signature, 'emergencySecond', genesisHash, payload))
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule: 'signature' });
}

/** A clinician who treats, and whose credential stands. */
export function isTreating(reader: StateReader, id: Hex32): boolean {
  const role = clinicianCredential(reader, requireAccount(reader, id))?.role;
  return role !== undefined && TREATING_ROLES.includes(role);
}

/** Spends a word that was checked, whatever the access comes to. Throws `EMERGENCY_SECOND_INVALID` out of its time. */
export function spendSecondOpinion(
  { state, height, time, salt }: ActionContext,
  readerKey: Hex32,
  { account, until }: SecondSignature,
): void {
  if (until <= time || until > time + EMERGENCY_OPINION_MS_MAX)
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule: 'time' });
  writeRow(state, USED_OPINIONS, [account, readerKey], { height, salt });
}

/** Puts an opening on the worklist of the clinician's institution. Gives its index there. */
export function enterEmergency(
  { state, sender, account, height, time, salt }: ActionContext,
  entry: Pick<EmergencyRow, 'patient' | 'access' | 'reason' | 'second'>,
): number {
  const index = takeIndex(state, 'emergencies', account.institution, salt);
  const due = time + EMERGENCY_REVIEW_MS;
  const row: EmergencyRow = { ...entry, clinician: sender, height, time, due, review: null, salt };
  writeRow(state, EMERGENCIES, [account.institution, index], row);
  const { open, suspended } = emergencyStanding(state, sender);
  writeStanding(state, sender, { open: [...open, { index, due }], suspended, salt });
  return index;
}

function writeStanding(state: ActionContext['state'], clinician: Hex32, standing: EmergencyStanding): void {
  writeRow(state, EMERGENCY_STANDINGS, [clinician], standing);
}

/** `index`: in the worklist of the sender's institution. */
export interface EmergencyReviewBody {
  readonly index: number;
  readonly verdict: ReviewVerdict;
}

/** By a privacy officer of the institution, not by who opened or said that it was needed. Unjustified suspends the privilege at once. */
export const emergencyReview: ActionDefinition<EmergencyReviewBody> = {
  version: 1,
  senders: ['clinician'],
  shape: struct<EmergencyReviewBody>({ index: indexShape, verdict: reviewVerdictShape }),
  work: () => WORKLIST_WORK,
  apply: ({ state, sender, account, height, time, salt }, { index, verdict }) => {
    const row = readRow(state, EMERGENCIES, account.institution, index);
    if (row === undefined) throw new ConsiliumError('EMERGENCY_NOT_FOUND');
    const isParty = row.clinician === sender || row.second === sender;
    if (clinicianCredential(state, account)?.role !== 'privacy-officer' || isParty)
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'privacy officer' });
    if (row.review !== null) throw new ConsiliumError('EMERGENCY_REVIEWED');
    const review = { by: sender, verdict, height, time };
    writeRow(state, EMERGENCIES, [account.institution, index], { ...row, review, salt });
    const { open, suspended } = emergencyStanding(state, row.clinician);
    writeStanding(state, row.clinician, {
      open: open.filter((each: OpenEmergency) => each.index !== index),
      suspended: suspended || verdict === 'unjustified',
      salt,
    });
    return { id: row.clinician, index };
  },
};

export interface EmergencyReinstateBody {
  readonly clinician: Hex32;
}

/** By the clinician's institution. What is overdue stays to be reviewed first. */
export const emergencyReinstate: ActionDefinition<EmergencyReinstateBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<EmergencyReinstateBody>({ clinician: hex32 }),
  work: () => WORKLIST_WORK,
  apply: ({ state, sender, salt }, { clinician }) => {
    if (requireAccount(state, clinician).institution !== sender)
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'clinician of another institution' });
    const { open, suspended } = emergencyStanding(state, clinician);
    if (!suspended) throw new ConsiliumError('EMERGENCY_NOT_SUSPENDED');
    writeStanding(state, clinician, { open, suspended: false, salt });
    return { id: clinician, index: null };
  },
};
