// Owns: the pool of waiting transactions: who is let in, and how each leaves: into a block, expired, displaced or
// refused with a code. Does not own: the rules (the ledger's checkTx), shares and turns (lanes.ts), the network.
import {
  BLOCK_TXS_PER_PERSON_MAX,
  ConsiliumError,
  decodeTx,
  type ErrorCode,
  type Hex32,
  hashHex,
  isConsiliumError,
  type Refusal,
  type Tx,
} from '@consilium/core';
import {
  EXPIRY_SWEEP_MS,
  MEMPOOL_BYTES_MAX,
  MEMPOOL_RETRY_MS,
  MEMPOOL_TXS_MAX,
  PENDING_PER_PERSON_MAX,
  RECENT_TXS_MAX,
} from '../limits.ts';
import type { Cancel, Clock, Report } from '../ports.ts';
import type { Pool } from '../replica/pool.ts';
import { type Answer, Intake } from './intake.ts';
import { Lanes, type Waiting } from './lanes.ts';
import { OVER_ITS_PART, type PoolState, refusalThrown, type SubmitOutcome } from './outcomes.ts';
import { createRecentTxs, type RecentTxs } from './recent.ts';
import { createRelay, type Relay, type RelayedTx } from './relay.ts';
import type { SignatureMemory } from './signature-memory.ts';
import { addTaken, type BlockRoom, type Skip, SkipCounts, skipsOf, type Taken } from './skips.ts';
import { verifyAhead } from './verify-ahead.ts';

export interface PoolAccount {
  /** The key that signs its transactions after the last block. */
  readonly key: Hex32;
  /** The institution that enrolled it, whose share it uses; an institution names itself. */
  readonly institution: Hex32;
  /** A patient or clinician. */
  readonly isPerson: boolean;
}

/** What the pool asks of the ledger, as of the last committed block. */
export interface PoolLedger {
  height(): number;
  account(id: Hex32): PoolAccount | undefined;
  /** Whether a transaction of this payload was committed within the replay window. */
  isReplayed(payloadHash: Hex32): boolean;
  /** Every rule but the pool's own, signature included (by `signatures.verifySender`). Throws with its code. */
  checkTx(tx: Tx, nowMs: number): void;
}

export interface MempoolDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly ledger: PoolLedger;
  readonly signatures: SignatureMemory;
  /** To every peer but the one each came from. */
  readonly onBatch: (txs: readonly RelayedTx[]) => void;
  /** There are transactions that were not there before. */
  readonly onAdmitted: () => void;
  /** How long each transaction of a committed block had been here. Milliseconds. */
  readonly onCommittedAge?: (ageMs: number) => void;
  /** Only `reject` costs the peer. */
  readonly onPeerRefusal: (peer: Hex32, refusal: Refusal) => void;
}

export interface MempoolLimits {
  readonly txsMax: number;
  readonly bytesMax: number;
  readonly pendingPerPersonMax: number;
  readonly retryMs: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  txsMax: MEMPOOL_TXS_MAX,
  bytesMax: MEMPOOL_BYTES_MAX,
  pendingPerPersonMax: PENDING_PER_PERSON_MAX,
  retryMs: MEMPOOL_RETRY_MS,
};

export interface CommittedBlock {
  readonly txIds: readonly Hex32[];
  /** Accounts whose row the block changed: what they sent is looked at again. */
  readonly changedAccounts: readonly Hex32[];
  readonly room: BlockRoom;
}

/** Callbacks come in turns of the clock, never from within a call, but for answers that are known at once. */
export function createMempool(deps: MempoolDeps, limits: MempoolLimits = DEFAULT_MEMPOOL_LIMITS): Mempool {
  return new Mempool(deps, limits);
}

export class Mempool implements Pool {
  readonly #deps: MempoolDeps;
  readonly #limits: MempoolLimits;
  readonly #lanes: Lanes;
  readonly #intake: Intake;
  readonly #relay: Relay;
  readonly #recent: RecentTxs = createRecentTxs(RECENT_TXS_MAX);
  /** What this height's values name, with the bodies met so far: they outlive quotas and expiry. */
  readonly #held = new Map<Hex32, Tx | undefined>();
  readonly skips: SkipCounts = new SkipCounts();
  #sweep: Cancel | undefined;

  constructor(deps: MempoolDeps, limits: MempoolLimits) {
    const { clock, onPeerRefusal } = deps;
    this.#deps = deps;
    this.#limits = limits;
    this.#lanes = new Lanes(limits);
    this.#relay = createRelay(clock, deps.onBatch);
    this.#intake = new Intake({
      clock,
      onPeerRefusal,
      outcomeOfKnown: (txId) => this.#outcomeOfKnown(txId),
      admit: (tx, receivedMs) => this.#admit(tx, receivedMs),
      onRefused: (txId, refusal) => this.#remember(txId, refusal.code),
      onAdmitted: (txs) => {
        this.#relay.add(txs);
        deps.onAdmitted();
      },
      retryMs: limits.retryMs,
    });
  }

  stop(): void {
    this.#intake.stop();
    this.#relay.stop();
    this.#sweep?.();
  }

  get count(): number {
    return this.#lanes.count;
  }

  get bytes(): number {
    return this.#lanes.bytes;
  }

  /** Answers once: at once when the answer is known, else in a later turn, after the checks. Any bytes may be given. */
  submit(bytes: Uint8Array, answer: Answer): void {
    this.#intake.submit(bytes, answer);
  }

  /** What a peer relayed. Refusals go to `onPeerRefusal`; repeats are normal. */
  addFromPeer(peer: Hex32, txs: readonly Uint8Array[]): void {
    this.#intake.addFromPeer(peer, txs);
  }

  /** Whether a transaction is there that this node could put into a block now. */
  hasWork(): boolean {
    const nowMs = this.#deps.clock.wallMs();
    for (const { tx } of this.#lanes.all()) if (tx.validUntil >= nowMs) return true;
    return false;
  }

  /** Candidates for the next block, in their order: institutions in turn, each its oldest first. They stay here. */
  select(txsMax: number, bytesMax: number): Tx[] {
    const nowMs = this.#deps.clock.wallMs();
    return this.#lanes.select({ txsMax, bytesMax, perPersonMax: BLOCK_TXS_PER_PERSON_MAX, nowMs });
  }

  get(txId: Hex32): Tx | undefined {
    return this.#held.get(txId) ?? this.#lanes.get(txId)?.tx;
  }

  /** The bytes of any transaction in hand, checked or not: their hash is their name. */
  body(txId: Hex32): Uint8Array | undefined {
    return this.get(txId)?.bytes ?? this.#intake.body(txId);
  }

  /** As core's `decodeTx`, from memory when these bytes are here. */
  decode(bytes: Uint8Array): Tx {
    return this.get(hashHex(bytes)) ?? decodeTx(bytes);
  }

  /** In slices with a turn between. A body that is no transaction is left to the execution, which refuses it. */
  verifyAhead(bodies: readonly Uint8Array[], done: () => void): Cancel {
    const { clock, signatures, ledger } = this.#deps;
    const txs = bodies.flatMap((bytes) => this.#tryDecode(bytes) ?? []);
    return verifyAhead({ clock, signatures, keyOf: (id) => ledger.account(id)?.key }, txs, done);
  }

  #tryDecode(bytes: Uint8Array): Tx | undefined {
    try {
      return this.decode(bytes);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      return undefined;
    }
  }

  /** A value of this height names these: they are kept until it ends, and checked before all others. */
  hold(txIds: readonly Hex32[]): void {
    for (const txId of txIds) {
      this.#held.set(txId, this.get(txId));
      this.#intake.hurry(txId);
    }
  }

  /** Everything that waits, for a peer that has just connected. */
  pending(): Uint8Array[] {
    return [...this.#lanes.all()].map(({ tx }) => tx.bytes);
  }

  /** The builder of a block left these out for good. */
  refuse(refused: ReadonlyMap<Hex32, ErrorCode>): void {
    for (const [txId, code] of refused) this.#drop(txId, code);
  }

  /** A block whose commit is durable, when the ledger answers for the new height. */
  committed({ txIds, changedAccounts, room }: CommittedBlock): readonly Skip[] {
    this.#held.clear();
    const nowMs = this.#deps.clock.wallMs();
    let servedFirst: Hex32 | undefined;
    const taken = new Map<Hex32, Taken>();
    for (const txId of txIds) {
      const waiting = this.#lanes.remove(txId);
      servedFirst ??= waiting?.institution;
      if (waiting !== undefined) addTaken(taken, waiting);
      if (waiting !== undefined) this.#deps.onCommittedAge?.(Math.max(0, nowMs - waiting.receivedMs));
      this.#recent.remember(txId, { state: 'committed' });
      this.#deps.signatures.forget(txId);
    }
    for (const institution of taken.keys()) this.#lanes.taken(institution, nowMs);
    this.#dropOutdated(new Set(changedAccounts));
    if (servedFirst !== undefined) this.#lanes.moveToEnd(servedFirst);
    const skips = skipsOf(room, this.#lanes.all(), taken);
    this.skips.add(room.author, skips);
    return skips;
  }

  /** How long the oldest waiting transaction has been here; undefined without one. Milliseconds. */
  oldestMs(): number | undefined {
    const [oldest] = this.#lanes.all();
    return oldest === undefined ? undefined : Math.max(0, this.#deps.clock.wallMs() - oldest.receivedMs);
  }

  statusOf(txId: Hex32): PoolState {
    if (this.#lanes.get(txId) !== undefined || this.#intake.has(txId)) return { state: 'pending' };
    const fate = this.#recent.fate(txId);
    return fate?.state === 'refused' ? { state: 'refused', code: fate.code } : { state: 'unknown' };
  }

  #outcomeOfKnown(txId: Hex32): SubmitOutcome | undefined {
    if (this.#lanes.get(txId) !== undefined) return { state: 'received' };
    const code = this.#recent.refusalOfRepeat(txId, this.#deps.ledger.height());
    return code === undefined ? undefined : { state: 'refused', code };
  }

  /** Room comes before the signature: what finds none costs next to nothing. */
  #admit(tx: Tx, receivedMs: number): void {
    const { ledger, clock } = this.#deps;
    if (this.#held.has(tx.id)) this.#held.set(tx.id, tx);
    const account = ledger.account(tx.sender);
    if (account !== undefined) this.#checkRoom(tx, account);
    ledger.checkTx(tx, clock.wallMs());
    if (account === undefined) throw new ConsiliumError('TX_ACCOUNT_UNKNOWN');
    const { institution, isPerson, key } = account;
    const displaced = this.#lanes.add({ tx, institution, isPerson, key, receivedMs });
    for (const waiting of displaced) this.#remember(waiting.tx.id, 'MEMPOOL_FULL');
    if (displaced.length > 0)
      this.#deps.report({ level: 'debug', code: 'mempool.displaced', txs: displaced.length });
    this.#recent.forget(tx.id);
    this.#sweep ??= clock.after(EXPIRY_SWEEP_MS, () => this.#dropExpired());
  }

  #checkRoom(tx: Tx, { institution, isPerson }: PoolAccount): void {
    const { pendingPerPersonMax } = this.#limits;
    if (isPerson && this.#lanes.waitingOf(tx.sender) >= pendingPerPersonMax)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { pendingMax: pendingPerPersonMax });
    const room = this.#lanes.roomFor(institution, tx.bytes.length, this.#deps.clock.wallMs());
    if (room === 'part') throw new ConsiliumError('MEMPOOL_FULL', { rule: OVER_ITS_PART });
    if (room === 'full') throw new ConsiliumError('MEMPOOL_FULL');
  }

  /** What the block made void. Whatever else no longer holds is found by who builds a block of it. */
  #dropOutdated(changedAccounts: ReadonlySet<Hex32>): void {
    const { ledger } = this.#deps;
    for (const waiting of [...this.#lanes.all()]) {
      const { id, sender, payloadHash } = waiting.tx;
      if (ledger.isReplayed(payloadHash)) this.#drop(id, 'TX_DUPLICATE');
      else if (changedAccounts.has(sender)) this.#lookAgain(waiting);
    }
  }

  /** A transaction verified under one key cannot verify under another: a rotation needs no second look. */
  #lookAgain({ tx, key }: Waiting): void {
    const { ledger, clock } = this.#deps;
    if (ledger.account(tx.sender)?.key !== key) {
      this.#drop(tx.id, 'TX_KEY_ROTATED');
      return;
    }
    try {
      ledger.checkTx(tx, clock.wallMs());
    } catch (error) {
      this.#drop(tx.id, refusalThrown(error).code);
    }
  }

  #dropExpired(): void {
    const { clock } = this.#deps;
    const nowMs = clock.wallMs();
    const expired = [...this.#lanes.all()].filter(({ tx }) => tx.validUntil < nowMs);
    for (const { tx } of expired) this.#drop(tx.id, 'TX_EXPIRED');
    const isIdle = this.#lanes.count === 0;
    this.#sweep = isIdle ? undefined : clock.after(EXPIRY_SWEEP_MS, () => this.#dropExpired());
  }

  #drop(txId: Hex32, code: ErrorCode): void {
    if (this.#lanes.remove(txId) !== undefined) this.#remember(txId, code);
  }

  #remember(txId: Hex32, code: ErrorCode): void {
    this.#recent.remember(txId, { state: 'refused', code, height: this.#deps.ledger.height() });
  }
}
