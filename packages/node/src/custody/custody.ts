// Owns: custody of a node as one thing with a lifetime: its parts, the messages of its channel, the news of commits, and
// what this node's API asks of it. Portable: everything comes in through ports. Does not own: any of the parts' doing.
import {
  BATCHES,
  codeOf,
  type Hex32,
  isConsiliumError,
  type OwnRecord,
  readRow,
  toHex,
} from '@consilium/core';
import { BLOBS_REQUEST_BYTES_MAX } from '../limits.ts';
import { type CustodyMessage, decodeCustodyMessage, encodeCustodyMessage } from '../messages/custody.ts';
import type { Vault } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';
import type { Committed } from '../replica/types.ts';
import { Asks } from './asks.ts';
import { BlobFetcher } from './blob-fetcher.ts';
import { type ReadBlobs, readAnywhere } from './blob-reader.ts';
import { Eraser } from './eraser.ts';
import { type Gathered, Gatherer } from './gatherer.ts';
import { type FoundRows, Holdings } from './holdings.ts';
import { Keeper } from './keeper.ts';
import { type OwnReaderDeps, readOwn } from './own-reader.ts';
import { ReadIndex } from './read-index.ts';
import { type CustodianAnswer, Relay, type RelayWait } from './relay.ts';
import { Releaser } from './releaser.ts';
import { Repair } from './repair.ts';
import { Reshare, type ReshareOptions } from './reshare.ts';
import { Server } from './server.ts';
import type { CustodyDeps, Outcome, Send } from './types.ts';
import { Views } from './views.ts';

export type { ReshareOptions } from './reshare.ts';
export type * from './types.ts';

export interface CustodyStatus {
  /** Batches that wait for their registration. */
  readonly pending: number;
  /** Registered batches that this node should hold and does not, as far as it has looked. */
  readonly missing: number;
  /** Erasures of the ledger that are not carried out here yet. */
  readonly erasing: number;
}

export class Custody {
  readonly #deps: CustodyDeps;
  readonly #vault: Vault;
  readonly #asks: Asks;
  readonly #holdings: Holdings;
  readonly #fetcher: BlobFetcher;
  readonly #keeper: Keeper;
  readonly #gatherer: Gatherer;
  readonly #readIndex: ReadIndex;
  readonly #relay: Relay;
  readonly #repair: Repair;
  readonly #server: Server;
  readonly #reshare: Reshare;
  readonly #eraser: Eraser;
  readonly #reading: OwnReaderDeps;
  #stopped = false;

  constructor(deps: CustodyDeps, options: ReshareOptions = {}) {
    this.#deps = deps;
    const { kv, clock, net, sha256 } = deps;
    const vault = whileRunning(deps.vault, () => this.#stopped);
    const state = stateReader(kv);
    const send: Send = (peer, message) => net.send(peer, 'custody', encodeCustodyMessage(message));
    const asks = new Asks(send, clock);
    const isRegistered = (batch: Hex32): boolean => readRow(state, BATCHES, batch) !== undefined;
    const holdings = new Holdings({ ...deps, vault, isRegistered });
    const fetcher = new BlobFetcher({ asks, net, sha256, clock });
    const shared = { ...deps, vault, state, send, asks, holdings, fetcher, rules: { ...deps, state } };
    const views = new Views(holdings, deps.group);
    const keeper = new Keeper(shared);
    const readIndex = new ReadIndex(shared);
    const forget = (batch: Hex32): void => {
      views.forgetAll(batch);
      this.#reshare.erased(batch);
    };
    const eraser = new Eraser({ ...shared, forget });
    const mustErase = eraser.mustCatchUp.bind(eraser);
    const releaser = new Releaser({ ...shared, views, readIndex, mustErase });
    this.#vault = vault;
    this.#asks = asks;
    this.#holdings = holdings;
    this.#fetcher = fetcher;
    this.#keeper = keeper;
    this.#readIndex = readIndex;
    this.#reading = shared;
    this.#gatherer = new Gatherer({ ...shared, keeper });
    this.#relay = new Relay({ ...shared, releaser });
    this.#repair = new Repair({ ...shared, views });
    const receipt = keeper.receipt.bind(keeper);
    const lost = (batch: Hex32): void => this.#repair.suspected(batch);
    this.#reshare = new Reshare({ ...shared, views, receipt, lost }, options);
    const isErasing = eraser.isErasing.bind(eraser);
    this.#server = new Server({ ...shared, keeper, releaser, isErasing, lost: (ids) => this.#lost(ids) });
    this.#eraser = eraser;
  }

  /** `found`: what an earlier run left in its tables. */
  start(found: FoundRows): void {
    this.#holdings.start(found);
    this.#deps.net.start({
      onMessage: (peer, _channel, bytes) => this.#onMessage(peer, bytes),
      onConnect: (peer) => this.#gatherer.connected(peer),
      onDisconnect: (peer) => this.#asks.forget(peer),
    });
    this.#eraser.start();
    this.#repair.start();
    this.#reshare.start();
  }

  /** Nobody is answered after this; writes under way end by themselves. */
  stop(): void {
    this.#stopped = true;
    this.#eraser.stop();
    this.#reshare.stop();
    this.#repair.stop();
    this.#relay.stop();
    this.#gatherer.stop();
    this.#readIndex.stop();
    this.#keeper.stop();
    this.#fetcher.stop();
    this.#asks.stop();
    this.#holdings.stop();
  }

  /** After the block's batch is durable. */
  committed({ execution }: Pick<Committed, 'execution'>): void {
    if (this.#stopped) return;
    this.#readIndex.committed();
    for (const { table, key } of execution.changes) {
      if (table !== BATCHES.number) continue;
      const batch = toHex(key);
      this.#holdings.registered(batch);
      this.#gatherer.registered(batch);
      this.#repair.registered(batch);
    }
    this.#reshare.committed(execution.changes);
    this.#eraser.committed(execution.changes);
  }

  /** Blobs of a client of this node, durable when answered with their ids. */
  storeBlobs(blobs: readonly Uint8Array[], done: (result: Outcome<readonly Hex32[]>) => void): void {
    const ids = blobs.map((blob) => toHex(this.#deps.sha256(blob)));
    const byId = new Map(ids.map((id, place) => [id, blobs[place] as Uint8Array]));
    this.#holdings.takeBlobs(byId, (error) => done(error ?? ids));
  }

  /** A package of a client of this node. */
  push(bytes: Uint8Array, timeoutMs: number, done: (result: Outcome<Gathered>) => void): void {
    this.#gatherer.push(bytes, timeoutMs, done);
  }

  release(
    bytes: Uint8Array,
    wait: RelayWait,
    done: (result: Outcome<readonly CustodianAnswer[]>) => void,
  ): void {
    this.#relay.relay(bytes, wait, done);
  }

  own(bytes: Uint8Array, done: (result: Outcome<readonly OwnRecord[]>) => void): void {
    readOwn(this.#reading, bytes, done);
  }

  /** As many from the front as fit in one answer; null: nobody here has it. */
  readBlobs(ids: readonly Hex32[], done: (blobs: ReadBlobs) => void): void {
    const { net, report } = this.#deps;
    const deps = { vault: this.#vault, net, report, holdings: this.#holdings, fetcher: this.#fetcher };
    readAnywhere(deps, ids, BLOBS_REQUEST_BYTES_MAX, done);
  }

  status(): CustodyStatus {
    const { waiting } = this.#eraser;
    return { pending: this.#holdings.pendingCount, missing: this.#repair.missingCount, erasing: waiting };
  }

  #lost(ids: readonly Hex32[]): void {
    for (const batch of new Set(ids.flatMap((id) => this.#holdings.batchesOf(id))))
      this.#repair.suspected(batch);
  }

  #onMessage(peer: Hex32, bytes: Uint8Array): void {
    if (this.#stopped) return;
    const message = this.#decode(peer, bytes);
    if (message !== undefined) this.#dispatch(peer, message);
  }

  #decode(peer: Hex32, bytes: Uint8Array): CustodyMessage | undefined {
    try {
      return decodeCustodyMessage(bytes);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      this.#deps.net.penalize(peer, `custody.${codeOf(error)}`);
      return undefined;
    }
  }

  #dispatch(peer: Hex32, message: CustodyMessage): void {
    switch (message.type) {
      case 'receipt':
        this.#gatherer.received(peer, message);
        return this.#server.allows(peer) ? this.#reshare.receipt(peer, message) : undefined;
      case 'receipt-refusal':
        return this.#gatherer.refused(peer, message);
      case 'package-answer':
      case 'blobs-answer':
      case 'release-answer':
      case 'heights-answer':
      case 'refusal':
        return this.#asks.answered(peer, message);
      case 'dealing':
        return this.#server.allows(peer) ? this.#reshare.dealt(peer, message) : undefined;
      case 'dealing-request':
        return this.#server.allows(peer) ? this.#reshare.asked(peer, message) : undefined;
      default:
        return this.#server.asked(peer, message);
    }
  }
}

/** Work under way may outlast the stop by a step, and by then the vault may be closed: nothing is asked of it any more. */
function whileRunning(vault: Vault, isStopped: () => boolean): Vault {
  return {
    has: (id) => vault.has(id),
    read: (id, done) => {
      if (!isStopped()) vault.read(id, done);
    },
    write: (blobs, done) => {
      if (!isStopped()) vault.write(blobs, done);
    },
    remove: (ids, done) => {
      if (!isStopped()) vault.remove(ids, done);
    },
  };
}
