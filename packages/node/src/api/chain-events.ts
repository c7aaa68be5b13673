// Owns: the events of a block, their order and their ids, and the place from which a stream goes on. Does not own: the
// connection (event-stream.ts).
import { ConsiliumError, type Hex32 } from '@consilium/core';
import type { BlockSource, ChainReader } from '../queries/index.ts';
import type { Commit } from './deps.ts';

/**
 * The next event to send. A block's events are its transactions in order (`height.index`), then the block itself
 * (`height.count`), so that a client that has seen the block has seen all of it.
 */
export interface Cursor {
  readonly height: number;
  readonly index: number;
}

export interface BlockEvent {
  readonly height: number;
  readonly id: Hex32;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Number of transactions. */
  readonly txs: number;
}

export interface TxEvent {
  readonly id: Hex32;
  readonly height: number;
  readonly index: number;
  readonly code: string;
}

const EVENT_ID = /^([1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,8})$/;

/** Where a stream goes on that has seen this event; undefined when the text is no event id. */
export function cursorAfter(eventId: string): Cursor | undefined {
  const [, height, index] = EVENT_ID.exec(eventId) ?? [];
  if (height === undefined || index === undefined || !Number.isSafeInteger(Number(height))) return undefined;
  return { height: Number(height), index: Number(index) + 1 };
}

export interface EventChunk {
  /** Text of the event stream format; may be empty when the cursor stood behind the end of a block. */
  readonly text: string;
  readonly next: Cursor;
}

/** At most `countMax` events of this block from the index on. */
export function eventsOf(commit: Commit, from: number, countMax: number): EventChunk {
  const { height, id, time, txs } = commit;
  const to = Math.min(txs.length, from + countMax);
  let text = '';
  for (const [offset, tx] of txs.slice(from, to).entries()) {
    const index = from + offset;
    text += frame('tx', `${height}.${index}`, { id: tx.id, height, index, code: tx.code });
  }
  if (to < txs.length) return { text, next: { height, index: to } };
  if (from <= txs.length)
    text += frame('block', `${height}.${txs.length}`, { height, id, time, txs: txs.length });
  return { text, next: { height: height + 1, index: 0 } };
}

/** What was committed at the height, as the store has it; undefined above the tip. */
export function commitAt(reader: ChainReader, blocks: BlockSource, height: number): Commit | undefined {
  const stored = blocks(reader, height);
  if (stored === undefined) return undefined;
  const txs = stored.txIds().map((id, index) => {
    const code = stored.code(index);
    if (code === undefined) throw new ConsiliumError('STORE_DAMAGED', { height });
    return { id, code };
  });
  return { height, id: stored.id, time: stored.block.header.time, txs };
}

function frame(event: string, id: string, data: BlockEvent | TxEvent): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
