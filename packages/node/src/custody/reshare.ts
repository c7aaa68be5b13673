// Owns: moving the shares of all batches to the custodians of the current epoch, in the background and in small portions:
// which batch when, who is awaited for how long, what follows a confirmation. Does not own: dealing, taking over,
// receipts, accusations (the files beside it). The old epoch serves until the ledger says otherwise.
import {
  BATCH_LIST,
  BATCHES,
  type BatchRow,
  CUSTODY_ACCUSATIONS,
  CUSTODY_EPOCHS,
  currentEpoch,
  type Hex32,
  type Hex64,
  listCount,
  type ReceiptStatement,
  readRow,
  rowValue,
  type StateChange,
  toHex,
} from '@consilium/core';
import {
  DEALER_SILENT_MS,
  PACKAGE_REQUEST_MS,
  RESHARE_PAUSE_MS,
  RESHARE_RETRY_MS,
  RESHARE_SCAN_ROWS,
  RESHARE_TICK_MS,
  RESHARES_AWAITED_MAX,
  RESHARES_MAX,
} from '../limits.ts';
import type { DealingMessage, DealingRequest, ReceiptMessage } from '../messages/custody.ts';
import type { Cancel } from '../ports.ts';
import { TaskQueue } from '../replica/task-queue.ts';
import { readPackage } from './package-check.ts';
import { viewOf } from './package-view.ts';
import { Accuser } from './reshare-accuser.ts';
import { twoFacedDealers } from './reshare-compare.ts';
import { Dealer, type DealerDeps } from './reshare-dealer.ts';
import { ReshareReceipts, type ReshareReceiptsDeps } from './reshare-receipts.ts';
import { isOf, Taking, type TakingDeps } from './reshare-taking.ts';
import { isCustodianOf, type Transition, transitionOf } from './reshare-transition.ts';
import { storedPackage } from './stored-package.ts';
import { type Count, orError } from './types.ts';

export interface ReshareDeps
  extends Omit<TakingDeps, 'paced' | 'heard' | 'lied' | 'askDealer'>,
    Omit<ReshareReceiptsDeps, 'disagrees'>,
    Omit<DealerDeps, 'give'> {
  readonly net: TakingDeps['net'];
  readonly receipt: (statement: ReceiptStatement, done: (signature: Hex64 | undefined) => void) => void;
  readonly count: Count;
  /** This node does not hold what the ledger has confirmed of the batch. */
  readonly lost: (batch: Hex32) => void;
}

export interface ReshareOptions {
  /** How long a dealer may give nothing before it is accused. */
  readonly dealerSilentMs?: number;
}

export class Reshare {
  readonly #deps: ReshareDeps;
  readonly #silentMs: number;
  readonly #dealer: Dealer;
  readonly #receipts: ReshareReceipts;
  readonly #accuser: Accuser;
  readonly #takings = new Map<Hex32, Taking>();
  /** Batches that could not be taken over, and when they are tried again. */
  readonly #later = new Map<Hex32, number>();
  /** Since when a dealer is waited for, by the epoch of its shares and its id. */
  readonly #silentSince = new Map<string, number>();
  readonly #checks: TaskQueue;
  #to = 0;
  #next = 0;
  #timer: Cancel | undefined;
  #pause: Cancel | undefined;
  #stopped = false;

  constructor(deps: ReshareDeps, { dealerSilentMs = DEALER_SILENT_MS }: ReshareOptions) {
    this.#deps = deps;
    this.#silentMs = dealerSilentMs;
    this.#dealer = new Dealer({ ...deps, give: (peer, message) => this.#give(peer, message) });
    this.#receipts = new ReshareReceipts({
      ...deps,
      disagrees: (peer, batch) => this.#compare(peer, batch),
    });
    this.#accuser = new Accuser(deps);
    this.#checks = new TaskQueue(() => undefined);
  }

  start(): void {
    // The ledger may have decided while this node was down, or a crash came between the commit and what follows it.
    for (const { batch, epoch } of this.#deps.holdings.unsettled()) {
      const row = readRow(this.#deps.rules.state, BATCHES, batch);
      if (row?.epoch === epoch) this.#settle(batch, row);
    }
    this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#pause?.();
    this.#checks.stop();
    this.#dealer.stop();
    for (const taking of this.#takings.values()) taking.stop();
    this.#takings.clear();
  }

  committed(changes: readonly StateChange[]): void {
    const moved = changes.flatMap(({ table, key, before }) =>
      table === BATCHES.number && before !== null ? [[toHex(key), rowValue(BATCHES, before)] as const] : [],
    );
    for (const [batch, before] of moved) this.#confirmed(batch, before);
    this.#reportMoved(moved.map(([, before]) => before.epoch));
    if (changes.some(({ table }) => table === CUSTODY_EPOCHS.number)) return this.#begin();
    if (changes.some(({ table }) => table === CUSTODY_ACCUSATIONS.number)) this.#retarget();
    this.#plan(0);
  }

  /** Records of this batch are erased: what is under way for it holds shares of them. */
  erased(batch: Hex32): void {
    this.#dealer.forget(batch);
    const taking = this.#takings.get(batch);
    taking?.abandon();
    this.#takings.delete(batch);
    if (taking !== undefined) this.#later.set(batch, 0);
    // What so many have signed that it will be confirmed is left: its root stays when the record goes.
    if (this.#receipts.has(batch) && !this.#receipts.isEnough(batch)) {
      this.#receipts.withdraw(batch);
      this.#later.set(batch, 0);
    }
    this.#plan(0);
  }

  asked(peer: Hex32, question: DealingRequest): void {
    this.#dealer.asked(peer, question);
  }

  dealt(peer: Hex32, { batch, epoch, bytes }: DealingMessage): void {
    const taking = this.#takings.get(batch);
    if (taking?.transition.to === epoch) taking.received(peer, bytes);
  }

  receipt(peer: Hex32, message: ReceiptMessage): void {
    this.#receipts.received(peer, message);
  }

  /** Another epoch: what was under way for the one before comes to nothing. */
  #begin(): void {
    const to = currentEpoch(this.#deps.rules.state);
    if (to !== this.#to) {
      for (const taking of this.#takings.values()) taking.stop();
      this.#takings.clear();
      this.#later.clear();
      this.#silentSince.clear();
    }
    this.#to = to;
    this.#next = 0;
    this.#receipts.begin(to);
    this.#accuser.begin(to);
    this.#plan(0);
  }

  #plan(delayMs: number): void {
    if (this.#stopped || this.#to === 0) return;
    if (delayMs > 0 && this.#timer !== undefined) return;
    this.#timer?.();
    this.#timer = this.#deps.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#tick();
      if (this.#isBusy()) this.#plan(RESHARE_TICK_MS);
    });
  }

  #isBusy(): boolean {
    const waiting = this.#takings.size + this.#later.size + this.#receipts.awaited + this.#accuser.count;
    return waiting > 0 || this.#next < listCount(this.#deps.rules.state, 'batches', null);
  }

  #tick(): void {
    this.#fill();
    for (const taking of [...this.#takings.values()]) taking.tick();
    this.#receipts.tick();
    this.#accuser.tick();
    this.#accuseSilent();
  }

  #fill(): void {
    const { state } = this.#deps.rules;
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [batch, dueMs] of [...this.#later]) {
      if (this.#takings.size >= RESHARES_MAX || dueMs > nowMs) continue;
      this.#later.delete(batch);
      this.#open(batch);
    }
    const end = Math.min(this.#next + RESHARE_SCAN_ROWS, listCount(state, 'batches', null));
    while (this.#next < end && this.#hasRoom()) {
      const batch = readRow(state, BATCH_LIST, this.#next);
      this.#next += 1;
      if (batch !== undefined) this.#open(batch);
    }
  }

  #hasRoom(): boolean {
    return this.#takings.size < RESHARES_MAX && this.#receipts.awaited < RESHARES_AWAITED_MAX;
  }

  #open(batch: Hex32): void {
    const { state, self } = this.#deps.rules;
    const row = readRow(state, BATCHES, batch);
    if (row === undefined || row.epoch >= this.#to) return;
    if (this.#takings.has(batch) || this.#later.has(batch) || this.#receipts.has(batch)) return;
    const transition = transitionOf(state, row.epoch);
    if (transition?.recipients.some(({ id }) => id === self) !== true) return;
    const taking = new Taking(this.#takingDeps(), {
      batch,
      row,
      transition,
      done: (root) => this.#taken(batch, root),
    });
    this.#takings.set(batch, taking);
    taking.start();
  }

  #takingDeps(): TakingDeps {
    const { self, send } = this.#deps;
    return {
      ...this.#deps,
      paced: (work) => this.#paced(work),
      heard: (dealer, { from }) => this.#silentSince.delete(`${from}/${dealer}`),
      lied: (dealer, transition) => this.#accuser.accuse(dealer, transition, 'false'),
      askDealer: (dealer, question) => {
        if (dealer === self) this.#dealer.asked(self, question);
        else send(dealer, question);
      },
    };
  }

  #taken(batch: Hex32, root: Hex32 | undefined): void {
    this.#takings.delete(batch);
    if (this.#stopped) return;
    // Until its receipt is signed, too, nobody takes it over once more.
    this.#later.set(batch, this.#deps.clock.monotonicMs() + RESHARE_RETRY_MS);
    if (root === undefined) return;
    this.#deps.count('resharing');
    this.#receipts.own(batch, root, (isSigned) => {
      if (isSigned) this.#later.delete(batch);
      if (!this.#stopped) this.#plan(0);
    });
  }

  /** One check after the other, with a pause. */
  #paced(work: (done: () => void) => void): void {
    this.#checks.enqueue((next) =>
      work(() => {
        this.#pause = this.#deps.clock.after(RESHARE_PAUSE_MS, next);
      }),
    );
  }

  #give(peer: Hex32, message: DealingMessage): void {
    if (peer === this.#deps.self) this.dealt(peer, message);
    else this.#deps.send(peer, message);
  }

  #accuseSilent(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const awaited = new Map<string, { readonly dealer: Hex32; readonly transition: Transition }>();
    for (const taking of this.#takings.values()) {
      const { transition } = taking;
      for (const dealer of taking.awaited())
        if (dealer !== this.#deps.self) awaited.set(`${transition.from}/${dealer}`, { dealer, transition });
    }
    for (const name of [...this.#silentSince.keys()]) if (!awaited.has(name)) this.#silentSince.delete(name);
    for (const [name, { dealer, transition }] of awaited) {
      const sinceMs = this.#silentSince.get(name) ?? nowMs;
      this.#silentSince.set(name, sinceMs);
      if (nowMs >= sinceMs + this.#silentMs) this.#accuser.accuse(dealer, transition, 'silent');
    }
  }

  /** Dealers may have been convicted: what those deal who take their place is another polynomial. */
  #retarget(): void {
    const { state } = this.#deps.rules;
    for (const taking of this.#takings.values()) {
      const transition = transitionOf(state, taking.transition.from);
      if (transition !== undefined) taking.retarget(transition);
    }
    // What so many have signed that it will be confirmed is left as it is.
    for (const batch of this.#receipts.batches()) {
      const row = readRow(state, BATCHES, batch);
      const transition = row === undefined ? undefined : transitionOf(state, row.epoch);
      const held = this.#deps.views.of(batch, this.#to)?.content;
      if (transition === undefined || held === undefined || isOf(held, transition)) continue;
      if (this.#receipts.isEnough(batch)) continue;
      this.#receipts.withdraw(batch);
      this.#later.set(batch, 0);
    }
  }

  /** Another custodian came to another root: with its package the dealer is found who caused it. */
  #compare(peer: Hex32, batch: Hex32): void {
    const epoch = this.#to;
    this.#deps.asks.ask(
      peer,
      (requestId) => ({ type: 'package-request', requestId, batch, epoch }),
      PACKAGE_REQUEST_MS,
      (reply) => {
        if (typeof reply === 'string' || reply.type !== 'package-answer' || reply.bytes === null) return;
        const { bytes } = reply;
        const other = orError(() => readPackage(bytes));
        const own = this.#deps.views.of(batch, epoch)?.content;
        const row = readRow(this.#deps.rules.state, BATCHES, batch);
        const transition = row === undefined ? undefined : transitionOf(this.#deps.rules.state, row.epoch);
        if (other instanceof Error || own === undefined || transition?.to !== epoch) return;
        for (const dealer of twoFacedDealers(this.#deps, own, other, transition))
          this.#accuser.accuse(dealer, transition, 'false');
      },
    );
  }

  /** The new custodians serve from now on: what this node held of the epochs before is destroyed, and never sooner. */
  #confirmed(batch: Hex32, before: BatchRow): void {
    const { rules, holdings, views } = this.#deps;
    const row = readRow(rules.state, BATCHES, batch);
    if (row === undefined || row.epoch === before.epoch) return;
    this.#takings.get(batch)?.stop();
    this.#takings.delete(batch);
    this.#later.delete(batch);
    this.#receipts.forget(batch);
    if (!isCustodianOf(rules.state, row.epoch, rules.self)) {
      views.forgetAll(batch);
      return holdings.leave(batch, row.epoch);
    }
    for (let epoch = before.epoch; epoch < row.epoch; epoch += 1) {
      views.forget(batch, epoch);
      if (holdings.package(batch, epoch) !== undefined) holdings.drop(batch, epoch, () => undefined);
    }
    this.#settle(batch, row);
  }

  /** What was confirmed is what this node has made last, or before, or nothing of its own: then it gets it from others. */
  #settle(batch: Hex32, { epoch, root }: BatchRow): void {
    const { holdings, views, group, lost } = this.#deps;
    const isRight = (bytes: Uint8Array): boolean => {
      const content = storedPackage(bytes);
      return content !== undefined && viewOf(group, content)?.root === root;
    };
    holdings.settle(batch, epoch, isRight, (isHeld) => {
      views.forget(batch, epoch);
      if (!isHeld) lost(batch);
    });
  }

  #reportMoved(epochs: readonly number[]): void {
    const { state } = this.#deps.rules;
    const to = currentEpoch(state);
    for (const [from, group] of Map.groupBy(epochs, (epoch) => epoch))
      if (from < to)
        this.#deps.report({ level: 'info', code: 'custody.reshared', from, to, batches: group.length });
  }
}
