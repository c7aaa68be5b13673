// Owns: running one block on an overlay of the state, the same for who builds it and who checks it: in this order the
// parent's certificate (proposer counts), evidence, transactions, the advance of the sets, the roots. Pure: the same
// state and block give the same bytes on every node. Does not own: choosing (build-block.ts), judging (check-block.ts).
import { PROTOCOL_VERSION_MAX } from '../block.ts';
import { fromHex, type Hex32 } from '../bytes.ts';
import { ConsiliumError, codeOf } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import type { ConsensusParams } from '../genesis.ts';
import { type HashBlocks64, hashBlocks64, type Sha256 } from '../hash.ts';
import { BLOCK_TXS_PER_PERSON_MAX } from '../limits.ts';
import { merkleRoot } from '../merkle.ts';
import { stateKeyHash, stateValueHash, type TreeReader } from '../state-tree.ts';
import { type TreeChange, type TreeWrite, updateTree } from '../state-tree-update.ts';
import { decodeTx, type Tx } from '../tx.ts';
import { type ValidatorSet, validatorSetHash } from '../validators.ts';
import type { Certificate } from '../vote.ts';
import { isActiveInstitution } from './accounts.ts';
import { applyAction, checkWork, workOf } from './actions.ts';
import { type ActionContext, actionSalt, type LedgerRules, type Outcome } from './context.ts';
import { advanceCustody } from './custody.ts';
import { checkEvidence, recordEvidence } from './evidence.ts';
import { paramsAt } from './params.ts';
import { countProposers } from './proposers.ts';
import { encodeTxResult, type TxResult } from './results.ts';
import { createOverlay, type Overlay, type StateChange, type StateReader } from './state.ts';
import { mustReadRow } from './table.ts';
import { ACCOUNTS } from './tables.ts';
import { checkTxEntry, type EntryRules, type VerifySender } from './tx-entry.ts';
import { protocolVersionAt } from './upgrades.ts';
import { advanceSets, nextValidators, validatorsAfterNext } from './validator-sets.ts';

/** What a node brings, the same for every block. */
export interface LedgerDeps extends LedgerRules {
  /** The newest version of the protocol whose rules this state machine knows; `PROTOCOL_VERSION_MAX` when not given. */
  readonly protocolVersionMax?: number;
  readonly verifySender: VerifySender;
  /** Batched engine of `hashBlocks64`. */
  readonly hashBlocks?: HashBlocks64;
  /** Engine of `sha256`. */
  readonly sha256?: Sha256;
  /** Engine of `decodeTx`: a node answers from its pool. Must throw as `decodeTx` does. */
  readonly decodeTx?: (bytes: Uint8Array) => Tx;
}

/** The last committed block. Before the first: height 0, the genesis hash, the genesis time (`genesisTip`). */
export interface LedgerTip {
  readonly height: number;
  readonly id: Hex32;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The chain as it stands after `tip`. */
export interface LedgerView {
  readonly state: StateReader;
  readonly tree: TreeReader;
  readonly tip: LedgerTip;
  /** Whether a transaction of this payload hash stands in a block within the replay window. */
  readonly isReplayed: (payloadHash: Hex32) => boolean;
}

/** What a block does: everything that its commit writes, and the roots that its header must carry. */
export interface Execution {
  /** One per transaction, in their order, with the encoded forms that are the leaves of resultRoot. */
  readonly results: readonly TxResult[];
  readonly resultBytes: readonly Uint8Array[];
  readonly txs: readonly Tx[];
  /** Rows that change, by table and key. */
  readonly changes: readonly StateChange[];
  readonly treeNodes: readonly TreeWrite[];
  readonly txRoot: Hex32;
  readonly resultRoot: Hex32;
  readonly stateRoot: Hex32;
  /** Hash of the set that decides this height, and of the next. */
  readonly validatorsHash: Hex32;
  readonly nextValidatorsHash: Hex32;
  /** The set that decides height + 1, and height + 2. */
  readonly validators: ValidatorSet;
  readonly validatorsAfterNext: ValidatorSet;
}

/** A block while it is executed. */
export interface BlockRun {
  readonly deps: LedgerDeps;
  readonly view: LedgerView;
  readonly height: number;
  readonly time: number;
  /** Of the protocol, and the parameters, at this height. */
  readonly version: number;
  readonly params: ConsensusParams;
  readonly state: Overlay;
  readonly entry: EntryRules;
  readonly txs: Tx[];
  readonly results: TxResult[];
  readonly payloadHashes: Set<Hex32>;
  readonly txsBySender: Map<Hex32, number>;
  /** Of the transactions so far, in rows (`workOf`). */
  readonly work: { done: number };
}

/** Throws `PROTOCOL_UNSUPPORTED`: who does not know the rules of a height has no word on its block, good or bad. */
export function createBlockRun(
  deps: LedgerDeps,
  view: LedgerView,
  time: number,
  carried: Certificate | null,
): BlockRun {
  const height = view.tip.height + 1;
  const version = supportedVersion(deps, view.state, height);
  const params = paramsAt(view.state, deps.genesis, height);
  const state = createOverlay(view.state);
  const payloadHashes = new Set<Hex32>();
  countProposers(state, params, height, carried);
  const entry: EntryRules = {
    genesisHash: deps.genesisHash,
    verifySender: deps.verifySender,
    isReplayed: (hash) => payloadHashes.has(hash) || view.isReplayed(hash),
  };
  const run = { deps, view, height, time, version, params, state, entry, payloadHashes };
  return { ...run, txs: [], results: [], txsBySender: new Map(), work: { done: 0 } };
}

/** The version of the protocol at `height`. Throws `PROTOCOL_UNSUPPORTED`. */
export function supportedVersion(
  { protocolVersionMax = PROTOCOL_VERSION_MAX }: Pick<LedgerDeps, 'protocolVersionMax'>,
  reader: StateReader,
  height: number,
): number {
  const version = protocolVersionAt(reader, height);
  if (version > protocolVersionMax)
    throw new ConsiliumError('PROTOCOL_UNSUPPORTED', { height, version, supported: protocolVersionMax });
  return version;
}

/** Throws the code by which the evidence is refused; then nothing has changed. */
export function runEvidence({ state, deps, height, time }: BlockRun, evidence: Evidence): void {
  checkEvidence(state, deps, evidence, height);
  recordEvidence(state, evidence, height, time);
}

/** The transaction of these bytes. Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeBlockTx(deps: LedgerDeps, bytes: Uint8Array): Tx {
  return (deps.decodeTx ?? decodeTx)(bytes);
}

/** Whether the sender has a transaction left in this block. Who cannot speak for an active institution is a person. */
export function isWithinBlockQuota(run: BlockRun, sender: Hex32): boolean {
  const used = run.txsBySender.get(sender) ?? 0;
  return used < BLOCK_TXS_PER_PERSON_MAX || isActiveInstitution(run.state, sender);
}

/** Executes a transaction that may stand here. Throws the code by which it may not; then nothing has changed. */
export function runTx(run: BlockRun, tx: Tx): TxResult {
  checkTxEntry(run.state, run.entry, tx, run.time);
  checkWork(tx.actions);
  const result = runActions(run, tx);
  run.payloadHashes.add(tx.payloadHash);
  run.txsBySender.set(tx.sender, (run.txsBySender.get(tx.sender) ?? 0) + 1);
  run.work.done += workOf(tx.actions);
  run.txs.push(tx);
  run.results.push(result);
  return result;
}

/** All actions or none. A refusal by a rule is a result; anything else thrown is a broken invariant and goes up. */
function runActions(run: BlockRun, tx: Tx): TxResult {
  const outcomes: Outcome[] = [];
  try {
    run.state.transact(() => {
      tx.actions.forEach((action, index) => {
        outcomes.push(applyAction(contextOf(run, tx, index), action));
      });
    });
    return { txId: tx.id, code: 'OK', failedAction: null, outcomes };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { txId: tx.id, code, failedAction: outcomes.length, outcomes: [] };
  }
}

function contextOf({ deps, state, height, time }: BlockRun, tx: Tx, actionIndex: number): ActionContext {
  const { genesis, genesisHash, verify, isLedgerKey } = deps;
  const { sender } = tx;
  const account = mustReadRow(state, ACCOUNTS, sender);
  const salt = actionSalt(tx.nonce, actionIndex);
  return { genesis, genesisHash, verify, isLedgerKey, state, height, time, sender, account, salt };
}

export function finishBlockRun(run: BlockRun): Execution {
  const { state, deps, params, view, height, txs, results } = run;
  const decidedBy = nextValidators(state);
  advanceSets(state, params, height);
  advanceCustody(state, height);
  const validators = nextValidators(state);
  const changes = state.changes();
  const tree = treeChange(view.tree, changes, deps.hashBlocks ?? hashBlocks64);
  const resultBytes = results.map(encodeTxResult);
  return {
    results,
    resultBytes,
    txs,
    changes,
    treeNodes: tree.nodes,
    txRoot: merkleRoot(
      txs.map((tx) => fromHex(tx.id)),
      deps.sha256,
    ),
    resultRoot: merkleRoot(resultBytes, deps.sha256),
    stateRoot: tree.root,
    validatorsHash: validatorSetHash(decidedBy),
    nextValidatorsHash: validatorSetHash(validators),
    validators,
    validatorsAfterNext: validatorsAfterNext(state),
  };
}

export function treeChange(
  tree: TreeReader,
  changes: readonly StateChange[],
  hashBlocks: HashBlocks64,
): TreeChange {
  const updates = changes.map(({ table, key, value }) => ({
    keyHash: stateKeyHash(table, key),
    valueHash: value === null ? null : stateValueHash(value),
  }));
  return updateTree(tree, updates, hashBlocks);
}

/** What a block that this node judges is refused with: `BLOCK_INVALID`, naming the broken rule. */
export function blockInvalid(rule: string, cause?: unknown): ConsiliumError {
  const code = codeOf(cause);
  return new ConsiliumError('BLOCK_INVALID', code === undefined ? { rule } : { rule, code });
}
