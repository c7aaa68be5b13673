// Owns: what a record, its key and its custody are bound to: ids, salted hashes, the leaves and the root of a batch,
// and the receipt that a custodian signs over them (docs/protocol.md, R2 to R4). Does not own: the sharing itself
// (sharing.ts), what travels (package.ts).
import { concat, fromHex, type Hex32, type Hex64, uint64Bytes } from '../bytes.ts';
import { encode, hex32, type Shape, struct } from '../codec.ts';
import type { SecretKey, Verify } from '../ed25519.ts';
import { domainTag, sha256, taggedHash } from '../hash.ts';
import { batchCountShape, epochShape } from '../ledger/record-rows.ts';
import { createMerkleProver, type MerkleProof, merkleRoot, verifyMerkle } from '../merkle.ts';
import { signPayload, verifyPayload } from '../signing.ts';
import { faultyMax } from '../validators.ts';

/** Below this count a share would be alone, and a registration is refused. */
export const CUSTODIANS_MIN = 3;

/** R2. t: shares that open a record; one more than `count` custodians may be faulty, and never one alone. */
export function custodyThreshold(count: number): number {
  return Math.max(2, faultyMax(count) + 1);
}

/** R2. Receipts that a registration needs: t custodians are left when f of those who signed are lost. */
export function receiptsNeeded(count: number): number {
  return custodyThreshold(count) + Math.max(1, faultyMax(count));
}

const RECORD_DOMAIN = 'consilium/record/v1';
const POINTS_DOMAIN = 'consilium/points/v1';
const POINTS_SALT_TAG = domainTag('consilium/points-salt/v1');
const LEAF_TAG = domainTag('consilium/custody-leaf/v1');

/**
 * The id of a record, a commitment to its ciphertext: H(tag || salt || SHA-256(chunk ids)). `salt`: 32 random bytes
 * kept with the shares; when both are destroyed the id means nothing. `chunks`: SHA-256 of each piece of ciphertext, in
 * order.
 */
export function recordIdOf(salt: Hex32, chunks: readonly Hex32[]): Hex32 {
  return taggedHash(RECORD_DOMAIN, concat(fromHex(salt), sha256(concat(...chunks.map(fromHex)))));
}

/** What the ledger holds of the points that a record's shares are checked against: H(tag || salt || points). */
export function pointsHashOf(pointsSalt: Hex32, points: readonly Hex32[]): Hex32 {
  return taggedHash(POINTS_DOMAIN, concat(fromHex(pointsSalt), ...points.map(fromHex)));
}

/** The salt of the points that come of re-sharing into `epoch`: the same for everybody who holds the one before. */
export function nextPointsSalt(pointsSalt: Hex32, epoch: number): Uint8Array {
  return sha256(concat(POINTS_SALT_TAG, fromHex(pointsSalt), uint64Bytes(epoch)));
}

export interface RecordCommitment {
  readonly commitment: Hex32;
  readonly pointsHash: Hex32;
}

export function recordLeaf({ commitment, pointsHash }: RecordCommitment): Uint8Array {
  return sha256(concat(LEAF_TAG, fromHex(commitment), fromHex(pointsHash)));
}

/** RFC 6962 root over the leaves of a batch, in its order. */
export function batchRootOf(records: readonly RecordCommitment[]): Hex32 {
  return merkleRoot(records.map(recordLeaf));
}

export function batchProver(records: readonly RecordCommitment[]): (position: number) => MerkleProof {
  return createMerkleProver(records.map(recordLeaf));
}

export function isInBatch(root: Hex32, record: RecordCommitment, proof: MerkleProof): boolean {
  return verifyMerkle(root, recordLeaf(record), proof);
}

/** R4. What a receipt says: that its signer holds, durably, the ciphertext of these records and shares that fit. */
export interface ReceiptStatement {
  /** Whose records they are, and the institution whose: for another's registration it says nothing. */
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly batch: Hex32;
  readonly epoch: number;
  readonly root: Hex32;
  readonly count: number;
}

const receiptShape: Shape<ReceiptStatement> = struct<ReceiptStatement>({
  patient: hex32,
  author: hex32,
  batch: hex32,
  epoch: epochShape,
  root: hex32,
  count: batchCountShape,
});

/** Signed by a custodian with its validator key. */
export function signReceipt(secret: SecretKey, genesis: Hex32, statement: ReceiptStatement): Hex64 {
  return signPayload(secret, 'custodyReceipt', genesis, encode(receiptShape, statement));
}

/** The bytes that a receipt's signature is made over, for signers that hold the key elsewhere. */
export function receiptPayload(statement: ReceiptStatement): Uint8Array {
  return encode(receiptShape, statement);
}

export function verifyReceipt(
  verify: Verify,
  genesis: Hex32,
  signingKey: Hex32,
  statement: ReceiptStatement,
  signature: Hex64,
): boolean {
  return verifyPayload(verify, signingKey, signature, 'custodyReceipt', genesis, receiptPayload(statement));
}
