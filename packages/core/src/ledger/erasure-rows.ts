// Owns: what a row of the tables of erasures holds, as data with its shape, and the closed lists of reasons and grounds.
// Does not own: the rules by which rows change (erasure.ts).
import type { Hex32 } from '../bytes.ts';
import { hex16, hex32, list, nullable, oneOf, type Shape, struct } from '../codec.ts';
import { ERASURE_CUSTODIANS_MAX, RECORDS_PER_ERASURE_MAX } from '../limits.ts';
import { setOf } from './codes.ts';
import { heightFrom0, indexShape, timeMs } from './rows.ts';

/** Why a record is erased: GDPR art. 17(1), and the end of the time for which it had to be kept. Sorted. */
export const ERASURE_REASONS = [
  'consent-withdrawn',
  'patient-request',
  'retention-over',
  'unlawful',
] as const;
export type ErasureReason = (typeof ERASURE_REASONS)[number];
export const erasureReasonShape: Shape<ErasureReason> = oneOf(...ERASURE_REASONS);

/** Why an institution refuses to: GDPR art. 17(3), and that none of art. 17(1) is given. Sorted. */
export const REFUSAL_GROUNDS = [
  'archiving-research',
  'expression',
  'legal-claims',
  'legal-obligation',
  'no-ground',
  'public-health',
] as const;
export type RefusalGround = (typeof REFUSAL_GROUNDS)[number];
export const refusalGroundShape: Shape<RefusalGround> = oneOf(...REFUSAL_GROUNDS);

/** Records of one patient, each once, ascending. */
export const erasedRecordsShape: Shape<readonly Hex32[]> = setOf(hex32, RECORDS_PER_ERASURE_MAX, 1);

/** A custodian that may hold parts of what is erased, and since when it says that it has destroyed them. */
export interface ErasureReceipt {
  readonly custodian: Hex32;
  /** Of the block in which it said so, in a transaction that it signed; null: it has not. */
  readonly height: number | null;
  readonly time: number | null;
}

/** Records that were erased together. */
export interface ErasureRow {
  readonly patient: Hex32;
  /** The authoring institution. */
  readonly author: Hex32;
  /** The account that erased: the author or one of its clinicians. */
  readonly by: Hex32;
  readonly reason: ErasureReason;
  readonly records: readonly Hex32[];
  /** Of every epoch whose custodians may hold shares at this height. Sorted by id. */
  readonly receipts: readonly ErasureReceipt[];
  readonly height: number;
  readonly time: number;
  readonly salt: string;
}

export const erasureRowShape: Shape<ErasureRow> = struct<ErasureRow>({
  patient: hex32,
  author: hex32,
  by: hex32,
  reason: erasureReasonShape,
  records: erasedRecordsShape,
  receipts: list(
    struct<ErasureReceipt>({ custodian: hex32, height: nullable(heightFrom0), time: nullable(timeMs) }),
    ERASURE_CUSTODIANS_MAX,
    1,
  ),
  height: heightFrom0,
  time: timeMs,
  salt: hex16,
});

/** By which erasure a record went. */
export interface ErasedRecord {
  readonly erasure: number;
  readonly salt: string;
}

export const erasedRecordShape: Shape<ErasedRecord> = struct<ErasedRecord>({
  erasure: indexShape,
  salt: hex16,
});

export interface ErasureRefusal {
  readonly ground: RefusalGround;
  readonly by: Hex32;
  readonly height: number;
  readonly time: number;
}

/** A patient asks that records be erased. It is met when they are. */
export interface ErasureRequest {
  /** The patient, or who acts for the patient. */
  readonly by: Hex32;
  readonly records: readonly Hex32[];
  readonly reason: ErasureReason;
  readonly refused: ErasureRefusal | null;
  readonly height: number;
  readonly time: number;
  readonly salt: string;
}

export const erasureRequestShape: Shape<ErasureRequest> = struct<ErasureRequest>({
  by: hex32,
  records: erasedRecordsShape,
  reason: erasureReasonShape,
  refused: nullable(
    struct<ErasureRefusal>({ ground: refusalGroundShape, by: hex32, height: heightFrom0, time: timeMs }),
  ),
  height: heightFrom0,
  time: timeMs,
  salt: hex16,
});
