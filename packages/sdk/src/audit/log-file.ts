// Owns: the access log as text: one JSON document, one line for each thing in it, so that a damage can be named by its
// line. Does not own: whether what it says is true (verify-log.ts), collecting it (export-log.ts).
import {
  type AccessRow,
  accessRowShape,
  type Count,
  countShape,
  type Hex32,
  heightFrom0,
  hex32,
  type Institution,
  indexShape,
  institutionShape,
  integer,
  type LightStep,
  lightStepShape,
  list,
  nullable,
  oneOf,
  type RecordRow,
  recordRowShape,
  type Shape,
  type SignedHeader,
  type StateProof,
  signedHeaderShape,
  stateProofShape,
  struct,
} from '@consilium/core';
import { ACCESS_LOG_BYTES_MAX, ACCESS_LOG_PATIENTS_MAX } from '../limits.ts';
import { logFailed } from './log-refusals.ts';
import {
  formatSectioned,
  type LinedSections,
  parseSectioned,
  type Sectioned,
  type SectionedForm,
} from './sectioned-file.ts';

export type { Lined } from './sectioned-file.ts';

export const ACCESS_LOG_KIND = 'consilium-access-log';
/** Another form has another number, and is refused. */
export const ACCESS_LOG_VERSION = 2;

export interface LogHead {
  readonly kind: typeof ACCESS_LOG_KIND;
  readonly version: number;
  readonly genesis: Hex32;
  /** Whose accesses these are: pseudonyms, ascending. */
  readonly patients: readonly Hex32[];
}

/** How many accesses a pseudonym has, under the last header; null: none ever. */
export interface LogCount {
  readonly patient: Hex32;
  readonly count: Count | null;
  readonly proof: StateProof;
}

/** A row never changes, so that it is proven under any header up to the last. */
export interface LogAccess {
  readonly patient: Hex32;
  readonly index: number;
  /** Height of the header. */
  readonly header: number;
  readonly access: AccessRow;
  readonly proof: StateProof;
}

/** What the ledger says of a record that was asked for: who wrote it never changes, nor how it is marked. */
export interface LogRecord {
  readonly id: Hex32;
  /** Height of the header. */
  readonly header: number;
  readonly record: RecordRow;
  readonly proof: StateProof;
}

/** Under the last header: what the institutions of the accesses and of the records are called. */
export interface LogInstitution {
  readonly id: Hex32;
  readonly institution: Institution;
  readonly proof: StateProof;
}

export interface LogSections {
  /** From genesis: the headers that announce another set. */
  readonly steps: LightStep;
  /** Ascending; the last is the one as of which the log is complete. */
  readonly headers: SignedHeader;
  readonly counts: LogCount;
  /** By pseudonym, then by index. */
  readonly accesses: LogAccess;
  /** Ascending by id. */
  readonly records: LogRecord;
  /** Ascending by id. */
  readonly institutions: LogInstitution;
}

export type AccessLog = Sectioned<LogHead, LogSections>;
export type LinedLog = LinedSections<LogHead, LogSections>;

const headShape: Shape<LogHead> = struct<LogHead>({
  kind: oneOf(ACCESS_LOG_KIND),
  version: integer(ACCESS_LOG_VERSION, ACCESS_LOG_VERSION),
  genesis: hex32,
  patients: list(hex32, ACCESS_LOG_PATIENTS_MAX, 1),
});

const FORM: SectionedForm<LogHead, LogSections> = {
  head: headShape,
  lengthMax: ACCESS_LOG_BYTES_MAX,
  malformed: (line) => logFailed(line, 'form'),
  sections: {
    steps: lightStepShape,
    headers: signedHeaderShape,
    counts: struct<LogCount>({ patient: hex32, count: nullable(countShape), proof: stateProofShape }),
    accesses: struct<LogAccess>({
      patient: hex32,
      index: indexShape,
      header: heightFrom0,
      access: accessRowShape,
      proof: stateProofShape,
    }),
    records: struct<LogRecord>({
      id: hex32,
      header: heightFrom0,
      record: recordRowShape,
      proof: stateProofShape,
    }),
    institutions: struct<LogInstitution>({
      id: hex32,
      institution: institutionShape,
      proof: stateProofShape,
    }),
  },
};

export function formatAccessLog(log: AccessLog): string {
  return formatSectioned(FORM, log);
}

/** Throws `PROOF_INVALID` with the first line that is not as `formatAccessLog` writes it. */
export function parseAccessLog(text: string): LinedLog {
  return parseSectioned(FORM, text);
}
