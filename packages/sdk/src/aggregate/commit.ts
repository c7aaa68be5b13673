// Owns: committing the next batch of an institution's entries, whatever happens meanwhile: a batch once decided is the one
// that is committed, under one transaction at a time. Does not own: the store (node-only/audit-store).
import {
  AGGREGATES,
  type Aggregate,
  actionOf,
  ConsiliumError,
  decodeTx,
  type Hex32,
  isConsiliumError,
  listCount,
  readRow,
  type Tx,
  ZERO_HASH,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { ProvenTx } from '../client/transactions.ts';
import type { Signer } from '../keys/derive.ts';
import { createPatience, type Patience, type PatienceOptions, persist } from '../records/patience.ts';
import { untilSettled } from '../records/settled.ts';
import type { BatchHead } from './batch.ts';

/** The batches of a store that are not known to be committed. */
export interface AuditQueue {
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /**
   * The batch that is decided and not known to be committed; else one of what waits now, which from then on is decided;
   * null when nothing waits.
   */
  readonly next: () => Promise<DecidedBatch | null>;
  /** Durable before it returns: these bytes are sent, and again, until their fate is known. */
  readonly signed: (batch: DecidedBatch, tx: Uint8Array) => Promise<void>;
  readonly committed: (batch: DecidedBatch) => Promise<void>;
}

export interface DecidedBatch {
  readonly head: BatchHead;
  /** The transaction that was signed for it, if one was. */
  readonly tx: Uint8Array | null;
}

/** Where a batch stands on the ledger. */
export interface BatchCommit {
  readonly height: number;
  readonly time: number;
}

export interface CommittedBatch extends BatchCommit {
  readonly index: number;
  readonly count: number;
  readonly root: Hex32;
  readonly mapRoot: Hex32;
}

export interface CommitOptions extends PatienceOptions {
  /** What the batch waits for. */
  readonly onWait?: (reason: ConsiliumError) => void;
}

/**
 * Commits one batch; null when there is nothing to commit. Throws `AGGREGATES_DIVERGED` when the ledger has what this store
 * has not: it was brought back from an old copy, or is one of two.
 */
export async function commitEntries(
  client: Client,
  queue: AuditQueue,
  signer: Signer,
  options: CommitOptions = {},
): Promise<CommittedBatch | null> {
  if (queue.genesis !== client.genesisHash)
    throw new ConsiliumError('VALUE_INVALID', { field: 'store', rule: 'of another genesis' });
  if (queue.institution !== signer.account)
    throw new ConsiliumError('VALUE_INVALID', { field: 'store', rule: 'of another institution' });
  const batch = await queue.next();
  if (batch === null) return null;
  const patience = createPatience(client.session, options);
  const onWait = options.onWait ?? (() => undefined);
  let { tx } = batch;
  for (let round = 0; ; round += 1) {
    const known = await persist(patience, onWait, () => readCommitted(client, queue.institution, batch.head));
    if (known !== undefined) return settled(queue, batch, known);
    const attempt = tx === null ? await sign(client, queue, batch, signer) : decodeTx(tx);
    const outcome = await untilSettledOrOvertaken(client, attempt, signer, patience, onWait);
    if (typeof outcome !== 'string') return settled(queue, batch, outcome);
    // Whether the batch is there by an earlier transaction, the ledger says; if not, a new one asks for the same.
    tx = null;
    if (outcome === 'overtaken') await patience.wait(round, new ConsiliumError('AGGREGATE_NOT_NEXT'));
  }
}

async function untilSettledOrOvertaken(
  client: Client,
  tx: Tx,
  signer: Signer,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void,
): Promise<ProvenTx | 'dead' | 'overtaken'> {
  try {
    const outcome = await untilSettled(client, tx, signer, patience, onWait);
    if (outcome === 'dead' || outcome.code === 'OK') return outcome;
    throw new ConsiliumError(outcome.code, { id: outcome.id });
  } catch (error) {
    if (isConsiliumError(error, 'AGGREGATE_NOT_NEXT')) return 'overtaken';
    throw error;
  }
}

async function sign(client: Client, queue: AuditQueue, batch: DecidedBatch, signer: Signer): Promise<Tx> {
  const { root, count, mapRoot, previous } = batch.head;
  const tx = client.buildTx([actionOf('audit.commit', { root, count, mapRoot, previous })], signer);
  await queue.signed(batch, tx.bytes);
  return tx;
}

async function settled(queue: AuditQueue, batch: DecidedBatch, at: BatchCommit): Promise<CommittedBatch> {
  const { index, count, root, mapRoot } = batch.head;
  const { height, time } = at;
  await queue.committed(batch);
  return { index, count, root, mapRoot, height, time };
}

/** The batch's row; undefined when it is the next one. Throws `AGGREGATES_DIVERGED`, or `STALE` of a node that is behind. */
async function readCommitted(
  client: Client,
  institution: Hex32,
  { index, root, mapRoot, previous }: BatchHead,
): Promise<Aggregate | undefined> {
  const { value } = await client.read((state) => {
    const rowAt = (at: number) => (at < 0 ? undefined : readRow(state, AGGREGATES, institution, at));
    return {
      count: listCount(state, 'aggregates', institution),
      own: rowAt(index),
      before: rowAt(index - 1),
    };
  });
  const { count, own, before } = value;
  if (count < index) throw new ConsiliumError('STALE', { batches: count, known: index });
  const same = own === undefined || (own.root === root && own.mapRoot === mapRoot);
  if (!same || (before?.mapRoot ?? ZERO_HASH) !== previous)
    throw new ConsiliumError('AGGREGATES_DIVERGED', { batch: index });
  return own;
}
