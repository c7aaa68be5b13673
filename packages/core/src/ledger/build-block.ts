// Owns: making a fresh value: which evidence and transactions go into the next block, in which order, within its bounds.
// Does not own: executing them (execute.ts), who proposes and when (consensus), the order of candidates (mempool).
import { type Block, certificateHash, type Header } from '../block.ts';
import type { Hex32 } from '../bytes.ts';
import { codeOf, type ErrorCode } from '../errors.ts';
import { type Evidence, evidenceRoot } from '../evidence.ts';
import { BLOCK_EVIDENCE_MAX, BLOCK_WORK_MAX } from '../limits.ts';
import type { Tx } from '../tx.ts';
import type { Certificate } from '../vote.ts';
import { workOf } from './actions.ts';
import {
  type BlockRun,
  createBlockRun,
  type Execution,
  finishBlockRun,
  isWithinBlockQuota,
  type LedgerDeps,
  type LedgerView,
  runEvidence,
  runTx,
} from './execute.ts';

export interface BlockRequest {
  /** Milliseconds since the epoch; the caller has waited until it is past the tip's. */
  readonly time: number;
  /** A member of the set that decides this height. */
  readonly author: Hex32;
  /** Commit certificate of the tip; null at height 1. */
  readonly lastCertificate: Certificate | null;
  readonly evidence: readonly Evidence[];
  /** In the order in which they should stand. */
  readonly candidates: readonly Tx[];
  /** Bounds of this round (rule 15), at most the parameters of the height. */
  readonly txsMax: number;
  readonly txBytesMax: number;
}

export interface BuiltBlock {
  readonly block: Block;
  readonly execution: Execution;
  /**
   * Transaction id -> why it may not stand in this block. One that only found no room (bounds of the block, share of a
   * person) is in neither: it waits for a later block. One whose actions fail is in the block, with its code.
   */
  readonly refused: ReadonlyMap<Hex32, ErrorCode>;
  readonly refusedEvidence: readonly { readonly evidence: Evidence; readonly code: ErrorCode }[];
}

/** The block and what it does; `checkBlock` of the same view takes it. With nothing left to commit it is empty. */
export function buildBlock(deps: LedgerDeps, view: LedgerView, request: BlockRequest): BuiltBlock {
  const run = createBlockRun(deps, view, request.time, request.lastCertificate);
  const { evidence, refusedEvidence } = takeEvidence(run, request.evidence);
  const refused = takeTxs(run, request);
  const execution = finishBlockRun(run);
  const header = headerOf(run, request, evidence, execution);
  const txs = run.txs.map((tx) => tx.bytes);
  const block = { header, lastCertificate: request.lastCertificate, evidence, txs };
  return { block, execution, refused, refusedEvidence };
}

function takeEvidence(
  run: BlockRun,
  candidates: readonly Evidence[],
): { evidence: readonly Evidence[]; refusedEvidence: BuiltBlock['refusedEvidence'] } {
  const evidence: Evidence[] = [];
  const refusedEvidence: { evidence: Evidence; code: ErrorCode }[] = [];
  for (const candidate of candidates) {
    if (evidence.length >= BLOCK_EVIDENCE_MAX) break;
    const code = refusalOf(() => runEvidence(run, candidate));
    if (code === undefined) evidence.push(candidate);
    else refusedEvidence.push({ evidence: candidate, code });
  }
  return { evidence, refusedEvidence };
}

function takeTxs(run: BlockRun, request: BlockRequest): ReadonlyMap<Hex32, ErrorCode> {
  const { blockTxsMax, blockTxBytesMax } = run.params;
  const txsMax = Math.min(request.txsMax, blockTxsMax);
  let bytesLeft = Math.min(request.txBytesMax, blockTxBytesMax);
  // A later round has less time for all of it (rule 15).
  let workLeft = Math.floor((BLOCK_WORK_MAX * txsMax) / blockTxsMax);
  const refused = new Map<Hex32, ErrorCode>();
  for (const tx of request.candidates) {
    if (run.txs.length >= txsMax) break;
    const work = workOf(tx.actions);
    const fits = tx.bytes.length <= bytesLeft && work <= workLeft;
    if (!fits || !isWithinBlockQuota(run, tx.sender)) continue;
    const code = refusalOf(() => runTx(run, tx));
    if (code === undefined) {
      bytesLeft -= tx.bytes.length;
      workLeft -= work;
    } else refused.set(tx.id, code);
  }
  return refused;
}

function refusalOf(attempt: () => void): ErrorCode | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

function headerOf(
  run: BlockRun,
  { time, author, lastCertificate }: BlockRequest,
  evidence: readonly Evidence[],
  { txRoot, resultRoot, stateRoot, validatorsHash, nextValidatorsHash }: Execution,
): Header {
  return {
    version: run.version,
    genesis: run.deps.genesisHash,
    height: run.height,
    time,
    parent: run.view.tip.id,
    author,
    txRoot,
    resultRoot,
    stateRoot,
    validatorsHash,
    nextValidatorsHash,
    lastCertificateHash: certificateHash(lastCertificate),
    evidenceRoot: evidenceRoot(evidence),
  };
}
