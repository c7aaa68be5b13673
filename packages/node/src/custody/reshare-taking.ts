// Owns: one batch that this node, a custodian of the new epoch, takes over: what it was made of before, its ciphertext, the
// dealings of all dealers, each checked before it is used, and the package of the new epoch made durable. Does not own:
// which batches when (reshare.ts), receipts and confirmation (reshare-receipts.ts).
import {
  type BatchRow,
  type CustodyPackage,
  type Dealing,
  encodePackage,
  erasedPositions,
  type Hex32,
  isDealingSigned,
  isErased,
  livePositions,
  nextPointsSalt,
  PACKAGE_BYTES_MAX,
  toHex,
} from '@consilium/core';
import { RESHARE_ASK_AGAIN_MS } from '../limits.ts';
import type { DealingRequest } from '../messages/custody.ts';
import type { Clock } from '../ports.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import { holdsErased, leavesOut, withoutErased } from './erased-records.ts';
import type { Holdings } from './holdings.ts';
import { openShares, type PackageView, viewOf } from './package-view.ts';
import { findRegistered, type RegisteredSourceDeps } from './registered-source.ts';
import { checkDealing, type DealingRules, tryReadDealing } from './reshare-check.ts';
import { isSameTransition, type Transition } from './reshare-transition.ts';
import { blobIds } from './stored-package.ts';
import type { Views } from './views.ts';

export interface TakingDeps extends RegisteredSourceDeps, DealingRules {
  readonly holdings: Holdings;
  readonly views: Views;
  readonly fetcher: BlobFetcher;
  readonly clock: Clock;
  /** Runs a piece of work when it is its turn: checks are many and agreement goes first. */
  readonly paced: (work: (done: () => void) => void) => void;
  /** A dealer has given a dealing of this change; or a false one. */
  readonly heard: (dealer: Hex32, transition: Transition) => void;
  readonly lied: (dealer: Hex32, transition: Transition) => void;
  /** Asks a dealer, who may be this node itself. */
  readonly askDealer: (dealer: Hex32, question: DealingRequest) => void;
}

export interface TakingOrder {
  readonly batch: Hex32;
  readonly row: BatchRow;
  readonly transition: Transition;
  /** The root in the new epoch; undefined: not now. */
  readonly done: (root: Hex32 | undefined) => void;
}

export class Taking {
  readonly #deps: TakingDeps;
  readonly #order: TakingOrder;
  readonly #dealings = new Map<number, Dealing>();
  readonly #checking = new Set<number>();
  readonly #index: number;
  #transition: Transition;
  #base: PackageView | undefined;
  #pinned: readonly Hex32[] = [];
  #askedMs = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(deps: TakingDeps, order: TakingOrder) {
    this.#deps = deps;
    this.#order = order;
    this.#transition = order.transition;
    this.#index = order.transition.recipients.findIndex(({ id }) => id === deps.self) + 1;
  }

  get transition(): Transition {
    return this.#transition;
  }

  start(): void {
    const { holdings, views } = this.#deps;
    const { batch, row } = this.#order;
    const kept = holdings.package(batch, this.#transition.to);
    const known = kept === undefined ? undefined : views.of(batch, this.#transition.to);
    if (known !== undefined && this.#isMade(known)) return this.#end(known.root);
    const own = views.of(batch, row.epoch);
    if (own !== undefined && own.root === row.root) return this.#based(own);
    findRegistered(this.#deps, { batch, row, accept: (_, verdict) => verdict(true) }, (found) => {
      if (found === undefined) this.#end(undefined);
      else this.#based(found.view);
    });
  }

  /** Other dealers are named by now: what the ones before dealt fits no longer. */
  retarget(transition: Transition): void {
    if (isSameTransition(transition, this.#transition)) return;
    this.#transition = transition;
    this.#dealings.clear();
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.tick();
  }

  /** Dealers of whom this one waits for a dealing. */
  awaited(): readonly Hex32[] {
    if (this.#base === undefined) return [];
    const { dealers, old } = this.#transition;
    return dealers
      .filter((dealer) => !this.#dealings.has(dealer))
      .map((dealer) => old[dealer - 1]?.id as Hex32);
  }

  tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#ended || this.#base === undefined || nowMs < this.#askedMs + RESHARE_ASK_AGAIN_MS) return;
    this.#askedMs = nowMs;
    const { batch } = this.#order;
    const { from, to } = this.#transition;
    for (const dealer of this.awaited())
      this.#deps.askDealer(dealer, { type: 'dealing-request', batch, epoch: to, from });
  }

  received(peer: Hex32, bytes: Uint8Array): void {
    const base = this.#base;
    if (this.#ended || base === undefined) return;
    const dealing = tryReadDealing(bytes);
    if (dealing === undefined) return this.#deps.net.penalize(peer, 'custody.dealing-malformed');
    const { dealer, from } = dealing;
    const { old } = this.#transition;
    if (from === this.#transition.from && old[dealer - 1]?.id !== peer)
      return this.#deps.net.penalize(peer, 'custody.dealing-forged');
    if (this.#dealings.has(dealer) || this.#checking.has(dealer)) return;
    this.#checking.add(dealer);
    const transition = this.#transition;
    this.#deps.paced((done) => {
      const dealingCase = { base, transition, index: this.#index, peer, dealing };
      checkDealing(this.#deps, dealingCase, (verdict) => {
        this.#checking.delete(dealer);
        if (verdict === 'forged') this.#deps.net.penalize(peer, 'custody.dealing-forged');
        if (verdict === 'false') this.#deps.lied(peer, transition);
        if (verdict === 'fits') this.#took(peer, transition, dealing);
        done();
      });
    });
  }

  /** Records of the batch are erased: it begins anew, and ciphertext of those that came for it goes. */
  abandon(): void {
    const ids = this.#pinned;
    this.stop();
    this.#deps.holdings.giveUp(ids);
  }

  /** Nothing comes of it any more. */
  stop(): void {
    this.#ended = true;
    this.#deps.holdings.unpin(this.#pinned);
    this.#pinned = [];
  }

  #based(base: PackageView): void {
    const { holdings, fetcher, net } = this.#deps;
    const ids = blobIds(base.content);
    holdings.pin(ids, (absent) => {
      if (this.#ended) return holdings.unpin(ids);
      this.#pinned = ids;
      const wanted = new Map(absent.map((id) => [id, undefined]));
      const take = holdings.takeBlobs.bind(holdings);
      fetcher.fetch({ wanted, peers: net.connected(), take }, (missing, error) => {
        if (error !== undefined || missing.length > 0) return this.#end(undefined);
        this.#base = base;
        this.tick();
      });
    });
  }

  #took(peer: Hex32, transition: Transition, dealing: Dealing): void {
    if (this.#ended || !isSameTransition(transition, this.#transition)) return;
    this.#deps.heard(peer, transition);
    this.#dealings.set(dealing.dealer, dealing);
    if (this.awaited().length === 0) this.#combine(transition);
  }

  /**
   * Whether this is the package that this change comes to. Of one out of which a record was taken only after it was made
   * the root is another: its signatures fit no longer.
   */
  #isMade({ content }: PackageView): boolean {
    const { old } = this.#transition;
    const { genesisHash, verify, rules } = this.#deps;
    if (!isOf(content, this.#transition) || holdsErased(rules.state, content)) return false;
    if (erasedPositions(content).size === 0) return true;
    return content.dealings.every((dealing) => {
      const key = old[dealing.dealer - 1]?.signingKey;
      return key !== undefined && isDealingSigned(verify, genesisHash, key, content, dealing);
    });
  }

  #combine(transition: Transition): void {
    const base = this.#base as PackageView;
    const { to, dealers } = transition;
    const { state } = this.#deps.rules;
    const before = withoutErased(state, base);
    const content: CustodyPackage = {
      ...before,
      epoch: to,
      // The leaf of an erased record stays as it is.
      records: before.records.map((record) =>
        isErased(record) ? record : { ...record, pointsSalt: toHex(nextPointsSalt(record.pointsSalt, to)) },
      ),
      dealings: dealers.map((dealer) => this.#dealings.get(dealer) as Dealing),
    };
    const { group, holdings, views } = this.#deps;
    const erased = erasedPositions(content);
    if (!content.dealings.every((dealing) => leavesOut(dealing, erased))) return this.#end(undefined);
    const bytes = encodePackage(content);
    // More dealings make it longer. What nobody could read again is not signed for: the old custodians go on serving.
    if (bytes.length > PACKAGE_BYTES_MAX) return this.#end(undefined);
    const view = viewOf(group, content);
    // One in 2^252 unless all dealers lie together: then nothing is to be had of them.
    if (view === undefined) return this.#end(undefined);
    openShares(this.#deps, view, this.#index, livePositions(content), (shares) => {
      // The ledger has decided meanwhile: what it confirmed must not be put aside for this.
      if (this.#ended) return;
      if (shares.includes(undefined) || holdsErased(state, content)) return this.#end(undefined);
      holdings.keep({ content, bytes, pending: 'confirmation', aside: true }, (error) => {
        views.forget(content.batch, to);
        this.#end(error === undefined ? view.root : undefined);
      });
    });
  }

  #end(root: Hex32 | undefined): void {
    if (this.#ended) return;
    this.stop();
    this.#order.done(root);
  }
}

/** Whether the package was made of what the dealers of this change dealt. */
export function isOf({ dealings }: CustodyPackage, { from, dealers }: Transition): boolean {
  return (
    dealings.map(({ dealer }) => dealer).join() === dealers.join() &&
    dealings.every((each) => each.from === from)
  );
}
