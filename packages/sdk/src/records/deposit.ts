// Owns: getting a batch to its custodians through any of the client's nodes until enough of them have signed for it.
// Receipts are believed by their signatures only. Does not own: sealing (seal.ts), registering (registration.ts).
import {
  ConsiliumError,
  type Hex32,
  isConsiliumError,
  type Receipt,
  type ReceiptStatement,
  verifyReceipt,
} from '@consilium/core';
import { isAboutNode, type Session } from '../client/session.ts';
import { DEPOSITS_PER_NODE, RECEIPTS_SLICE_MS } from '../limits.ts';
import { depositPackage } from './custody-calls.ts';
import type { Patience } from './patience.ts';
import type { DealtBatch } from './seal.ts';

/** Which node is asked, and what each one has already. Shared by all tries of one batch. */
export interface Delivery {
  readonly node: () => string;
  /** The next node, after this one failed. */
  readonly turn: () => void;
  /** Sends the ciphertext to the node, once. */
  readonly upload: () => Promise<void>;
  /** The node has lost it, or never had it. */
  readonly forget: () => void;
}

export function createDelivery(nodes: readonly string[], upload: (node: string) => Promise<void>): Delivery {
  const having = new Set<string>();
  let turns = 0;
  const node = (): string => nodes[turns % nodes.length] as string;
  return {
    node,
    turn: () => {
      turns += 1;
    },
    upload: async () => {
      if (having.has(node())) return;
      await upload(node());
      having.add(node());
    },
    forget: () => {
      having.delete(node());
    },
  };
}

/** Uploads at the first node that takes all of it. */
export async function uploadSomewhere(
  delivery: Delivery,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void,
): Promise<void> {
  for (let round = 0; ; round += 1) {
    patience.check();
    try {
      return await delivery.upload();
    } catch (error) {
      if (!isAboutNode(error)) throw error;
      delivery.turn();
      onWait(error);
      await patience.wait(round, error);
    }
  }
}

/** Told while receipts are missing: the names of the institutions that have not signed. */
export type OnMissing = (missing: readonly string[]) => void;

/**
 * As many receipts as a registration needs, or more, ascending. Throws `CUSTODY_EPOCH_WRONG` when a custodian says so:
 * the batch must be dealt anew; and what `Patience` throws.
 */
export async function gatherReceipts(
  session: Session,
  batch: DealtBatch,
  delivery: Delivery,
  patience: Patience,
  onMissing: OnMissing,
): Promise<readonly Receipt[]> {
  const { custodians } = batch;
  const receipts = new Map<number, Receipt>();
  for (let round = 0; ; round += 1) {
    patience.check();
    const reason = await tryDeposit(session, batch, delivery, receipts);
    if (receipts.size >= custodians.receiptsNeeded) return sorted(receipts);
    if (reason.code === 'CUSTODY_EPOCH_WRONG') throw reason;
    const missing = custodians.custodians.filter(({ index }) => !receipts.has(index));
    onMissing(missing.map(({ name }) => name));
    if (isAboutNode(reason) || (round + 1) % DEPOSITS_PER_NODE === 0) delivery.turn();
    await patience.wait(round, reason);
  }
}

/** One try at one node; why it was not enough, if it was not. */
async function tryDeposit(
  session: Session,
  batch: DealtBatch,
  delivery: Delivery,
  receipts: Map<number, Receipt>,
): Promise<ConsiliumError> {
  try {
    await delivery.upload();
    const answer = await depositPackage(session, delivery.node(), batch.package, RECEIPTS_SLICE_MS);
    for (const receipt of verified(session, batch, answer.receipts)) receipts.set(receipt.index, receipt);
    if (answer.refusals.includes('CUSTODY_EPOCH_WRONG'))
      return new ConsiliumError('CUSTODY_EPOCH_WRONG', { epoch: batch.custodians.epoch });
    return missing(batch, receipts.size);
  } catch (error) {
    if (isConsiliumError(error, 'CUSTODY_EPOCH_WRONG') || isAboutNode(error)) return error;
    if (!isConsiliumError(error, 'CUSTODY_PACKAGE_MISSING')) throw error;
    // The node has lost ciphertext, or destroyed it since it waited so long: it is sent again before the next try.
    delivery.forget();
    return error;
  }
}

function missing({ custodians: { receiptsNeeded } }: DealtBatch, receipts: number): ConsiliumError {
  return new ConsiliumError('CUSTODY_RECEIPTS_MISSING', { receipts, needed: receiptsNeeded });
}

function verified(
  { chain, verify }: Session,
  { patient, author, batch, custodians, records }: DealtBatch,
  receipts: readonly Receipt[],
): readonly Receipt[] {
  const statement: ReceiptStatement = {
    patient,
    author,
    batch,
    epoch: custodians.epoch,
    root: batch,
    count: records.length,
  };
  const keyOf = (index: number): Hex32 | undefined => custodians.custodians[index - 1]?.signingKey;
  return receipts.filter(({ index, signature }) => {
    const key = keyOf(index);
    return key !== undefined && verifyReceipt(verify, chain.genesisHash, key, statement, signature);
  });
}

function sorted(receipts: ReadonlyMap<number, Receipt>): readonly Receipt[] {
  return [...receipts.values()].sort((a, b) => a.index - b.index);
}
