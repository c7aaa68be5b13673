// Owns: getting blobs that this node lacks from peers that may have them: bounded parallel requests, time limits, another
// peer after a bad answer. Each blob is hashed before it is taken. Does not own: where it is stored.
import { type Hex32, type Sha256, toHex } from '@consilium/core';
import { BLOB_REQUEST_MS, BLOB_REQUESTS_MAX, BLOBS_PER_REQUEST_MAX } from '../limits.ts';
import type { Done, Peers } from '../ports.ts';
import type { Asks, Reply } from './asks.ts';

export interface BlobFetcherDeps {
  readonly asks: Asks;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
  readonly sha256: Sha256;
}

export interface BlobOrder {
  /** Id -> length where it is known. */
  readonly wanted: ReadonlyMap<Hex32, number | undefined>;
  /** In the order in which they are asked. */
  readonly peers: readonly Hex32[];
  /** Takes what came, checked. An error ends the order. */
  readonly take: (blobs: ReadonlyMap<Hex32, Uint8Array>, done: Done) => void;
}

export class BlobFetcher {
  readonly #deps: BlobFetcherDeps;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(deps: BlobFetcherDeps) {
    this.#deps = deps;
  }

  /** `done` with what nobody had, and the error that ended it. */
  fetch(order: BlobOrder, done: (missing: readonly Hex32[], error?: Parameters<Done>[0]) => void): void {
    const missing = new Map(order.wanted);
    const peers = [...new Set(order.peers)];
    const step = (): void => {
      const [peer] = peers;
      if (missing.size === 0 || peer === undefined) return done([...missing.keys()]);
      this.#withSlot((leave) => {
        this.#ask(peer, [...missing.keys()].slice(0, BLOBS_PER_REQUEST_MAX), (reply) => {
          leave();
          const found = this.#checked(peer, reply, missing);
          if (found.size === 0) {
            peers.shift();
            return step();
          }
          order.take(found, (error) => {
            for (const id of found.keys()) missing.delete(id);
            if (error !== undefined) done([...missing.keys()], error);
            else step();
          });
        });
      });
    };
    step();
  }

  stop(): void {
    this.#waiting.length = 0;
  }

  #ask(peer: Hex32, ids: readonly Hex32[], done: (reply: ReadonlyMap<Hex32, Uint8Array>) => void): void {
    this.#deps.asks.ask(
      peer,
      (requestId) => ({ type: 'blobs-request', requestId, ids }),
      BLOB_REQUEST_MS,
      (reply) => done(blobsOf(reply, ids)),
    );
  }

  /** What hashes to its id and has its length. A peer that sends anything else is blamed, and nothing of it is used. */
  #checked(
    peer: Hex32,
    blobs: ReadonlyMap<Hex32, Uint8Array>,
    wanted: ReadonlyMap<Hex32, number | undefined>,
  ): ReadonlyMap<Hex32, Uint8Array> {
    const isFalse = [...blobs].some(([id, blob]) => toHex(this.#deps.sha256(blob)) !== id);
    if (isFalse) {
      this.#deps.net.penalize(peer, 'custody.blob-false');
      return new Map();
    }
    return new Map([...blobs].filter(([id, { length }]) => (wanted.get(id) ?? length) === length));
  }

  #withSlot(run: (leave: () => void) => void): void {
    const start = (): void => {
      this.#underWay += 1;
      run(() => {
        this.#underWay -= 1;
        this.#waiting.shift()?.();
      });
    };
    if (this.#underWay < BLOB_REQUESTS_MAX) start();
    else this.#waiting.push(start);
  }
}

function blobsOf(reply: Reply, ids: readonly Hex32[]): ReadonlyMap<Hex32, Uint8Array> {
  if (typeof reply === 'string' || reply.type !== 'blobs-answer') return new Map();
  return new Map(
    ids.flatMap((id, place) => {
      const blob = reply.blobs[place];
      return blob === undefined || blob === null ? [] : [[id, blob] as const];
    }),
  );
}
