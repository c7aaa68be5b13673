// Owns: the order in which a node's events must come, so that a gap or a repeat is noticed. A block's events are its
// transactions (`height.index`), then the block itself (`height.count`). Does not own: the connection (follow.ts).
import { type Hex32, isHexOf } from '@consilium/core';
import type { SseFrame } from './sse.ts';

export interface TxEvent {
  /** `height.index`: what to resume after. */
  readonly cursor: string;
  readonly type: 'tx';
  readonly height: number;
  readonly index: number;
  readonly id: Hex32;
  /** The node's word: ask for the transaction to have its result proven. */
  readonly code: string;
}

export interface BlockEvent {
  readonly cursor: string;
  readonly type: 'block';
  readonly height: number;
  readonly id: Hex32;
  /** Block time. Milliseconds since the epoch. */
  readonly time: number;
  /** Number of transactions. */
  readonly txs: number;
}

export type LedgerEvent = TxEvent | BlockEvent;

/** Where a stream stands: the last event seen, and whether it is known to have been a block. */
export interface Position {
  readonly height: number;
  readonly index: number;
  readonly last: 'tx' | 'block' | 'either';
}

const CURSOR = /^([1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,8})$/;

/** Undefined when the text is no cursor. */
export function positionOf(cursor: string): Position | undefined {
  const [, height, index] = CURSOR.exec(cursor) ?? [];
  if (height === undefined || index === undefined) return undefined;
  return { height: Number(height), index: Number(index), last: 'either' };
}

/** Before the first event of this height. */
export function positionBefore(height: number): Position {
  return { height: height - 1, index: 0, last: 'block' };
}

export type Placing = 'next' | 'repeat' | 'gap';

export function placeOf(position: Position, event: LedgerEvent): Placing {
  const index = indexOf(event);
  if (event.height < position.height) return 'repeat';
  if (event.height === position.height) {
    if (position.last === 'block' || index <= position.index) return 'repeat';
    return index === position.index + 1 ? 'next' : 'gap';
  }
  const begins = event.height === position.height + 1 && index === 0;
  return begins && position.last !== 'tx' ? 'next' : 'gap';
}

export function positionAfter(event: LedgerEvent): Position {
  return { height: event.height, index: indexOf(event), last: event.type };
}

function indexOf(event: LedgerEvent): number {
  return event.type === 'tx' ? event.index : event.txs;
}

/** The event of a frame; undefined when the frame is none that this client knows, or contradicts itself. */
export function eventOf(frame: SseFrame): LedgerEvent | undefined {
  const position = positionOf(frame.id);
  const data = parseObject(frame.data);
  if (position === undefined || data === undefined) return undefined;
  const { height, index } = position;
  const { id, code, time, txs } = data;
  if (data['height'] !== height || !isHexOf(id, 32)) return undefined;
  const cursor = frame.id;
  if (frame.event === 'tx' && data['index'] === index && typeof code === 'string')
    return { cursor, type: 'tx', height, index, id, code };
  if (frame.event === 'block' && txs === index && Number.isSafeInteger(time))
    return { cursor, type: 'block', height, id, time: time as number, txs: index };
  return undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
