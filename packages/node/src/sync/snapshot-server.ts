// Owns: answering newcomers: snapshots that this node keeps, and what proves and completes one: light steps, headers, the
// blocks of the replay window. One peer is answered at a bounded rate. Does not own: making and keeping snapshots.
import { decode, type Hex32, isConsiliumError, OBJECT_BYTES_MAX } from '@consilium/core';
import {
  SERVE_BYTES_PER_MS,
  SERVE_PAUSE_MS_MIN,
  SNAPSHOT_REQUESTS_PER_PEER_MAX,
  SYNC_ANSWER_BYTES_MAX,
} from '../limits.ts';
import {
  type ChunkRequest,
  decodeSnapshotMessage,
  encodeSnapshotMessage,
  type HeadersRequest,
  type OffersRequest,
  type SnapshotAnswer,
  type SnapshotMessage,
  type SnapshotRefusalCode,
  type SnapshotRequest,
  type StepsRequest,
  type WindowBlock,
  type WindowRequest,
} from '../messages/snapshot.ts';
import type { Cancel, Clock, Kv, Peers } from '../ports.ts';
import { heightKey, readBase, readBlock, readCertificate, resultListShape } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';

/** Snapshots that lie here. */
export interface SnapshotSource {
  /** Encoded manifests, the newest first. */
  manifests(): readonly Uint8Array[];
  /** undefined: not here (any more), or damaged. */
  chunk(height: number, index: number, done: (bytes: Uint8Array | undefined) => void): void;
}

export interface SnapshotServerDeps {
  readonly clock: Clock;
  readonly kv: Pick<Kv, 'get'>;
  readonly net: Peers;
  readonly source: SnapshotSource;
  /** Encoded light steps from a height on, as far as one answer goes. */
  readonly lightSteps: (from: number, done: (steps: Uint8Array) => void) => void;
}

interface Visitor {
  readonly waiting: SnapshotRequest[];
  /** An answer is being made, or its pause runs. */
  busy: boolean;
  pause: Cancel | undefined;
}

export class SnapshotServer {
  readonly #deps: SnapshotServerDeps;
  readonly #visitors = new Map<Hex32, Visitor>();

  constructor(deps: SnapshotServerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.net.start({
      onMessage: (peer, _channel, bytes) => this.#onMessage(peer, bytes),
      onConnect: () => undefined,
      onDisconnect: (peer) => this.#forget(peer),
    });
  }

  stop(): void {
    for (const visitor of this.#visitors.values()) visitor.pause?.();
    this.#visitors.clear();
  }

  #forget(peer: Hex32): void {
    const visitor = this.#visitors.get(peer);
    if (visitor !== undefined) visitor.waiting.length = 0;
  }

  #onMessage(peer: Hex32, bytes: Uint8Array): void {
    let message: SnapshotMessage;
    try {
      message = decodeSnapshotMessage(bytes);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      return this.#deps.net.penalize(peer, `snapshot.${error.code}`);
    }
    // A late answer to what this node asked for while it was new itself.
    if (!isRequest(message)) return;
    const visitor = this.#visitors.get(peer) ?? { waiting: [], busy: false, pause: undefined };
    this.#visitors.set(peer, visitor);
    // Who asks for more at once than a correct newcomer does is not answered for it.
    if (visitor.waiting.length >= SNAPSHOT_REQUESTS_PER_PEER_MAX) return;
    visitor.waiting.push(message);
    this.#goOn(peer, visitor);
  }

  #goOn(peer: Hex32, visitor: Visitor): void {
    if (visitor.busy) return;
    const request = visitor.waiting.shift();
    if (request === undefined) return;
    visitor.busy = true;
    this.#answer(request, (answer) => {
      if (this.#visitors.get(peer) !== visitor) return;
      const bytes = encodeSnapshotMessage(answer);
      this.#deps.net.send(peer, 'snapshot', bytes);
      const pauseMs = SERVE_PAUSE_MS_MIN / 4 + Math.ceil(bytes.length / SERVE_BYTES_PER_MS);
      visitor.pause = this.#deps.clock.after(pauseMs, () => {
        visitor.busy = false;
        this.#goOn(peer, visitor);
      });
    });
  }

  #answer(request: SnapshotRequest, done: (answer: SnapshotAnswer) => void): void {
    switch (request.type) {
      case 'offers-request':
        return done(this.#offers(request));
      case 'chunk-request':
        return this.#chunk(request, done);
      case 'steps-request':
        return this.#steps(request, done);
      case 'headers-request':
        return done(this.#headers(request));
      case 'window-request':
        return done(this.#window(request));
    }
  }

  #offers({ requestId }: OffersRequest): SnapshotAnswer {
    return { type: 'offers', requestId, manifests: this.#deps.source.manifests() };
  }

  #chunk({ requestId, height, index }: ChunkRequest, done: (answer: SnapshotAnswer) => void): void {
    this.#deps.source.chunk(height, index, (bytes) =>
      done(
        bytes === undefined
          ? { type: 'refusal', requestId, code: 'SNAPSHOT_GONE' }
          : { type: 'chunk', requestId, bytes },
      ),
    );
  }

  #steps({ requestId, from }: StepsRequest, done: (answer: SnapshotAnswer) => void): void {
    this.#deps.lightSteps(from, (steps) => done({ type: 'steps', requestId, steps }));
  }

  #headers({ requestId, from, count }: HeadersRequest): SnapshotAnswer {
    const { kv } = this.#deps;
    const headers = [];
    for (let height = from; height < from + count; height += 1) {
      const block = readBlock(kv, height);
      if (block === undefined) break;
      headers.push(block.header);
    }
    return headers.length === count
      ? { type: 'headers', requestId, headers }
      : { type: 'refusal', requestId, code: this.#missing(from) };
  }

  /** From the last one downwards, as many as fit: the asker checks them from the top. */
  #window({ requestId, from, count }: WindowRequest): SnapshotAnswer {
    const blocks: WindowBlock[] = [];
    let bytes = 0;
    for (let height = from + count - 1; height >= from; height -= 1) {
      const found = this.#windowBlock(height);
      bytes += found?.bytes ?? 0;
      if (found === undefined || (blocks.length > 0 && bytes > SYNC_ANSWER_BYTES_MAX)) break;
      blocks.unshift(found.block);
    }
    return blocks.length > 0
      ? { type: 'window', requestId, blocks }
      : { type: 'refusal', requestId, code: this.#missing(from) };
  }

  #windowBlock(height: number): { readonly block: WindowBlock; readonly bytes: number } | undefined {
    const { kv } = this.#deps;
    const block = readBlock(kv, height);
    const certificate = readCertificate(kv, height);
    const encoded = kv.get(TABLES.results, heightKey(height));
    if (block === undefined || certificate === undefined || encoded === undefined) return undefined;
    const results = decode(resultListShape, encoded, OBJECT_BYTES_MAX);
    const bytes = block.txs.reduce((sum, tx) => sum + tx.length, encoded.length);
    return { block: { block, certificate, results }, bytes };
  }

  #missing(height: number): SnapshotRefusalCode {
    return height < readBase(this.#deps.kv) ? 'BLOCK_PRUNED' : 'BLOCK_NOT_FOUND';
  }
}

function isRequest(message: SnapshotMessage): message is SnapshotRequest {
  return message.type.endsWith('-request');
}
