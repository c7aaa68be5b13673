// Owns: the end of a transaction that was never seen committed: found in a block after all, or proven dead by every block
// in which it could have stood. Does not own: sending it (submit.ts).
import { actionOf, type Hex32, isConsiliumError, TX_VALIDITY_MS_MAX, type Tx } from '@consilium/core';
import type { Signer } from '../keys/derive.ts';
import { unproven } from './answer.ts';
import { findBlock, findHeader } from './blocks.ts';
import type { Session } from './session.ts';
import { buildTx, sendTx, type UnsettledTx } from './submit.ts';
import { syncToTip } from './sync.ts';
import { findTx, type ProvenTx } from './transactions.ts';

/** No block holds it and none can: what it asked for has not happened and may be asked for anew. */
export interface DeadTx {
  readonly id: Hex32;
  readonly state: 'dead';
  /** Height of the first block whose time is past `validUntil`. */
  readonly provenBy: number;
}

export interface SettleOptions {
  /** Any account of the network: on an idle chain it commits a transaction that changes nothing, to get a later block. */
  readonly signer?: Signer;
}

/**
 * A transaction stands only in a block with `time <= validUntil <= time + 5 min`. Every block of that stretch is fetched
 * and checked, so that no node can hide it. `unknown` while no block is later than `validUntil`, and when no node keeps
 * the blocks of that stretch any more.
 */
export async function settleTx(
  session: Session,
  tx: Tx,
  options: SettleOptions = {},
): Promise<ProvenTx | DeadTx | UnsettledTx> {
  const found = await findTx(session, tx.id);
  if (found.state === 'committed') return found;
  const tip = await tipPast(session, tx.validUntil, options.signer);
  const unknown: UnsettledTx = { id: tx.id, state: 'unknown', validUntil: tx.validUntil, bytes: tx.bytes };
  if (tip === undefined) return unknown;
  const first = await firstNotBefore(session, tx.validUntil - TX_VALIDITY_MS_MAX, tip);
  if (first === undefined) return unknown;
  for (let height = first; ; height += 1) {
    const { block, txIds } = await findBlock(session, height);
    if (block.header.time > tx.validUntil) return { id: tx.id, state: 'dead', provenBy: height };
    if (txIds.includes(tx.id)) return mustFind(session, tx.id);
  }
}

/** Height of a tip that is later than the time; undefined when there is none and none may be made. */
async function tipPast(
  session: Session,
  time: number,
  signer: Signer | undefined,
): Promise<number | undefined> {
  const tip = await syncToTip(session);
  if (tip.height > 0 && tip.time > time) return tip.height;
  if (signer === undefined || session.now() <= time) return undefined;
  const later = await sendTx(session, buildTx(session, [actionOf('chain.noop', {})], signer));
  return later.state === 'committed' && later.time > time ? later.height : undefined;
}

/**
 * The first height whose block is not before the time: times only grow, so halving finds it. undefined when it may lie
 * below what the nodes keep.
 */
async function firstNotBefore(session: Session, time: number, tip: number): Promise<number | undefined> {
  let low = 1;
  let high = tip;
  let base = 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await timeOrBase(session, middle);
    if (found.base > middle) {
      base = Math.max(base, found.base);
      low = found.base;
    } else if (found.time >= time) high = middle;
    else low = middle + 1;
  }
  return low === base && base > 1 ? undefined : low;
}

/** The block's time; where no node keeps it, from which height on one does. */
async function timeOrBase(session: Session, height: number): Promise<{ time: number; base: number }> {
  try {
    const { header } = await findHeader(session, height);
    return { time: header.time, base: 1 };
  } catch (error) {
    if (!isConsiliumError(error, 'BLOCK_PRUNED')) throw error;
    const { base } = error.data;
    if (typeof base !== 'number' || base <= height) throw error;
    return { time: 0, base };
  }
}

/** The block holds it, whatever the node said before. */
async function mustFind(session: Session, id: Hex32): Promise<ProvenTx> {
  const found = await findTx(session, id);
  if (found.state === 'committed') return found;
  throw unproven('a transaction is missing');
}
