// Owns: getting blobs that this node lacks from peers that may have them: bounded parallel requests, time limits, another
// peer after a bad answer. Each blob is hashed before it is taken. Does not own: where it is stored.
import { type Hex32, type Sha256, toHex } from '@consilium/core';
import {
  BLOB_PEER_REST_MS,
  BLOB_REQUEST_MS,
  BLOB_REQUESTS_MAX,
  BLOB_REQUESTS_PER_PEER_MAX,
  BLOBS_PER_REQUEST_MAX,
} from '../limits.ts';
import type { Clock, Done, Peers } from '../ports.ts';
import type { Asks, Reply } from './asks.ts';

export interface BlobFetcherDeps {
  readonly asks: Asks;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
  readonly sha256: Sha256;
  readonly clock: Clock;
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
  /** Orders for which no peer was free. */
  #waiting: (() => void)[] = [];
  readonly #underWay = new Map<Hex32, number>();
  readonly #restingUntilMs = new Map<Hex32, number>();

  constructor(deps: BlobFetcherDeps) {
    this.#deps = deps;
  }

  /** `done` with what nobody had, and the error that ended it. */
  fetch(order: BlobOrder, done: (missing: readonly Hex32[], error?: Parameters<Done>[0]) => void): void {
    const missing = new Map(order.wanted);
    const peers = new Set(order.peers);
    const step = (): void => {
      if (missing.size === 0 || peers.size === 0) return done([...missing.keys()]);
      const peer = this.#freePeer(peers);
      if (peer === undefined) {
        this.#waiting.push(step);
        return;
      }
      this.#ask(peer, [...missing.keys()].slice(0, BLOBS_PER_REQUEST_MAX), (blobs) => {
        const found = this.#checked(peer, blobs, missing);
        if (found.size === 0) {
          peers.delete(peer);
          return step();
        }
        order.take(found, (error) => {
          for (const id of found.keys()) missing.delete(id);
          if (error !== undefined) done([...missing.keys()], error);
          else step();
        });
      });
    };
    step();
  }

  stop(): void {
    this.#waiting = [];
  }

  /** The first that may be asked one thing more; those that let a request run out of time come last. */
  #freePeer(peers: ReadonlySet<Hex32>): Hex32 | undefined {
    const total = [...this.#underWay.values()].reduce((sum, count) => sum + count, 0);
    if (total >= BLOB_REQUESTS_MAX) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const isResting = (peer: Hex32): boolean => (this.#restingUntilMs.get(peer) ?? 0) > nowMs;
    const free = [...peers].filter((peer) => (this.#underWay.get(peer) ?? 0) < BLOB_REQUESTS_PER_PEER_MAX);
    return free.find((peer) => !isResting(peer)) ?? free[0];
  }

  #left(peer: Hex32, reply: Reply): void {
    const count = (this.#underWay.get(peer) ?? 1) - 1;
    if (count === 0) this.#underWay.delete(peer);
    else this.#underWay.set(peer, count);
    if (reply === 'late') this.#restingUntilMs.set(peer, this.#deps.clock.monotonicMs() + BLOB_PEER_REST_MS);
    else this.#restingUntilMs.delete(peer);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const step of waiting) step();
  }

  #ask(peer: Hex32, ids: readonly Hex32[], done: (reply: ReadonlyMap<Hex32, Uint8Array>) => void): void {
    this.#underWay.set(peer, (this.#underWay.get(peer) ?? 0) + 1);
    this.#deps.asks.ask(
      peer,
      (requestId) => ({ type: 'blobs-request', requestId, ids }),
      BLOB_REQUEST_MS,
      (reply) => {
        this.#left(peer, reply);
        done(blobsOf(reply, ids));
      },
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
