// Owns: following commits for as long as the caller likes: coming back where the stream broke, each event once, none
// missing, and every block's events handed out only when its certified header names just these transactions.
import { ConsiliumError, fromHex, type Hex32, isConsiliumError, merkleRoot } from '@consilium/core';
import { unproven } from '../client/answer.ts';
import { findBlockAt, findHeaderAt } from '../client/blocks.ts';
import { askNodes, type Session } from '../client/session.ts';
import { syncWith } from '../client/sync.ts';
import { RETRY_BASE_MS, RETRY_MAX_MS } from '../limits.ts';
import type { Fetch } from '../net/transport.ts';
import { openStream } from './connection.ts';
import {
  type BlockEvent,
  eventOf,
  type LedgerEvent,
  type Position,
  placeOf,
  positionAfter,
  positionBefore,
  positionOf,
  type TxEvent,
} from './order.ts';

export interface FollowOptions {
  /** Goes on after this event (`height.index`). */
  readonly after?: string;
  /** Without `after`: begins with this height; default: the next block. */
  readonly fromHeight?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** A place in the events; without a cursor it is before the first event of a height. */
interface Place {
  readonly position: Position;
  readonly cursor: string | undefined;
}

interface Progress {
  /** Up to here events were handed out. */
  handed: Place;
  /** Up to here they were taken from a stream; a stream goes on from here. */
  taken: Place;
  /** Taken transactions of the running block, until its header proves them. */
  waiting: TxEvent[];
  /** How many streams `waiting` came over. */
  streams: number;
}

/**
 * Events in their order, for ever, until the signal. Reconnects by itself. Throws `PROOF_INVALID` when a node's events
 * contradict the certified chain or leave one out.
 */
export async function* followEvents(
  session: Session,
  fetch: Fetch,
  options: FollowOptions,
): AsyncGenerator<LedgerEvent, void> {
  const signal = options.signal ?? new AbortController().signal;
  const start = await startPlace(session, options);
  const progress: Progress = { handed: start, taken: start, waiting: [], streams: 0 };
  for (let failures = 0, turn = 0; !signal.aborted; turn += 1) {
    const node = session.nodes[turn % session.nodes.length] as string;
    try {
      for await (const event of followOnce(session, fetch, node, progress, signal)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (!isConsiliumError(error) || isFinal(error, progress)) throw error;
      if (error.code === 'PROOF_INVALID') startBlockAgain(progress);
    }
    failures += 1;
    if (!signal.aborted) await session.pause(Math.min(RETRY_BASE_MS * 2 ** failures, RETRY_MAX_MS), signal);
  }
}

/**
 * Coming back would not help: the node lies, or does not know what is asked. A block whose events came over several
 * streams is read again first: the lie may be another node's.
 */
function isFinal({ code }: ConsiliumError, { streams }: Progress): boolean {
  if (code === 'PROOF_INVALID') return streams <= 1;
  return code === 'REQUEST_INVALID' || code === 'ROUTE_NOT_FOUND';
}

function startBlockAgain(progress: Progress): void {
  progress.taken = progress.handed;
  progress.waiting = [];
}

async function startPlace(session: Session, options: FollowOptions): Promise<Place> {
  if (options.after !== undefined) {
    const position = positionOf(options.after);
    if (position === undefined)
      throw new ConsiliumError('VALUE_INVALID', { field: 'after', form: 'HEIGHT.INDEX' });
    return { position, cursor: options.after };
  }
  // Asked once, so that no reconnect skips a block.
  const height = options.fromHeight ?? (await askNodes(session, (node) => syncWith(session, node))) + 1;
  return { position: positionBefore(height), cursor: undefined };
}

async function* followOnce(
  session: Session,
  fetch: Fetch,
  node: string,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<LedgerEvent, void> {
  const { cursor, position } = progress.taken;
  const path = cursor === undefined ? `/v1/events?from=${position.height + 1}` : '/v1/events';
  progress.streams = progress.waiting.length === 0 ? 1 : progress.streams + 1;
  for await (const frame of openStream(fetch, { node, path, lastEventId: cursor, signal })) {
    const event = take(progress, eventOf(frame));
    if (event === undefined) continue;
    if (event.type === 'tx') {
      progress.waiting.push(event);
      continue;
    }
    if (!session.trustNode) await checkBlock(session, node, event, progress.waiting);
    yield* handOut(progress, event);
  }
}

/** The event when it is the next one, undefined when it came before. Throws `PROOF_INVALID` for anything else. */
function take(progress: Progress, event: LedgerEvent | undefined): LedgerEvent | undefined {
  if (event === undefined) throw unproven('event');
  const placing = placeOf(progress.taken.position, event);
  if (placing === 'repeat') return undefined;
  if (placing === 'gap') throw unproven('gap in the events', event.height);
  progress.taken = { position: positionAfter(event), cursor: event.cursor };
  return event;
}

function* handOut(progress: Progress, block: BlockEvent): Generator<LedgerEvent, void> {
  const events = [...progress.waiting, block];
  progress.handed = progress.taken;
  progress.waiting = [];
  progress.streams = 1;
  yield* events;
}

async function checkBlock(
  session: Session,
  node: string,
  block: BlockEvent,
  txs: readonly TxEvent[],
): Promise<void> {
  const { height, id, time } = block;
  const whole = txs.length === block.txs;
  const [headerTime, blockId] = whole
    ? await checkWhole(session, node, height, txs)
    : await checkTail(session, node, height, txs);
  if (blockId !== id || headerTime !== time) throw unproven('block event', height);
}

/** All of the block's transactions are in hand: its header alone says whether they are the ones. */
async function checkWhole(
  session: Session,
  node: string,
  height: number,
  txs: readonly TxEvent[],
): Promise<readonly [number, Hex32]> {
  const { header, id } = await findHeaderAt(session, node, height);
  if (merkleRoot(txs.map((tx) => fromHex(tx.id))) !== header.txRoot) throw unproven('tx events', height);
  return [header.time, id];
}

/** The stream was resumed inside the block: the transactions in hand are its last ones. */
async function checkTail(
  session: Session,
  node: string,
  height: number,
  txs: readonly TxEvent[],
): Promise<readonly [number, Hex32]> {
  const { block, id, txIds } = await findBlockAt(session, node, height);
  if (!txs.every((tx) => txIds[tx.index] === tx.id)) throw unproven('tx events', height);
  return [block.header.time, id];
}
