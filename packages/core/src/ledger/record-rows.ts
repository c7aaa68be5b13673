// Owns: what a row of each table of records, custody and access holds, as data with its shape. Does not own: the numbers
// of the tables (tables.ts), the rules by which rows change (records.ts, custody.ts, access.ts).
import type { Hex32 } from '../bytes.ts';
import { flag, hex16, hex32, integer, list, nullable, oneOf, type Shape, struct } from '../codec.ts';
import { RECORDS_PER_BATCH_MAX, STANDING_CONSENTS_MAX, TAGS_PER_RECORD, VALIDATORS_MAX } from '../limits.ts';
import { setOf } from './codes.ts';
import { heightFrom0, indexShape, monthShape, tagGenerationShape, timeMs } from './rows.ts';

/** HL7 v3 Confidentiality, from unrestricted to very restricted: a high-water mark. */
export const CONFIDENTIALITY_LEVELS = ['U', 'L', 'M', 'N', 'R', 'V'] as const;
export type Confidentiality = (typeof CONFIDENTIALITY_LEVELS)[number];

/** What a law prescribes for a record, in clear, since a refusal must be able to name it. Sorted. */
export const STATUTORY_EFFECTS = [
  'closed-to-patient',
  'redisclosure-notice',
  'separate-authorization',
  'withheld-from-payers',
] as const;
export type StatutoryEffect = (typeof STATUTORY_EFFECTS)[number];

/** What stands in clear of a record, and its tags. */
export interface RecordMarks {
  readonly confidentiality: Confidentiality;
  /** Belongs to the emergency dataset. */
  readonly emergency: boolean;
  /** Month of the data (`DataPeriod`); null when it is not known. */
  readonly month: number | null;
  readonly effects: readonly StatutoryEffect[];
  /** Exactly `TAGS_PER_RECORD`: of its category, of its labels and all their ancestors, and random ones. */
  readonly tags: readonly string[];
  readonly tagGeneration: number;
}

export const recordMarksFields: { readonly [K in keyof RecordMarks]: Shape<RecordMarks[K]> } = {
  confidentiality: oneOf(...CONFIDENTIALITY_LEVELS),
  emergency: flag,
  month: nullable(monthShape),
  effects: setOf(oneOf(...STATUTORY_EFFECTS), STATUTORY_EFFECTS.length),
  tags: setOf(hex16, TAGS_PER_RECORD, TAGS_PER_RECORD),
  tagGeneration: tagGenerationShape,
};

/** A record: one version of one thing that was written. Its id is the commitment to its ciphertext. */
export interface RecordRow extends RecordMarks {
  /** The patient's pseudonym at the authoring institution. */
  readonly patient: Hex32;
  /** The institution that keeps it in its own systems. */
  readonly author: Hex32;
  /** The account that registered it. */
  readonly writer: Hex32;
  readonly batch: Hex32;
  /** Its place in the batch, from 0. */
  readonly position: number;
  /** Its place in the patient's list, from 0. */
  readonly index: number;
  /** 1 for the first; an amendment has the next. */
  readonly version: number;
  /** Its first version: itself, where it amends nothing. Consents name records by it. */
  readonly first: Hex32;
  readonly amends: Hex32 | null;
  readonly amendedBy: Hex32 | null;
  readonly retractedHeight: number | null;
  /** From the block of this height on nobody opens it and its custodians destroy what they keep of it. */
  readonly erasedHeight: number | null;
  readonly height: number;
  readonly time: number;
  readonly salt: string;
}

const positionShape = integer(0, RECORDS_PER_BATCH_MAX - 1);

export const recordRowShape: Shape<RecordRow> = struct<RecordRow>({
  ...recordMarksFields,
  patient: hex32,
  author: hex32,
  writer: hex32,
  batch: hex32,
  position: positionShape,
  index: indexShape,
  version: integer(1, 65_535),
  first: hex32,
  amends: nullable(hex32),
  amendedBy: nullable(hex32),
  retractedHeight: nullable(heightFrom0),
  erasedHeight: nullable(heightFrom0),
  height: heightFrom0,
  time: timeMs,
  salt: hex16,
});

/** One place of a patient's record list. */
export interface RecordEntry {
  readonly record: Hex32;
  readonly salt: string;
}

export const recordEntryShape: Shape<RecordEntry> = struct<RecordEntry>({ record: hex32, salt: hex16 });

/** Records that were sealed together, and which custodians hold their shares now. */
export interface BatchRow {
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly count: number;
  /** Of the custodians that hold the shares. */
  readonly epoch: number;
  /** Over the leaves of its records in this epoch; the batch's id is the first one. */
  readonly root: Hex32;
  readonly height: number;
  readonly salt: string;
}

export const batchCountShape: Shape<number> = integer(1, RECORDS_PER_BATCH_MAX);
export const epochShape: Shape<number> = indexShape;

export const batchRowShape: Shape<BatchRow> = struct<BatchRow>({
  patient: hex32,
  author: hex32,
  count: batchCountShape,
  epoch: epochShape,
  root: hex32,
  height: heightFrom0,
  salt: hex16,
});

export interface Custodian {
  /** Account id of the institution. */
  readonly id: Hex32;
  /** Ed25519: its validator key, which signs receipts and releases. */
  readonly signingKey: Hex32;
  /** X25519: shares are sealed to it. */
  readonly custodyKey: Hex32;
}

/** Who keeps shares from a height on, sorted by id. A custodian's index is its place, from 1. */
export interface CustodyEpoch {
  readonly fromHeight: number;
  readonly custodians: readonly Custodian[];
}

export const custodyEpochShape: Shape<CustodyEpoch> = struct<CustodyEpoch>({
  fromHeight: heightFrom0,
  custodians: list(struct<Custodian>({ id: hex32, signingKey: hex32, custodyKey: hex32 }), VALIDATORS_MAX, 1),
});

/** Custodians that accuse one dealer, in the order of their word. Never empty. */
export const accusersShape: Shape<readonly Hex32[]> = list(hex32, VALIDATORS_MAX, 1);

/** Indexes of a patient's consents, or delegations, that were standing when the last one was entered. */
export interface StandingIndexes {
  readonly indexes: readonly number[];
  readonly salt: string;
}

export const standingIndexesShape: Shape<StandingIndexes> = struct<StandingIndexes>({
  indexes: list(indexShape, STANDING_CONSENTS_MAX),
  salt: hex16,
});
