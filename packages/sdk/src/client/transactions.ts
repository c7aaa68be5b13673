// Owns: what became of a transaction, checked: that it stands in a certified block, and the result it had there. Does
// not own: sending it (submit.ts).
import {
  decodeTx,
  decodeTxResult,
  ERRORS,
  type ErrorCode,
  type Hex32,
  hashHex,
  type MerkleProof,
  merkleProofShape,
  type Outcome,
  type SignedHeader,
  type Tx,
  type TxResult,
  verifyTxResult,
} from '@consilium/core';
import { proven, readBytes, readField, readShape, readText, unproven } from './answer.ts';
import { blockIdOf, readSigned } from './rows.ts';
import { askNodes, type ReadOptions, type Session } from './session.ts';
import { certify, freshnessFloor, refuseBelow, syncWith } from './sync.ts';

/** A transaction in its block. `code` is `OK`, or why its actions changed nothing. */
export interface CommittedTx {
  readonly id: Hex32;
  readonly state: 'committed';
  readonly height: number;
  readonly index: number;
  readonly code: TxResult['code'];
  readonly failedAction: number | null;
  /** One per action: the id and list index of what it made. */
  readonly outcomes: readonly Outcome[];
  /** Block time. Milliseconds since the epoch. */
  readonly time: number;
  readonly blockId: Hex32;
}

/** What the node says of a transaction that it does not show in a block. Nobody can prove this. */
export interface UncommittedTx {
  readonly id: Hex32;
  readonly state: 'pending' | 'refused' | 'unknown';
  readonly code: ErrorCode | null;
}

/** The proof that a transaction stands in a certified block with its result; JSON but for the two byte strings. */
export interface TxProof extends SignedHeader {
  readonly tx: Uint8Array;
  readonly txProof: MerkleProof;
  readonly result: Uint8Array;
  readonly resultProof: MerkleProof;
}

export interface ProvenTx extends CommittedTx {
  readonly tx: Tx;
  readonly proof: TxProof;
}

export type TxAnswer = ProvenTx | UncommittedTx;

export async function findTx(session: Session, id: Hex32, options: ReadOptions = {}): Promise<TxAnswer> {
  const floor = await freshnessFloor(session, options);
  return askNodes(session, (node) => findTxAt(session, node, id, floor));
}

export async function findTxAt(session: Session, node: string, id: Hex32, floor: number): Promise<TxAnswer> {
  const answer = await session.ask(node, { path: `/v1/tx/${id}?proof=1` });
  if (readField(answer, 'id') !== id) throw unproven('id');
  if (readField(answer, 'state') === 'committed') return readCommitted(session, node, id, answer);
  // That it stands nowhere cannot be proven, but that the node is behind can.
  if (!session.trustNode) refuseBelow(floor, await syncWith(session, node));
  return readUncommitted(id, answer);
}

async function readCommitted(session: Session, node: string, id: Hex32, answer: unknown): Promise<ProvenTx> {
  const proof: TxProof = {
    ...readSigned(answer),
    tx: readBytes(readField(answer, 'tx'), 'tx'),
    txProof: readShape(merkleProofShape, readField(answer, 'txProof'), 'txProof'),
    result: readBytes(readField(answer, 'result'), 'result'),
    resultProof: readShape(merkleProofShape, readField(answer, 'resultProof'), 'resultProof'),
  };
  if (!session.trustNode) await certify(session, node, proof);
  return checkTxProof(id, proof);
}

/** Whether the proof shows this transaction in its (certified) block; the rest is read from what is proven. */
export function checkTxProof(id: Hex32, proof: TxProof): ProvenTx {
  const { header, tx, txProof, result, resultProof } = proof;
  if (hashHex(tx) !== id) throw unproven('tx', header.height);
  if (!verifyTxResult(header, id, result, { tx: txProof, result: resultProof }))
    throw unproven('inclusion', header.height);
  const decoded = proven('result', () => decodeTxResult(result));
  return {
    id,
    state: 'committed',
    height: header.height,
    index: txProof.index,
    code: decoded.code,
    failedAction: decoded.failedAction,
    outcomes: decoded.outcomes,
    time: header.time,
    blockId: blockIdOf(proof),
    tx: proven('tx', () => decodeTx(tx)),
    proof,
  };
}

function readUncommitted(id: Hex32, answer: unknown): UncommittedTx {
  const state = readText(readField(answer, 'state'), 'state');
  if (state === 'pending' || state === 'unknown') return { id, state, code: null };
  if (state !== 'refused') throw unproven('state');
  const code = readText(readField(answer, 'code'), 'code');
  return { id, state, code: Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : null };
}
