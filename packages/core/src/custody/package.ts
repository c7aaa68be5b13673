// Owns: the custody package, which every custodian of a batch holds in the same bytes: where the ciphertext is, what its
// shares are checked against, and the shares of all, each sealed to its custodian. Does not own: sealing (the sealing
// package), the mathematics of shares (sharing.ts). Nothing of it ever enters a transaction or a block.
import type { Hex32, Hex64 } from '../bytes.ts';
import {
  byteString,
  decode,
  encode,
  hex32,
  hex64,
  integer,
  list,
  nullable,
  type Shape,
  struct,
} from '../codec.ts';
import type { SecretKey, Verify } from '../ed25519.ts';
import { sha256 } from '../hash.ts';
import { epochShape } from '../ledger/record-rows.ts';
import {
  BLOB_BYTES_MAX,
  PACKAGE_BYTES_MAX,
  RECORD_CHUNKS_MAX,
  RECORDS_PER_BATCH_MAX,
  VALIDATORS_MAX,
  WRAP_BYTES_MAX,
} from '../limits.ts';
import { signPayload, verifyPayload } from '../signing.ts';
import { batchRootOf, pointsHashOf, type RecordCommitment, recordIdOf } from './commitments.ts';
import { isErased } from './erased.ts';

/** One piece of ciphertext: SHA-256 of its bytes, and how many there are. */
export interface Chunk {
  readonly id: Hex32;
  readonly bytes: number;
}

/** An HPKE message (RFC 9180): the encapsulated key and the ciphertext. */
export interface SealedMessage {
  readonly enc: Hex32;
  readonly sealed: Uint8Array;
}

/** Of an erased record only its leaf is left (erased.ts): the salt is zeros, there are no chunks and no wrap. */
export interface SealedRecord {
  readonly commitment: Hex32;
  /** Of the commitment: 32 random bytes. */
  readonly salt: Hex32;
  readonly chunks: readonly Chunk[];
  /** Of the hash of the points, in the package's epoch; of an erased record that hash itself. */
  readonly pointsSalt: Hex32;
  /** The record's secret, sealed to the patient; null where the law closes the record to the patient. */
  readonly wrap: SealedMessage | null;
}

/** Both lists are empty of an erased record. */
export interface DealtRecord {
  /** Commitments to the coefficients of the dealing's polynomial; as many as shares open the record. */
  readonly points: readonly Hex32[];
  /** One per custodian of the package's epoch, in order of index: 32 bytes of share, sealed. */
  readonly shares: readonly Uint8Array[];
}

/** One polynomial per record, dealt by the author, or by a custodian of the epoch before over its own share. */
export interface Dealing {
  /** 0: the author. Else the index of the dealer in epoch `from`. */
  readonly dealer: number;
  /** The epoch whose shares are dealt again, and the indexes of all its dealers, ascending; null and none for an author. */
  readonly from: number | null;
  readonly dealers: readonly number[];
  /** Encapsulated key of each custodian's envelope, in order of index. */
  readonly encs: readonly Hex32[];
  /** In the order of the batch. */
  readonly records: readonly DealtRecord[];
  /** By the sender's account key, or by the dealer's validator key (`dealingPayload`). */
  readonly signature: Hex64;
}

export interface CustodyPackage {
  readonly version: 1;
  readonly batch: Hex32;
  readonly epoch: number;
  readonly patient: Hex32;
  /** Institution whose records these are. */
  readonly author: Hex32;
  /** Account that registers them. */
  readonly sender: Hex32;
  readonly records: readonly SealedRecord[];
  /** One by the author; after re-sharing one by each dealer, in order of index. */
  readonly dealings: readonly Dealing[];
}

const chunkShape: Shape<Chunk> = struct<Chunk>({ id: hex32, bytes: integer(1, BLOB_BYTES_MAX) });
export const chunksShape: Shape<readonly Chunk[]> = list(chunkShape, RECORD_CHUNKS_MAX, 1);

export const sealedMessageShape: Shape<SealedMessage> = struct<SealedMessage>({
  enc: hex32,
  sealed: byteString(WRAP_BYTES_MAX),
});

const sealedRecordShape = struct<SealedRecord>({
  commitment: hex32,
  salt: hex32,
  chunks: list(chunkShape, RECORD_CHUNKS_MAX),
  pointsSalt: hex32,
  wrap: nullable(sealedMessageShape),
});

/** 32 bytes of share and the tag of AES-256-GCM. */
export const SEALED_SHARE_BYTES = 48;

const dealingFields = {
  dealer: integer(0, VALIDATORS_MAX),
  from: nullable(epochShape),
  dealers: list(integer(1, VALIDATORS_MAX), VALIDATORS_MAX),
  encs: list(hex32, VALIDATORS_MAX, 1),
  records: list(
    struct<DealtRecord>({
      points: list(hex32, VALIDATORS_MAX),
      shares: list(byteString(SEALED_SHARE_BYTES), VALIDATORS_MAX),
    }),
    RECORDS_PER_BATCH_MAX,
    1,
  ),
} as const;

export const dealingShape: Shape<Dealing> = struct<Dealing>({ ...dealingFields, signature: hex64 });

const packageFields = {
  version: integer(1, 1) as Shape<1>,
  batch: hex32,
  epoch: epochShape,
  patient: hex32,
  author: hex32,
  sender: hex32,
  records: list(sealedRecordShape, RECORDS_PER_BATCH_MAX, 1),
} as const;

const packageShape: Shape<CustodyPackage> = struct<CustodyPackage>({
  ...packageFields,
  dealings: list(dealingShape, VALIDATORS_MAX, 1),
});

export function encodePackage(custodyPackage: CustodyPackage): Uint8Array {
  return encode(packageShape, custodyPackage);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. What it says is not checked here. */
export function decodePackage(bytes: Uint8Array): CustodyPackage {
  return decode(packageShape, bytes, PACKAGE_BYTES_MAX);
}

export type UnsignedDealing = Omit<Dealing, 'signature'>;
/** What of a package an author's dealing vouches for. */
export type PackageContent = Omit<CustodyPackage, 'dealings'>;

interface DealingStatement {
  readonly batch: Hex32;
  readonly epoch: number;
  /** Of the package's content for an author, zeros for a custodian that deals again. */
  readonly content: Uint8Array;
  readonly dealing: UnsignedDealing;
}

const statementShape: Shape<DealingStatement> = struct<DealingStatement>({
  batch: hex32,
  epoch: epochShape,
  content: byteString(32),
  dealing: struct<UnsignedDealing>(dealingFields),
});

/** 32 bytes that a dealing's signature covers: an author vouches for all of its package, a later dealer for its part. */
export function dealingPayload(content: PackageContent, dealing: UnsignedDealing): Uint8Array {
  const { batch, epoch } = content;
  const { version, patient, author, sender, records } = content;
  const vouched =
    dealing.dealer === 0
      ? sha256(
          encode(struct<PackageContent>(packageFields), {
            version,
            batch,
            epoch,
            patient,
            author,
            sender,
            records,
          }),
        )
      : new Uint8Array(32);
  const { dealer, from, dealers, encs, records: dealt } = dealing;
  const plain = { dealer, from, dealers, encs, records: dealt };
  return sha256(encode(statementShape, { batch, epoch, content: vouched, dealing: plain }));
}

export function signDealing(
  secret: SecretKey,
  genesis: Hex32,
  content: PackageContent,
  dealing: UnsignedDealing,
): Dealing {
  const signature = signPayload(secret, 'custodyDealing', genesis, dealingPayload(content, dealing));
  return { ...dealing, signature };
}

export function isDealingSigned(
  verify: Verify,
  genesis: Hex32,
  key: Hex32,
  content: PackageContent,
  dealing: Dealing,
): boolean {
  const payload = dealingPayload(content, dealing);
  return verifyPayload(verify, key, dealing.signature, 'custodyDealing', genesis, payload);
}

/**
 * What a package that an author made says that contradicts itself; undefined when nothing does: commitments that are not
 * of their salt and chunks, another number of points, shares or envelopes than `custodians` of `threshold` need, a batch
 * that is not the root of its records. Signature and points themselves are the caller's to check.
 */
export function authoredFault(
  custodyPackage: CustodyPackage,
  { custodians, threshold }: { readonly custodians: number; readonly threshold: number },
): string | undefined {
  const { batch, records, dealings } = custodyPackage;
  const [dealing] = dealings;
  if (dealing === undefined || dealings.length !== 1 || dealing.dealer !== 0) return 'dealer';
  if (dealing.from !== null || dealing.dealers.length > 0) return 'dealers';
  const form = dealingFault(dealing, { count: records.length, custodians, threshold });
  if (form !== undefined) return form;
  if (!records.every(isCommitted)) return 'commitment';
  const leaves = leavesOf(
    records,
    dealing.records.map(({ points }) => points),
  );
  return batchRootOf(leaves) === batch ? undefined : 'batch';
}

export interface DealingForm {
  readonly count: number;
  readonly custodians: number;
  readonly threshold: number;
  /** Positions of erased records, of which nothing is dealt; none when not given. */
  readonly erased?: ReadonlySet<number>;
}

/** What of a dealing has another form than these custodians need; undefined when nothing has. */
export function dealingFault(
  { encs, records }: UnsignedDealing,
  { count, custodians, threshold, erased }: DealingForm,
): string | undefined {
  if (records.length !== count) return 'records';
  if (encs.length !== custodians) return 'envelopes';
  const isGone = (position: number): boolean => erased?.has(position) ?? false;
  if (!records.every(({ points }, at) => points.length === (isGone(at) ? 0 : threshold))) return 'points';
  const whole = records.every(
    ({ shares }, at) =>
      shares.length === (isGone(at) ? 0 : custodians) &&
      shares.every(({ length }) => length === SEALED_SHARE_BYTES),
  );
  return whole ? undefined : 'shares';
}

export function isCommitted({ commitment, salt, chunks }: SealedRecord): boolean {
  return (
    recordIdOf(
      salt,
      chunks.map(({ id }) => id),
    ) === commitment
  );
}

/** The leaves of a package's batch in its epoch; `points`: of each record, combined over all dealings. */
export function leavesOf(
  records: readonly SealedRecord[],
  points: readonly (readonly Hex32[])[],
): readonly RecordCommitment[] {
  return records.map((record, position) => ({
    commitment: record.commitment,
    pointsHash: isErased(record)
      ? record.pointsSalt
      : pointsHashOf(record.pointsSalt, points[position] ?? []),
  }));
}
