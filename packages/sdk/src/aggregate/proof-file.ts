// Owns: the file that proves entries of an institution's own systems offline: one of them alone, or all of one pseudonym.
// Does not own: whether what it says is true (verify-entries.ts), collecting it (prove-entries.ts).
import {
  type Aggregate,
  type AuditEntry,
  type AuditHead,
  aggregateShape,
  auditEntryShape,
  auditHeadShape,
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
  type MerkleProof,
  merkleProofShape,
  nullable,
  oneOf,
  type Shape,
  type SignedHeader,
  type StateProof,
  signedHeaderShape,
  stateProofShape,
  struct,
} from '@consilium/core';
import {
  formatSectioned,
  type LinedSections,
  parseSectioned,
  type Sectioned,
  type SectionedForm,
} from '../audit/sectioned-file.ts';
import { AUDIT_PROOF_LENGTH_MAX } from '../limits.ts';
import { entriesFailed } from './proof-refusals.ts';

export const AUDIT_PROOF_KIND = 'consilium-audit-entries';

export interface EntriesHead {
  readonly kind: typeof AUDIT_PROOF_KIND;
  readonly version: number;
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** The pseudonym. */
  readonly patient: Hex32;
  /** `all`: every entry of the pseudonym at the institution. `one`: this entry is among them. */
  readonly claim: 'all' | 'one';
}

/** A row never changes, so that it is proven under any header up to the last. */
export interface ProvenBatch {
  readonly index: number;
  /** Height of the header. */
  readonly header: number;
  readonly row: Aggregate;
  readonly proof: StateProof;
}

export interface ProvenEntry {
  readonly entry: AuditEntry;
  /** Index of its batch. */
  readonly batch: number;
  readonly place: MerkleProof;
  /** Only where the holder is to check the detail too. */
  readonly salt: Hex32 | null;
}

export interface EntriesSections {
  /** From genesis: the headers that announce another set. */
  readonly steps: LightStep;
  /** Ascending; all but batches is proven under the last. */
  readonly headers: SignedHeader;
  /** One: what the institution is called. */
  readonly institutions: { readonly institution: Institution; readonly proof: StateProof };
  /** One when all are claimed: how many batches the institution has; null: none ever. */
  readonly counts: { readonly count: Count | null; readonly proof: StateProof };
  /** Ascending: those of the entries, and the last one there is when all are claimed. */
  readonly batches: ProvenBatch;
  /** One when all are claimed and there is a batch: how far the pseudonym's chain reaches; null: it has none. */
  readonly map: { readonly head: AuditHead | null; readonly proof: StateProof };
  /** In the order of the chain. */
  readonly entries: ProvenEntry;
}

export type EntriesFile = Sectioned<EntriesHead, EntriesSections>;
export type LinedEntries = LinedSections<EntriesHead, EntriesSections>;

const headShape: Shape<EntriesHead> = struct<EntriesHead>({
  kind: oneOf(AUDIT_PROOF_KIND),
  version: integer(1, 1),
  genesis: hex32,
  institution: hex32,
  patient: hex32,
  claim: oneOf('all', 'one'),
});

const FORM: SectionedForm<EntriesHead, EntriesSections> = {
  head: headShape,
  lengthMax: AUDIT_PROOF_LENGTH_MAX,
  malformed: (line) => entriesFailed(line, 'form'),
  sections: {
    steps: lightStepShape,
    headers: signedHeaderShape,
    institutions: struct<EntriesSections['institutions']>({
      institution: institutionShape,
      proof: stateProofShape,
    }),
    counts: struct<EntriesSections['counts']>({ count: nullable(countShape), proof: stateProofShape }),
    batches: struct<ProvenBatch>({
      index: indexShape,
      header: heightFrom0,
      row: aggregateShape,
      proof: stateProofShape,
    }),
    map: struct<EntriesSections['map']>({ head: nullable(auditHeadShape), proof: stateProofShape }),
    entries: struct<ProvenEntry>({
      entry: auditEntryShape,
      batch: indexShape,
      place: merkleProofShape,
      salt: nullable(hex32),
    }),
  },
};

export function formatEntriesFile(file: EntriesFile): string {
  return formatSectioned(FORM, file);
}

/** Throws `PROOF_INVALID` with the first line that is not as `formatEntriesFile` writes it. */
export function parseEntriesFile(text: string): LinedEntries {
  return parseSectioned(FORM, text);
}
