// Owns: following commits for as long as the caller likes: coming back where the stream broke, each event once, none
// missing, and every block's events handed out only when its certified header names just these transactions.
import { ConsiliumError, fromHex, type Hex32, headerId, isConsiliumError, merkleRoot } from '@consilium/core';
import { readField, readList, unproven } from '../client/answer.ts';
import { findBlockAt } from '../client/blocks.ts';
import { readSigned } from '../client/rows.ts';
import type { Session } from '../client/session.ts';
import { certify, syncWith } from '../client/sync.ts';
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

/** How far events were handed out. */
interface Progress {
  position: Position;
  /** Of the last event handed out; undefined before the first, when `position` says where to begin. */
  cursor: string | undefined;
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
  const progress = await startProgress(session, options);
  for (let failures = 0, turn = 0; !signal.aborted; turn += 1) {
    const node = session.nodes[turn % session.nodes.length] as string;
    try {
      for await (const event of followOnce(session, fetch, node, progress, signal)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (!isConsiliumError(error) || isFinal(error)) throw error;
    }
    failures += 1;
    if (!signal.aborted) await session.pause(Math.min(RETRY_BASE_MS * 2 ** failures, RETRY_MAX_MS), signal);
  }
}

/** Coming back would not help: the node lies, or does not know what is asked. */
function isFinal({ code }: ConsiliumError): boolean {
  return code === 'PROOF_INVALID' || code === 'REQUEST_INVALID' || code === 'ROUTE_NOT_FOUND';
}

async function startProgress(session: Session, options: FollowOptions): Promise<Progress> {
  if (options.after !== undefined) {
    const position = positionOf(options.after);
    if (position === undefined)
      throw new ConsiliumError('VALUE_INVALID', { field: 'after', form: 'HEIGHT.INDEX' });
    return { position, cursor: options.after };
  }
  const height = options.fromHeight ?? (await nextHeight(session));
  return { position: positionBefore(height), cursor: undefined };
}

/** The first height that the first node to answer does not have: asked once, so that no reconnect skips a block. */
async function nextHeight(session: Session): Promise<number> {
  let last: unknown;
  for (const node of session.nodes) {
    try {
      return (await syncWith(session, node)) + 1;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** What of a block came over a stream that broke is read again, so that a block's events come from one stream. */
async function* followOnce(
  session: Session,
  fetch: Fetch,
  node: string,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<LedgerEvent, void> {
  const { cursor } = progress;
  const path = cursor === undefined ? `/v1/events?from=${progress.position.height + 1}` : '/v1/events';
  let { position } = progress;
  let txs: TxEvent[] = [];
  for await (const frame of openStream(fetch, { node, path, lastEventId: cursor, signal })) {
    const event = eventOf(frame);
    if (event === undefined) throw unproven('event');
    const placing = placeOf(position, event);
    if (placing === 'repeat') continue;
    if (placing === 'gap') throw unproven('gap in the events', event.height);
    position = positionAfter(event);
    if (event.type === 'tx') {
      txs.push(event);
      continue;
    }
    if (!session.trustNode) await checkBlock(session, node, event, txs);
    yield* handOut(progress, [...txs, event]);
    txs = [];
  }
}

function* handOut(progress: Progress, events: readonly LedgerEvent[]): Generator<LedgerEvent, void> {
  for (const event of events) {
    progress.cursor = event.cursor;
    progress.position = positionAfter(event);
    yield event;
  }
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
  const answer = await session.ask(node, { path: `/v1/blocks?from=${height}&limit=1` });
  const signed = readSigned(readList(readField(answer, 'headers'), 'headers')[0]);
  await certify(session, node, signed);
  if (signed.header.height !== height) throw unproven('height', height);
  if (merkleRoot(txs.map(({ id }) => fromHex(id))) !== signed.header.txRoot)
    throw unproven('tx events', height);
  return [signed.header.time, headerId(signed.header)];
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
