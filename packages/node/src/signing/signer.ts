// Owns: that no signature of agreement leaves before the record of it is durable, and none that the record refuses
// (docs/protocol.md 4.3, 4.4). Does not own: whether the node may vote at all (guard.ts), or what it votes.
import type { ErrorCode, Hex32, Hex64 } from '@consilium/core';
import type { Done } from '../ports.ts';
import {
  bytesToSign,
  comparePositions,
  type SigningPosition,
  type SigningRecord,
  signedHash,
} from './record.ts';
import {
  openRecordFile,
  type RecordFileDeps,
  type RecordFileOptions,
  type RecordStatus,
} from './record-file.ts';
import { createWriteQueue } from './write-queue.ts';

export interface SignerDeps extends RecordFileDeps {
  /** Signs these bytes as they are; the same bytes give the same signature (Ed25519 is deterministic). */
  readonly signBytes: (bytes: Uint8Array) => Hex64;
}

export interface SignRequest extends SigningPosition {
  /** `votePayload` or `proposalPayload` of core: domain and genesis are put before it here. */
  readonly payload: Uint8Array;
}

/** `refused`: `SIGNING_REFUSED` or `DISK_FAILED`, with the place that the record holds. */
export type SignResult =
  | { readonly signature: Hex64 }
  | { readonly refused: ErrorCode; readonly onRecord: SigningPosition };

export interface Signer {
  /** As found at start. Anything but `whole` is for the guard to weigh. */
  readonly status: RecordStatus;
  /** Of the two slots of the record one cannot be read; what it said must then be what the log says. */
  readonly isHarmed: boolean;
  /** The highest message accepted, perhaps still on its way to disk. */
  record(): SigningRecord;
  /**
   * `heldByLog`: the durable log of this height holds exactly these bytes as an own message. Several requests may be
   * under way; those that wait for one write are answered together, in their order. Refusals answer at once.
   */
  sign(request: SignRequest, heldByLog: boolean, done: (result: SignResult) => void): void;
  /**
   * Makes the record that was found durable. A slot that cannot be read is written anew: with `logged`, the highest own
   * message of the log that explains it, since its signature may have left.
   */
  settle(logged: SignRequest | undefined, done: Done): void;
  /** Somebody else signs with this key: nothing is signed any more, and after a restart the node observes. */
  distrust(done: Done): void;
}

export function createSigner(deps: SignerDeps, options: RecordFileOptions): Signer {
  const { report, signBytes } = deps;
  const { genesis } = options;
  const file = openRecordFile(deps, options);
  const queue = createWriteQueue(file, () => current);
  let current = file.record;
  let distrusted = false;

  const refuse = (request: SignRequest, refused: ErrorCode): SignResult => {
    const { height, round, kind } = current;
    report({
      level: 'error',
      code: 'signing.refused',
      reason: refused,
      height: request.height,
      round: request.round,
      kind: request.kind,
      recordHeight: height,
      recordRound: round,
      recordKind: kind,
    });
    return { refused, onRecord: { height, round, kind } };
  };

  const raise = (record: SigningRecord): boolean => {
    const isHigher = comparePositions(record, current) > 0;
    if (isHigher) current = record;
    return isHigher;
  };

  const sign: Signer['sign'] = (request, heldByLog, done) => {
    const { height, round, kind, payload } = request;
    const hash = signedHash(kind, genesis, payload);
    if (distrusted || !isSignable(request, hash, heldByLog, current)) {
      done(refuse(request, 'SIGNING_REFUSED'));
      return;
    }
    const signature = signBytes(bytesToSign(kind, genesis, payload));
    const isHigher = raise({ height, round, kind, hash, signature, doubted: false });
    queue.add(isHigher, (error) => done(error === undefined ? { signature } : refuse(request, error.code)));
  };

  const distrust = (done: Done): void => {
    distrusted = true;
    current = { ...current, doubted: true };
    queue.add(true, done);
  };

  const settle: Signer['settle'] = (logged, done) => {
    if (file.isHarmed && logged !== undefined) {
      const { height, round, kind, payload } = logged;
      const hash = signedHash(kind, genesis, payload);
      raise({
        ...{ height, round, kind, hash, doubted: false },
        signature: signBytes(bytesToSign(kind, genesis, payload)),
      });
    }
    queue.add(file.isHarmed, done);
  };

  return { status: file.status, isHarmed: file.isHarmed, record: () => current, sign, settle, distrust };
}

/** Above the record; or at or below it what the log holds, unless the record names other bytes for that very place. */
function isSignable(request: SignRequest, hash: Hex32, heldByLog: boolean, record: SigningRecord): boolean {
  const order = comparePositions(request, record);
  if (order > 0) return true;
  return heldByLog && (order < 0 || hash === record.hash);
}
