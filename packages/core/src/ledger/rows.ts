// Owns: what a row of each ledger table holds, as data with its shape. Does not own: the numbers of the tables
// (tables.ts) or the rules by which rows change (one file per module).
import type { Hex32 } from '../bytes.ts';
import { flag, hex16, hex32, integer, list, nullable, oneOf, type Shape, struct, text } from '../codec.ts';
import {
  ADDRESS_LENGTH_MAX,
  ADDRESSES_MAX,
  ANCHOR_DOCUMENTS_MAX,
  HEIGHT_MAX,
  INDEX_MAX,
  MONTH_MAX,
  NAME_LENGTH_MAX,
  ROUND_MAX,
  SKIP_HEIGHTS_KEPT,
  TAG_GENERATION_MAX,
  VALIDATORS_MAX,
} from '../limits.ts';
import { type ValidatorSet, validatorSetShape } from '../validators.ts';
import { type ClinicianRole, clinicianRoleShape, codeShape } from './codes.ts';

export const heightFrom0: Shape<number> = integer(0, HEIGHT_MAX);
export const timeMs: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER);
export const indexShape: Shape<number> = integer(0, INDEX_MAX);
export const monthShape: Shape<number> = integer(0, MONTH_MAX);
export const tagGenerationShape: Shape<number> = integer(1, TAG_GENERATION_MAX);

export type AccountKind = 'institution' | 'patient' | 'clinician';

export interface Account {
  readonly kind: AccountKind;
  /** The key that signs its transactions now. */
  readonly key: Hex32;
  /** The key before the last rotation: told apart from a forgery by its own code. */
  readonly previousKey: Hex32 | null;
  /** The institution that enrolled or credentialed it; an institution names itself. */
  readonly institution: Hex32;
  /** Index of a clinician's latest credential in its institution's list; null for the other kinds. */
  readonly credential: number | null;
  /** X25519 key to which a patient's record keys are sealed; null for the other kinds. */
  readonly encryptionKey: Hex32 | null;
  readonly salt: string;
}

export const accountShape: Shape<Account> = struct<Account>({
  kind: oneOf('institution', 'patient', 'clinician'),
  key: hex32,
  previousKey: nullable(hex32),
  institution: hex32,
  credential: nullable(indexShape),
  encryptionKey: nullable(hex32),
  salt: hex16,
});

/** Who holds, or once held, a key, and for what. Keys are never free again: an old one must not speak for another. */
export interface KeyHolder {
  readonly account: Hex32;
  readonly use: 'account' | 'validator' | 'network' | 'custody';
  readonly salt: string;
}

export const keyHolderShape: Shape<KeyHolder> = struct<KeyHolder>({
  account: hex32,
  use: oneOf('account', 'validator', 'network', 'custody'),
  salt: hex16,
});

/**
 * `observer` is let in to follow and may change nothing. `removed` keeps its account and history and may be admitted
 * again. Whether an active one votes, the sets say.
 */
export interface Institution {
  readonly name: string;
  readonly validatorKey: Hex32;
  readonly networkKey: Hex32;
  readonly custodyKey: Hex32;
  readonly addresses: readonly string[];
  readonly status: 'active' | 'observer' | 'removed';
  /** Counts its admissions, from 1. A credential is valid only in the membership in which it was issued. */
  readonly membership: number;
  /** Height whose block decided the last admission; 0 for a founder. */
  readonly admittedHeight: number;
  readonly removedHeight: number | null;
}

export const institutionShape: Shape<Institution> = struct<Institution>({
  name: text(NAME_LENGTH_MAX, 1),
  validatorKey: hex32,
  networkKey: hex32,
  custodyKey: hex32,
  addresses: list(text(ADDRESS_LENGTH_MAX, 1), ADDRESSES_MAX),
  status: oneOf('active', 'observer', 'removed'),
  membership: integer(1, INDEX_MAX),
  admittedHeight: heightFrom0,
  removedHeight: nullable(heightFrom0),
});

/** A stretch of heights decided by one set: from `fromHeight` until the next entry's. */
export interface SetEpoch {
  readonly fromHeight: number;
  readonly validators: ValidatorSet;
}

export const setEpochShape: Shape<SetEpoch> = struct<SetEpoch>({
  fromHeight: heightFrom0,
  validators: validatorSetShape,
});

/** Sequence numbers of the kept epochs: `first` to `next - 1`. */
export interface SetHistory {
  readonly first: number;
  readonly next: number;
}

export const setHistoryShape: Shape<SetHistory> = struct<SetHistory>({ first: indexShape, next: indexShape });

export interface ProposerMisses {
  readonly validator: Hex32;
  /** Missed proposals since its last success; counted up to the demotion threshold. */
  readonly misses: number;
}

export interface Demotion {
  readonly validator: Hex32;
  /** The last height at which it stands at the end of the order. */
  readonly lastHeight: number;
}

/** What one member reported of one proposer: heights of its blocks, ascending. */
export interface SkipReport {
  readonly reporter: Hex32;
  readonly heights: readonly number[];
}

/** By reporter, the last one to report at the end. */
export type SkipReports = readonly SkipReport[];

export const skipReportsShape: Shape<SkipReports> = list(
  struct<SkipReport>({ reporter: hex32, heights: list(heightFrom0, SKIP_HEIGHTS_KEPT, 1) }),
  VALIDATORS_MAX,
);

/** What an order was made of: the members by id, and those of them that were demoted. */
export interface OrderBasis {
  readonly members: readonly Hex32[];
  readonly demoted: readonly Hex32[];
}

/** After block H: the counts, who is demoted, and the basis of order(H), by which block H+1 judges its certificate. */
export interface ProposerSchedule {
  readonly misses: readonly ProposerMisses[];
  readonly demoted: readonly Demotion[];
  readonly previous: OrderBasis;
}

export const proposerScheduleShape: Shape<ProposerSchedule> = struct<ProposerSchedule>({
  misses: list(struct<ProposerMisses>({ validator: hex32, misses: integer(1, ROUND_MAX) }), VALIDATORS_MAX),
  demoted: list(struct<Demotion>({ validator: hex32, lastHeight: heightFrom0 }), VALIDATORS_MAX),
  previous: struct<OrderBasis>({
    members: list(hex32, VALIDATORS_MAX),
    demoted: list(hex32, VALIDATORS_MAX),
  }),
});

export interface Credential {
  readonly clinician: Hex32;
  readonly role: ClinicianRole;
  /** Code of a speciality, e.g. SNOMED CT; null when the role has none. */
  readonly speciality: string | null;
  /** May break the glass. */
  readonly emergency: boolean;
  readonly membership: number;
  readonly issuedHeight: number;
  readonly issuedTime: number;
  readonly withdrawnHeight: number | null;
  readonly withdrawnTime: number | null;
  readonly salt: string;
}

export const credentialShape: Shape<Credential> = struct<Credential>({
  clinician: hex32,
  role: clinicianRoleShape,
  speciality: nullable(codeShape),
  emergency: flag,
  membership: integer(1, INDEX_MAX),
  issuedHeight: heightFrom0,
  issuedTime: timeMs,
  withdrawnHeight: nullable(heightFrom0),
  withdrawnTime: nullable(timeMs),
  salt: hex16,
});

/** When a consent holds: from `from`, until just before `until`. Milliseconds since the epoch. */
export interface ConsentPeriod {
  readonly from: number;
  readonly until: number;
}

export const consentPeriodShape: Shape<ConsentPeriod> = struct<ConsentPeriod>({
  from: timeMs,
  until: timeMs,
});

/** Months since year 0 (`year * 12 + month - 1`), both inclusive. */
export interface DataPeriod {
  readonly from: number;
  readonly until: number;
}

export const dataPeriodShape: Shape<DataPeriod> = struct<DataPeriod>({ from: monthShape, until: monthShape });

/** The root of a tree over salted digests of documents (documents.ts). */
export interface Anchor {
  readonly root: Hex32;
  /** Documents under the root. */
  readonly count: number;
  /** What kind of documents, as a code. */
  readonly schema: string;
  readonly height: number;
  readonly time: number;
}

export const anchorShape: Shape<Anchor> = struct<Anchor>({
  root: hex32,
  count: integer(1, ANCHOR_DOCUMENTS_MAX),
  schema: codeShape,
  height: heightFrom0,
  time: timeMs,
});

export interface EvidenceRecord {
  readonly validator: Hex32;
  readonly type: 'double-proposal' | 'double-vote' | 'lock-violation';
  /** Height at which it misbehaved. */
  readonly offenceHeight: number;
  /** Hash of the evidence, which stands in the block of `height`. */
  readonly evidenceHash: Hex32;
  readonly height: number;
  readonly time: number;
}

export const evidenceRecordShape: Shape<EvidenceRecord> = struct<EvidenceRecord>({
  validator: hex32,
  type: oneOf('double-proposal', 'double-vote', 'lock-violation'),
  offenceHeight: heightFrom0,
  evidenceHash: hex32,
  height: heightFrom0,
  time: timeMs,
});

/** How many rows a gapless list has: their indexes are 0 to count - 1. The salt is zeros where nothing is personal. */
export interface Count {
  readonly count: number;
  readonly salt: string;
}

export const countShape: Shape<Count> = struct<Count>({ count: indexShape, salt: hex16 });
