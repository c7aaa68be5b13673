// Owns: filling an empty store from a snapshot that several peers keep, from a block that the operator was given by hand:
// which snapshot, in which order its parts are fetched, and going on after an interruption (docs/protocol.md, "Snapshots").
// Does not own: whom to ask (fetcher.ts), the proof, the window, the writing (join-*.ts). It ends before the replica begins.
import {
  ConsiliumError,
  encodeLightSteps,
  type Genesis,
  type Hex32,
  isConsiliumError,
  type Verify,
} from '@consilium/core';
import { JOIN_ASK_AGAIN_MS, JOIN_REQUESTS_PER_PEER_MAX, JOIN_SETTLE_MS } from '../limits.ts';
import { decodeSnapshotMessage, encodeSnapshotMessage } from '../messages/snapshot.ts';
import type { Cancel, Clock, Kv, Peers, Report } from '../ports.ts';
import { readTip } from '../replica/chain.ts';
import { Fetcher } from './fetcher.ts';
import { type ChunksHost, fetchChunks, missingChunks } from './join-chunks.ts';
import { cleanJoin, type InstallDeps, installSnapshot } from './join-install.ts';
import { JoinOffers, type Offer } from './join-offers.ts';
import { type Proof, type ProofFailure, proveSnapshot } from './join-proof.ts';
import {
  chunkWrite,
  JOURNAL_VERSION,
  type Journal,
  journalWrite,
  readJournal,
  type Trust,
  windowWrite,
} from './join-rows.ts';
import { fetchWindow } from './join-window.ts';
import { decodeManifest, type Hashing, type Manifest } from './snapshot-format.ts';

export interface JoinDeps {
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly kv: Kv;
  readonly net: Peers;
  readonly clock: Clock;
  readonly report: Report;
  readonly verify: Verify;
  readonly hashing: Hashing;
}

export class SnapshotJoin {
  readonly #deps: JoinDeps;
  readonly #trust: Trust;
  readonly #done: (error?: ConsiliumError) => void;
  readonly #fetcher: Fetcher;
  readonly #install: InstallDeps;
  readonly #offers: JoinOffers;
  #stopped = false;
  #pause: Cancel | undefined;
  #progress: Cancel | undefined;
  /** Its end is under way: what still comes of it is late. */
  #abandoned: Journal | undefined;
  #fetchedChunks = 0;

  /** `done`: the store holds a chain, or `SNAPSHOT_TRUST_CONFLICT`, or the error of a write. */
  constructor(deps: JoinDeps, trust: Trust, done: (error?: ConsiliumError) => void) {
    this.#deps = deps;
    this.#trust = trust;
    this.#done = done;
    const { clock, report, net, kv, hashing } = deps;
    this.#install = { kv, hashing };
    this.#fetcher = new Fetcher({
      clock,
      report,
      send: (peer, request) => void net.send(peer, 'snapshot', encodeSnapshotMessage(request)),
      penalize: (peer, code) => net.penalize(peer, code),
    });
    this.#offers = new JoinOffers({
      ...{ clock, report, net },
      blame: (peer, code) => this.#fetcher.blame(peer, code),
      chosen: (offer) => this.#prove(offer),
    });
  }

  start(): void {
    const journal = readJournal(this.#deps.kv);
    if (journal !== undefined && !isSameTrust(journal.trust, this.#trust))
      return this.#end(new ConsiliumError('SNAPSHOT_TRUST_CONFLICT', { ...journal.trust }));
    if (journal?.phase === 'cleaning') return this.#clean(journal);
    if (journal?.phase === 'installing') return this.#load(journal);
    this.#deps.net.start({
      onConnect: (peer) => this.#onConnect(peer),
      onDisconnect: (peer) => this.#fetcher.gone(peer),
      onMessage: (peer, _channel, bytes) => this.#onMessage(peer, bytes),
    });
    if (journal === undefined) return this.#offers.choose();
    this.#deps.report({ level: 'info', code: 'join.resumed', height: this.#heightOf(journal) });
    this.#fetch(journal);
  }

  stop(): void {
    this.#stopped = true;
    this.#pause?.();
    this.#progress?.();
    this.#offers.stop();
    this.#fetcher.stop();
  }

  #end(error?: ConsiliumError): void {
    if (this.#stopped) return;
    this.stop();
    this.#done(error);
  }

  #heightOf({ manifest }: Journal): number {
    return decodeManifest(manifest).header.height;
  }

  #onConnect(peer: Hex32): void {
    this.#fetcher.connected(peer);
    this.#offers.onConnect(peer);
  }

  #onMessage(peer: Hex32, bytes: Uint8Array): void {
    if (this.#stopped) return;
    try {
      const message = decodeSnapshotMessage(bytes);
      if (message.type === 'offers') return this.#offers.take(peer, message);
      // Requests of others: this node has nothing to give yet.
      if ('from' in message || message.type === 'offers-request' || message.type === 'chunk-request') return;
      this.#fetcher.answered(peer, message);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      this.#deps.net.penalize(peer, `snapshot.${error.code}`);
    }
  }

  #prove(offer: Offer): void {
    const { genesis, verify, report } = this.#deps;
    const { header } = offer.manifest;
    report({ level: 'info', code: 'join.chosen', height: header.height });
    proveSnapshot({ fetcher: this.#fetcher, genesis, verify, report }, header, this.#trust, (result) => {
      if (typeof result === 'string') this.#unproven(offer, result);
      else this.#begin(offer, result);
    });
  }

  #unproven({ bytes, manifest }: Offer, failure: ProofFailure): void {
    const { height } = manifest.header;
    const code = failure === 'unknown' ? 'join.unknown' : 'join.unproven';
    this.#deps.report({ level: 'warn', code, height, trusted: this.#trust.height });
    if (failure === 'unproven') this.#offers.reject(bytes);
    this.#fetcher.clear();
    this.#pause = this.#deps.clock.after(JOIN_SETTLE_MS, () => this.#offers.choose());
  }

  /** From here on the snapshot is known to be of the trusted chain, and this outlives a crash. */
  #begin({ bytes }: Offer, { steps, block }: Proof): void {
    const journal: Journal = {
      version: JOURNAL_VERSION,
      phase: 'fetching',
      trust: this.#trust,
      manifest: bytes,
      steps: encodeLightSteps(steps),
      windowFrom: 0,
    };
    this.#write([journalWrite(journal), windowWrite(block)], () => this.#fetch(journal));
  }

  /** What is here already is not asked for again. */
  #fetch(journal: Journal): void {
    const manifest = decodeManifest(journal.manifest);
    const { kv, genesisHash, hashing, net } = this.#deps;
    const missing = missingChunks(kv, manifest);
    let open = missing.length;
    let windowFrom = 0;
    const ended = (): void => {
      if (open === 0 && windowFrom > 0) this.#complete({ ...journal, windowFrom });
    };
    this.#tell(manifest, () => open);
    const deps = {
      fetcher: this.#fetcher,
      kv,
      genesisHash,
      sha256: hashing.sha256,
      timeMs: manifest.header.time,
    };
    fetchWindow(deps, manifest.header.height, (result) => {
      if (this.#stopped) return;
      if (result === 'gone') return this.#abandon(journal);
      if (typeof result !== 'number') return this.#end(result);
      windowFrom = result;
      ended();
    });
    const room = (): number => Math.max(1, net.connected().length) * JOIN_REQUESTS_PER_PEER_MAX;
    const host: ChunksHost = {
      gone: () => this.#abandon(journal),
      store: (index, bytes, stored) =>
        this.#write([chunkWrite(index, bytes)], () => {
          this.#fetchedChunks += 1;
          open -= 1;
          stored();
          ended();
        }),
    };
    fetchChunks({ fetcher: this.#fetcher, hashing, room, host }, manifest, missing);
  }

  #tell(manifest: Manifest, open: () => number): void {
    this.#progress = this.#deps.clock.after(JOIN_ASK_AGAIN_MS, () => {
      const { parts, header } = manifest;
      this.#deps.report({
        level: 'info',
        code: 'join.progress',
        height: header.height,
        chunks: parts.length - open(),
        of: parts.length,
      });
      this.#tell(manifest, open);
    });
  }

  /** Nobody keeps this snapshot any more: what was fetched of it is deleted, and another one is chosen. */
  #abandon(journal: Journal): void {
    if (this.#stopped || this.#abandoned === journal) return;
    this.#abandoned = journal;
    this.#fetcher.clear();
    this.#progress?.();
    const height = this.#heightOf(journal);
    this.#deps.report({ level: 'warn', code: 'join.snapshot-gone', height });
    this.#offers.reject(journal.manifest);
    cleanJoin(this.#deps.kv, journal, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#end(error);
      this.#offers.choose();
    });
  }

  #complete(journal: Journal): void {
    this.#fetcher.clear();
    const installing: Journal = { ...journal, phase: 'installing' };
    this.#write([journalWrite(installing)], () => this.#load(installing));
  }

  #load(journal: Journal): void {
    this.#deps.report({ level: 'info', code: 'join.installing', height: this.#heightOf(journal) });
    installSnapshot(this.#install, journal, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#end(error);
      this.#clean({ ...journal, phase: 'cleaning' });
    });
  }

  #clean(journal: Journal): void {
    cleanJoin(this.#deps.kv, journal, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#end(error);
      const height = readTip(this.#deps.kv)?.height ?? 0;
      this.#deps.report({ level: 'info', code: 'join.done', height, chunks: this.#fetchedChunks });
      this.#end();
    });
  }

  #write(batch: Parameters<Kv['write']>[0], next: () => void): void {
    this.#deps.kv.write(batch, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return this.#end(error);
      next();
    });
  }
}

function isSameTrust(a: Trust, b: Trust): boolean {
  return a.height === b.height && a.blockId === b.blockId;
}
