// Owns: answering requests for blocks from the store, within the bounds of one message and of what one peer may take.
import { type Block, decodeBlock, type Hex32 } from '@consilium/core';
import { SERVE_BYTES_PER_MS, SERVE_PAUSE_MS_MIN, SYNC_ANSWER_BYTES_MAX } from '../limits.ts';
import {
  type BlocksAnswer,
  type BlocksRequest,
  type DecidedBlock,
  SYNC_BLOCKS_MAX,
  type SyncRefusal,
} from '../messages/wire.ts';
import type { Cancel, Clock, Kv } from '../ports.ts';
import { heightKey, readBase, readOwnCertificate } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';

/** Decided blocks from `fromHeight` on, at most `count`: fewer at the tip, or when the next would not fit. */
export function decidedBlocks(kv: Pick<Kv, 'get'>, fromHeight: number, count: number): DecidedBlock[] {
  const blocks: DecidedBlock[] = [];
  const end = fromHeight + Math.min(count, SYNC_BLOCKS_MAX);
  let bytes = 0;
  let next = storedBlock(kv, fromHeight);
  for (let height = fromHeight; height < end && next !== undefined; height += 1) {
    const { block } = next;
    bytes += next.bytes;
    if (blocks.length > 0 && bytes > SYNC_ANSWER_BYTES_MAX) break;
    next = storedBlock(kv, height + 1);
    // The next block carries it; at the tip it is this node's own.
    const certificate = next?.block.lastCertificate ?? readOwnCertificate(kv, height);
    if (certificate === undefined) break;
    blocks.push({ block, certificate });
  }
  return blocks;
}

function storedBlock(
  kv: Pick<Kv, 'get'>,
  height: number,
): { readonly block: Block; readonly bytes: number } | undefined {
  const encoded = kv.get(TABLES.blocks, heightKey(height));
  return encoded === undefined ? undefined : { block: decodeBlock(encoded), bytes: encoded.length };
}

export interface BlockServerDeps {
  readonly clock: Clock;
  readonly kv: Pick<Kv, 'get'>;
  readonly send: (peer: Hex32, answer: BlocksAnswer | SyncRefusal) => void;
}

/**
 * A request is small and its answer is not: each answer is followed by a pause of its size. An honest peer has one
 * request open; of several that come within the pause the last is answered when it is over.
 */
export class BlockServer {
  readonly #deps: BlockServerDeps;
  readonly #pauses = new Map<Hex32, Cancel>();
  readonly #waiting = new Map<Hex32, BlocksRequest>();

  constructor(deps: BlockServerDeps) {
    this.#deps = deps;
  }

  asked(peer: Hex32, request: BlocksRequest): void {
    if (this.#pauses.has(peer)) this.#waiting.set(peer, request);
    else this.#answer(peer, request);
  }

  forget(peer: Hex32): void {
    this.#waiting.delete(peer);
  }

  stop(): void {
    for (const cancel of this.#pauses.values()) cancel();
    this.#pauses.clear();
    this.#waiting.clear();
  }

  #answer(peer: Hex32, { requestId, fromHeight, count }: BlocksRequest): void {
    const { kv, send } = this.#deps;
    const base = readBase(kv);
    if (fromHeight < base) {
      send(peer, { type: 'sync-refusal', requestId, code: 'BLOCK_PRUNED', base });
      return this.#pause(peer, SERVE_PAUSE_MS_MIN);
    }
    const blocks = decidedBlocks(kv, fromHeight, count);
    send(peer, { type: 'blocks', requestId, blocks });
    this.#pause(peer, SERVE_PAUSE_MS_MIN + Math.ceil(txBytesOf(blocks) / SERVE_BYTES_PER_MS));
  }

  #pause(peer: Hex32, pauseMs: number): void {
    this.#pauses.set(
      peer,
      this.#deps.clock.after(pauseMs, () => this.#goOn(peer)),
    );
  }

  #goOn(peer: Hex32): void {
    this.#pauses.delete(peer);
    const request = this.#waiting.get(peer);
    this.#waiting.delete(peer);
    if (request !== undefined) this.#answer(peer, request);
  }
}

function txBytesOf(blocks: readonly DecidedBlock[]): number {
  return blocks.flatMap(({ block }) => block.txs).reduce((sum, tx) => sum + tx.length, 0);
}
