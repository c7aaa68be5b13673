// Owns: the verdict on a block: valid on top of the tip, or which rule it breaks. The same for a proposal and for sync.
// Does not own: timeliness, locks and who proposes in which round (consensus): a valid block can be untimely.
import { type Block, certificateHash, type Header } from '../block.ts';
import type { Hex32 } from '../bytes.ts';
import { isConsiliumError } from '../errors.ts';
import { evidenceRoot } from '../evidence.ts';
import { BLOCK_EVIDENCE_MAX, BLOCK_WORK_MAX } from '../limits.ts';
import type { Tx } from '../tx.ts';
import { findValidator } from '../validators.ts';
import { type Certificate, isValidCertificate } from '../vote.ts';
import { workOf } from './actions.ts';
import {
  type BlockRun,
  blockInvalid,
  createBlockRun,
  decodeBlockTx,
  type Execution,
  finishBlockRun,
  isWithinBlockQuota,
  type LedgerDeps,
  type LedgerView,
  runEvidence,
  runTx,
} from './execute.ts';
import { protocolVersionAt } from './upgrades.ts';
import { nextValidators, validatorsAt } from './validator-sets.ts';

/**
 * The block's execution, or `BLOCK_INVALID` with `rule`: the header field or part of the block that is wrong. For
 * evidence and transactions `code` says why. A wrong root means that its author computed another state.
 */
export function checkBlock(deps: LedgerDeps, view: LedgerView, block: Block): Execution {
  checkLink(deps, view, block.header);
  checkCertificate(deps, view, block);
  const run = createBlockRun(deps, view, block.header.time, block.lastCertificate);
  checkBounds(run, block);
  checkEvidenceList(run, block);
  for (const bytes of block.txs) checkBlockTx(run, bytes);
  const execution = finishBlockRun(run);
  checkRoots(block.header, execution);
  return execution;
}

function mustHold(holds: boolean, rule: string): void {
  if (!holds) throw blockInvalid(rule);
}

function checkLink(deps: LedgerDeps, { tip, state }: LedgerView, header: Header): void {
  mustHold(header.genesis === deps.genesisHash, 'genesis');
  mustHold(header.height === tip.height + 1, 'height');
  mustHold(header.version === protocolVersionAt(state, header.height), 'version');
  mustHold(header.parent === tip.id, 'parent');
  mustHold(Number.isSafeInteger(header.time) && header.time > tip.time, 'time');
  mustHold(findValidator(nextValidators(state), header.author) !== undefined, 'author');
}

/** The parent's commit certificate, by the set of the parent's height. From here on the one of that height. */
function checkCertificate(deps: LedgerDeps, { tip, state }: LedgerView, block: Block): void {
  const { lastCertificate, header } = block;
  const hash = refuseAs('lastCertificate', () => certificateHash(lastCertificate));
  mustHold(hash === header.lastCertificateHash, 'lastCertificateHash');
  if (tip.height === 0) {
    mustHold(lastCertificate === null, 'lastCertificate');
    return;
  }
  mustHold(lastCertificate !== null && decides(lastCertificate, tip.height, tip.id), 'lastCertificate');
  const set = validatorsAt(state, tip.height);
  const valid =
    set !== undefined &&
    isValidCertificate(deps.verify, deps.genesisHash, set, lastCertificate as Certificate);
  mustHold(valid, 'lastCertificate');
}

function decides(certificate: Certificate, height: number, id: Hex32): boolean {
  const { type, blockId } = certificate;
  return type === 'precommit' && certificate.height === height && blockId === id;
}

/** Bounds of round 0: a block built for it stays valid when it is proposed again or synced (rule 15). */
function checkBounds({ params }: BlockRun, { txs, evidence }: Block): void {
  mustHold(txs.length <= params.blockTxsMax, 'txs');
  const bytes = txs.reduce((sum, tx) => sum + tx.length, 0);
  mustHold(bytes <= params.blockTxBytesMax, 'txBytes');
  mustHold(evidence.length <= BLOCK_EVIDENCE_MAX, 'evidence');
}

function checkEvidenceList(run: BlockRun, { evidence, header }: Block): void {
  const root = refuseAs('evidence', () => evidenceRoot(evidence));
  mustHold(root === header.evidenceRoot, 'evidenceRoot');
  for (const item of evidence) refuseAs('evidence', () => runEvidence(run, item));
}

function checkBlockTx(run: BlockRun, bytes: Uint8Array): void {
  const tx: Tx = refuseAs('tx', () => decodeBlockTx(run.deps, bytes));
  mustHold(isWithinBlockQuota(run, tx.sender), 'quota');
  mustHold(run.work.done + workOf(tx.actions) <= BLOCK_WORK_MAX, 'work');
  refuseAs('tx', () => runTx(run, tx));
}

function refuseAs<T>(rule: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    throw isConsiliumError(error) ? blockInvalid(rule, error) : error;
  }
}

const ROOTS = ['txRoot', 'validatorsHash', 'nextValidatorsHash', 'resultRoot', 'stateRoot'] as const;

function checkRoots(header: Header, execution: Execution): void {
  for (const root of ROOTS) mustHold(header[root] === execution[root], root);
}
