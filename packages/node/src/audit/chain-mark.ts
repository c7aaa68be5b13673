// Owns: where the store keeps how far the log of admin actions has come, and its form: 8 bytes first line || 8 bytes last
// line || 32 bytes hash of it.
import { concat, fromHex, toHex, utf8 } from '@consilium/core';
import type { Kv } from '../ports.ts';
import { TABLES } from '../tables.ts';
import { whenDone } from '../when-done.ts';
import type { ChainMark } from './admin-files.ts';

const MARK_KEY = utf8('admin-log');
const MARK_BYTES = 48;

/** undefined when there is none, or it has another form. */
export function readMark(kv: Pick<Kv, 'get'>): ChainMark | undefined {
  const bytes = kv.get(TABLES.meta, MARK_KEY);
  return bytes === undefined ? undefined : markFromBytes(bytes);
}

export function writeMark(kv: Pick<Kv, 'write'>, mark: ChainMark): Promise<void> {
  const write = { table: TABLES.meta, key: MARK_KEY, value: markToBytes(mark) };
  return whenDone((done) => kv.write([write], done));
}

export function markToBytes({ first, seq, hash }: ChainMark): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(16));
  numbers.setBigUint64(0, BigInt(first));
  numbers.setBigUint64(8, BigInt(seq));
  return concat(new Uint8Array(numbers.buffer), fromHex(hash));
}

export function markFromBytes(bytes: Uint8Array): ChainMark | undefined {
  if (bytes.length !== MARK_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [first, seq] = [Number(view.getBigUint64(0)), Number(view.getBigUint64(8))];
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(seq) || first > seq) return undefined;
  return { first, seq, hash: toHex(bytes.subarray(16)) };
}
