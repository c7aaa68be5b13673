// Owns: which snapshot a newcomer takes: asking every peer what it keeps, again and again until somebody keeps one, and
// choosing the newest. Does not own: whether it is of the trusted chain (join-proof.ts).
import { type Hex32, hashHex } from '@consilium/core';
import { JOIN_ASK_AGAIN_MS, JOIN_SETTLE_MS } from '../limits.ts';
import { encodeSnapshotMessage, type OffersAnswer } from '../messages/snapshot.ts';
import type { Cancel, Clock, Peers, Report } from '../ports.ts';
import { checkParts, decodeManifest, type Manifest } from './snapshot-format.ts';

export interface Offer {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

export interface OffersDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly net: Peers;
  /** The peer offers what is no snapshot. */
  readonly blame: (peer: Hex32, code: string) => void;
  readonly chosen: (offer: Offer) => void;
}

/** What is asked of all peers at once has this number; answers come with it. */
const OFFERS_ID = 0;

export class JoinOffers {
  readonly #deps: OffersDeps;
  /** By the hash of the manifest; each peer adds two at most to each round of questions. */
  readonly #offers = new Map<Hex32, Offer>();
  readonly #unusable = new Set<Hex32>();
  readonly #asked = new Set<Hex32>();
  #choosing = false;
  #settle: Cancel | undefined;
  #again: Cancel | undefined;

  constructor(deps: OffersDeps) {
    this.#deps = deps;
  }

  choose(): void {
    this.stop();
    this.#choosing = true;
    for (const peer of this.#deps.net.connected()) this.#ask(peer);
    this.#again = this.#deps.clock.after(JOIN_ASK_AGAIN_MS, () => {
      const peers = this.#deps.net.connected().length;
      this.#deps.report({ level: 'warn', code: 'join.no-snapshot', peers });
      // Nothing else is there: what failed may have been a matter of who was connected.
      this.#unusable.clear();
      this.choose();
    });
  }

  stop(): void {
    this.#choosing = false;
    this.#settle?.();
    this.#settle = undefined;
    this.#again?.();
    this.#offers.clear();
    this.#asked.clear();
  }

  onConnect(peer: Hex32): void {
    if (this.#choosing) this.#ask(peer);
  }

  /** Not to be chosen again while there are others. */
  reject(manifest: Uint8Array): void {
    this.#unusable.add(hashHex(manifest));
  }

  /** Throws `ENCODING_INVALID` for what is no manifest. One answer of each peer to each question counts. */
  take(peer: Hex32, { manifests }: OffersAnswer): void {
    if (!this.#choosing || !this.#asked.delete(peer)) return;
    for (const bytes of manifests) {
      const id = hashHex(bytes);
      if (this.#offers.has(id) || this.#unusable.has(id)) continue;
      const manifest = decodeManifest(bytes);
      if (checkParts(manifest) === undefined) return this.#deps.blame(peer, 'false-offers');
      this.#offers.set(id, { bytes, manifest });
    }
    if (this.#offers.size === 0) return;
    if (this.#asked.size === 0) this.#end();
    else this.#settle ??= this.#deps.clock.after(JOIN_SETTLE_MS, () => this.#end());
  }

  #ask(peer: Hex32): void {
    this.#asked.add(peer);
    const bytes = encodeSnapshotMessage({ type: 'offers-request', requestId: OFFERS_ID });
    this.#deps.net.send(peer, 'snapshot', bytes);
  }

  #end(): void {
    const [newest] = [...this.#offers.values()].sort(
      (a, b) => b.manifest.header.height - a.manifest.header.height,
    );
    this.stop();
    if (newest !== undefined) this.#deps.chosen(newest);
  }
}
