// Owns: breaking the glass from beginning to end: the access entered first, then shares, then content, and when its review
// falls due. Does not own: the decision (core's ledger), the steps of every opening (records/open.ts).
import {
  type AccessSelection,
  EMERGENCY_REVIEW_MS,
  type EmergencyReason,
  type EmergencyReview,
  type Group,
  type Hex32,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { Signer } from '../keys/derive.ts';
import { type OpenedAccess, openRecords } from '../records/open.ts';
import type { PatienceOptions } from '../records/patience.ts';
import { type OpinionFile, useSecondOpinion } from './second-opinion.ts';

export interface EmergencyWish extends PatienceOptions {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  readonly reason: EmergencyReason;
  /** A clinician with the privilege. */
  readonly signer: Signer;
  /** Default: all of the emergency dataset that one access reaches. */
  readonly selection?: AccessSelection;
  /** A second clinician's word that more is needed. */
  readonly opinion?: OpinionFile;
  readonly group?: Group;
}

export interface OpenedEmergency extends OpenedAccess {
  /** Null when nothing was permitted: there is nothing to review then. */
  readonly entry: EmergencyEntry | null;
}

/** The entry in the worklist of the reader's institution. */
export interface EmergencyEntry {
  readonly index: number;
  /** When its review must stand. Milliseconds since the epoch. */
  readonly due: number;
  readonly review: EmergencyReview | null;
}

const EVERYTHING: AccessSelection = { type: 'query', tags: [], months: null, fromIndex: 0 };

/**
 * Opens what an emergency opens, with as many custodians down or lying as `openRecords` bears; liars are named. That the
 * ledger denies is no error. Throws `EMERGENCY_SECOND_INVALID` for a word that does not fit, and as `requestAccess`.
 */
export async function openInEmergency(client: Client, wish: EmergencyWish): Promise<OpenedEmergency> {
  const { patient, reason, signer, opinion, selection = EVERYTHING, ...rest } = wish;
  const question = { genesis: client.genesisHash, patient, reason, signer };
  const usable = opinion === undefined ? undefined : useSecondOpinion(opinion, question);
  const opened = await openRecords(client, {
    ...{ patient, selection, signer, ...rest },
    purpose: 'BTG',
    emergency: { reason, second: usable?.second ?? null },
    readerSeed: usable?.readerSeed,
  });
  return { ...opened, entry: entryOf(opened.access) };
}

/** Known without asking anybody: what was just entered is due by a rule of the ledger, and not reviewed yet. */
function entryOf({ time, emergency }: OpenedAccess['access']): EmergencyEntry | null {
  const index = emergency?.worklist ?? null;
  return index === null ? null : { index, due: time + EMERGENCY_REVIEW_MS, review: null };
}
