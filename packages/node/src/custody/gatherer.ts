// Owns: collecting the receipts of a batch for its author: this node's own, and those of the other custodians, to whom the
// package is pushed until they answer. Does not own: looking at a package (keeper.ts).
import {
  ConsiliumError,
  type ErrorCode,
  type Hex32,
  INSTITUTIONS,
  isConsiliumError,
  type Receipt,
  readRow,
  receiptsNeeded,
  type Sha256,
  type StateReader,
  toHex,
  type Verify,
  verifyReceipt,
} from '@consilium/core';
import {
  CUSTODY_EXPIRY_MS,
  GATHER_TICK_MS,
  GATHERING_BYTES_MAX,
  GATHERINGS_MAX,
  PUSH_AGAIN_MS_MAX,
  PUSH_AGAIN_MS_MIN,
} from '../limits.ts';
import type { ReceiptMessage, ReceiptRefusal } from '../messages/custody.ts';
import type { Cancel, Clock, Peers } from '../ports.ts';
import type { Keeper, Kept } from './keeper.ts';
import { nameOf } from './stored-package.ts';
import type { Outcome, Send } from './types.ts';

export interface MissingReceipt {
  readonly index: number;
  readonly institution: Hex32;
  readonly name: string;
  /** Why that custodian gave none; null: it has not answered. */
  readonly code: ErrorCode | null;
}

export interface Gathered {
  readonly batch: Hex32;
  readonly epoch: number;
  /** Receipts that a registration needs. */
  readonly needed: number;
  /** Ascending by index. */
  readonly receipts: readonly Receipt[];
  readonly missing: readonly MissingReceipt[];
}

export interface GathererDeps {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  readonly state: StateReader;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
  readonly send: Send;
  readonly keeper: Keeper;
}

/** Refusals that stay: nobody finds otherwise when asked again. */
const FINAL: ReadonlySet<ErrorCode> = new Set(['CUSTODY_PACKAGE_INVALID', 'CUSTODY_SHARE_FALSE']);

interface Part {
  readonly index: number;
  readonly institution: Hex32;
  readonly signingKey: Hex32;
  receipt: Receipt | undefined;
  code: ErrorCode | null;
  pushes: number;
  dueMs: number;
}

interface Waiter {
  readonly done: (result: Gathered) => void;
  readonly cancel: Cancel;
}

interface Gathering {
  readonly hash: Hex32;
  /** undefined once every custodian has answered. */
  bytes: Uint8Array | undefined;
  readonly statement: Kept['statement'];
  readonly needed: number;
  readonly parts: readonly Part[];
  readonly untilMs: number;
  readonly waiters: Set<Waiter>;
}

export class Gatherer {
  readonly #deps: GathererDeps;
  readonly #gatherings = new Map<string, Gathering>();
  #timer: Cancel | undefined;

  constructor(deps: GathererDeps) {
    this.#deps = deps;
  }

  /** Answers with the refusal of the package itself; else as soon as enough receipts are there, or with what there is. */
  push(bytes: Uint8Array, timeoutMs: number, done: (result: Outcome<Gathered>) => void): void {
    const known = this.#known(bytes);
    if (known !== undefined) return this.#wait(known, timeoutMs, done);
    const bytesHeld = [...this.#gatherings.values()].reduce(
      (sum, each) => sum + (each.bytes?.length ?? 0),
      0,
    );
    if (this.#gatherings.size >= GATHERINGS_MAX || bytesHeld + bytes.length > GATHERING_BYTES_MAX)
      return done(new ConsiliumError('CUSTODY_BUSY', { rule: 'batches' }));
    this.#deps.keeper.take(bytes, null, (kept) => {
      if (isConsiliumError(kept)) return done(kept);
      const refusal = isConsiliumError(kept.receipt) ? kept.receipt : undefined;
      if (refusal !== undefined && refusal.code !== 'CUSTODY_SHARE_FALSE') return done(refusal);
      const gathering = this.#known(bytes) ?? this.#open(bytes, kept);
      this.#wait(gathering, timeoutMs, done);
    });
  }

  received(peer: Hex32, message: ReceiptMessage): void {
    const { batch, epoch, root, index, signature } = message;
    const gathering = this.#gatherings.get(nameOf(batch, epoch));
    const part = gathering?.parts.find((each) => each.institution === peer);
    if (gathering === undefined || part === undefined || part.receipt !== undefined) return;
    const { verify, genesisHash, net } = this.#deps;
    const { statement } = gathering;
    const isRight =
      index === part.index &&
      root === statement.root &&
      verifyReceipt(verify, genesisHash, part.signingKey, statement, signature);
    if (!isRight) return net.penalize(peer, 'custody.receipt-false');
    part.receipt = { index, signature };
    part.code = null;
    this.#answer(gathering);
  }

  refused(peer: Hex32, { batch, epoch, code }: ReceiptRefusal): void {
    const gathering = this.#gatherings.get(nameOf(batch, epoch));
    const part = gathering?.parts.find((each) => each.institution === peer);
    if (gathering === undefined || part === undefined || part.receipt !== undefined) return;
    part.code = code;
    const againMs = Math.min(PUSH_AGAIN_MS_MAX, PUSH_AGAIN_MS_MIN * 2 ** Math.min(part.pushes - 1, 16));
    part.dueMs = FINAL.has(code) ? Number.POSITIVE_INFINITY : this.#deps.clock.monotonicMs() + againMs;
    this.#answer(gathering);
  }

  /** Whoever was away when the package was pushed gets it now. */
  connected(peer: Hex32): void {
    for (const gathering of this.#gatherings.values()) {
      const part = gathering.parts.find((each) => each.institution === peer);
      if (part !== undefined && isOpen(part)) this.#pushTo(gathering, part);
    }
  }

  /** The batch is on the ledger: who lacks it repairs it from there. */
  registered(batch: Hex32): void {
    for (const [name, gathering] of [...this.#gatherings])
      if (gathering.statement.batch === batch) this.#close(name, gathering);
  }

  stop(): void {
    this.#timer?.();
    for (const { waiters } of this.#gatherings.values()) for (const { cancel } of waiters) cancel();
    this.#gatherings.clear();
  }

  #known(bytes: Uint8Array): Gathering | undefined {
    const hash = toHex(this.#deps.sha256(bytes));
    return [...this.#gatherings.values()].find((each) => each.hash === hash);
  }

  #open(bytes: Uint8Array, { statement, custodians, receipt }: Kept): Gathering {
    const nowMs = this.#deps.clock.monotonicMs();
    const parts = custodians.map(({ id, signingKey }, place): Part => {
      const index = place + 1;
      const part = { index, institution: id, signingKey, code: null, pushes: 0, dueMs: nowMs };
      if (id !== this.#deps.self || receipt === null) return { ...part, receipt: undefined };
      if (!isConsiliumError(receipt)) return { ...part, receipt };
      return { ...part, receipt: undefined, code: receipt.code, dueMs: Number.POSITIVE_INFINITY };
    });
    const gathering: Gathering = {
      hash: toHex(this.#deps.sha256(bytes)),
      bytes,
      statement,
      needed: receiptsNeeded(custodians.length),
      parts,
      untilMs: nowMs + CUSTODY_EXPIRY_MS,
      waiters: new Set(),
    };
    this.#gatherings.set(nameOf(statement.batch, statement.epoch), gathering);
    for (const part of parts) if (isOpen(part)) this.#pushTo(gathering, part);
    this.#planTick();
    return gathering;
  }

  #pushTo({ bytes }: Gathering, part: Part): void {
    if (bytes === undefined) return;
    part.pushes += 1;
    const againMs = Math.min(PUSH_AGAIN_MS_MAX, 8 * PUSH_AGAIN_MS_MIN * 2 ** Math.min(part.pushes, 16));
    part.dueMs = this.#deps.clock.monotonicMs() + againMs;
    this.#deps.send(part.institution, { type: 'package', bytes, wantReceipt: true });
  }

  #wait(gathering: Gathering, timeoutMs: number, done: (result: Gathered) => void): void {
    const waiter: Waiter = {
      done,
      cancel: this.#deps.clock.after(timeoutMs, () => {
        gathering.waiters.delete(waiter);
        done(this.#result(gathering));
      }),
    };
    gathering.waiters.add(waiter);
    this.#answer(gathering);
  }

  /** Enough receipts, or nobody left who could give one. */
  #answer(gathering: Gathering): void {
    if (!gathering.parts.some(isOpen)) gathering.bytes = undefined;
    const receipts = gathering.parts.filter(({ receipt }) => receipt !== undefined);
    const isOver = gathering.parts.every(
      (part) => part.receipt !== undefined || !Number.isFinite(part.dueMs),
    );
    if (receipts.length < gathering.needed && !isOver) return;
    for (const waiter of [...gathering.waiters]) {
      gathering.waiters.delete(waiter);
      waiter.cancel();
      waiter.done(this.#result(gathering));
    }
  }

  #result({ statement: { batch, epoch }, needed, parts }: Gathering): Gathered {
    const receipts = parts.flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt]));
    const missing = parts
      .filter(({ receipt }) => receipt === undefined)
      .map(({ index, institution, code }) => {
        const name = readRow(this.#deps.state, INSTITUTIONS, institution)?.name ?? '';
        return { index, institution, name, code };
      });
    return { batch, epoch, needed, receipts, missing };
  }

  #planTick(): void {
    if (this.#timer !== undefined || this.#gatherings.size === 0) return;
    this.#timer = this.#deps.clock.after(GATHER_TICK_MS, () => {
      this.#timer = undefined;
      const nowMs = this.#deps.clock.monotonicMs();
      for (const [name, gathering] of [...this.#gatherings]) {
        if (nowMs >= gathering.untilMs) this.#close(name, gathering);
        else this.#pushDue(gathering, nowMs);
      }
      this.#planTick();
    });
  }

  #pushDue(gathering: Gathering, nowMs: number): void {
    const connected = this.#deps.net.connected();
    for (const part of gathering.parts)
      if (isOpen(part) && part.dueMs <= nowMs && connected.includes(part.institution))
        this.#pushTo(gathering, part);
  }

  #close(name: string, gathering: Gathering): void {
    this.#gatherings.delete(name);
    for (const waiter of [...gathering.waiters]) {
      waiter.cancel();
      waiter.done(this.#result(gathering));
    }
  }
}

function isOpen({ receipt, dueMs }: Part): boolean {
  return receipt === undefined && Number.isFinite(dueMs);
}
