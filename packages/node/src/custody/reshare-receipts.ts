// Owns: the receipts of batches that were taken over, this node's own and the others', and handing in the confirmation
// when enough stand under one root. Does not own: taking over (reshare-taking.ts).
import {
  actionOf,
  BATCHES,
  CONFIRMED_BATCHES_MAX,
  type ConfirmedBatch,
  type CustodyEpoch,
  currentEpoch,
  custodyEpoch,
  type Hex32,
  type Hex64,
  type Receipt,
  type ReceiptStatement,
  readRow,
  receiptsNeeded,
  type StateReader,
  type Verify,
  verifyReceipt,
} from '@consilium/core';
import {
  CONFIRM_BYTES_MAX,
  CONFIRM_STEP_MS,
  PACKAGES_ASIDE_MAX,
  RESHARE_RECEIPTS_MAX,
  RESHARE_SUBMIT_AGAIN_MS,
  RESHARE_TELL_AGAIN_MS,
} from '../limits.ts';
import type { ReceiptMessage } from '../messages/custody.ts';
import type { Clock, Peers } from '../ports.ts';
import type { CustodyDeps, Send } from './types.ts';

export interface ReshareReceiptsDeps {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly state: StateReader;
  readonly verify: Verify;
  readonly clock: Clock;
  readonly net: Pick<Peers, 'penalize'>;
  readonly send: Send;
  readonly receipt: (statement: ReceiptStatement, done: (signature: Hex64 | undefined) => void) => void;
  readonly submit: CustodyDeps['submit'];
  /** A custodian signed another root than this node: one of the dealers told the two of them different things. */
  readonly disagrees: (peer: Hex32, batch: Hex32) => void;
}

interface Held {
  readonly root: Hex32;
  readonly signature: Hex64;
}

interface Collected {
  /** A custodian may have signed for several roots: as dealers are convicted, it takes over anew. */
  readonly byIndex: Map<number, readonly Held[]>;
  /** Root of this node's own receipt. */
  own: Hex32 | undefined;
  toldMs: number;
  enoughMs: number | undefined;
  submittedMs: number;
}

/** Bytes of a receipt and of a batch in a confirmation, with room. */
const RECEIPT_BYTES = 100;
const BATCH_BYTES = 128;

export class ReshareReceipts {
  readonly #deps: ReshareReceiptsDeps;
  readonly #batches = new Map<Hex32, Collected>();
  #epoch = 0;

  constructor(deps: ReshareReceiptsDeps) {
    this.#deps = deps;
  }

  get awaited(): number {
    return this.batches().length;
  }

  /** Taken over here, and not confirmed yet. */
  batches(): readonly Hex32[] {
    return [...this.#batches].filter(([, { own }]) => own !== undefined).map(([batch]) => batch);
  }

  has(batch: Hex32): boolean {
    return this.#batches.get(batch)?.own !== undefined;
  }

  /** What was collected for another epoch is worth nothing. */
  begin(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#batches.clear();
  }

  /** This node holds new shares of the batch, durably. `done`: false when its receipt could not be signed now. */
  own(batch: Hex32, root: Hex32, done: (isSigned: boolean) => void): void {
    const index = this.#recipients().findIndex(({ id }) => id === this.#deps.self) + 1;
    const row = readRow(this.#deps.state, BATCHES, batch);
    if (index === 0 || row === undefined) return done(true);
    const epoch = this.#epoch;
    const { patient, author, count } = row;
    this.#deps.receipt({ patient, author, batch, epoch, root, count }, (signature) => {
      if (signature !== undefined && epoch === this.#epoch) this.#sign(batch, index, { root, signature });
      done(signature !== undefined);
    });
  }

  #sign(batch: Hex32, index: number, { root, signature }: Held): void {
    const collected = this.#batches.get(batch) ?? this.#collect(batch);
    collected.own = root;
    add(collected, index, { root, signature });
    this.#tell(batch, collected);
    this.#count(collected);
    for (const [other, held] of collected.byIndex)
      if (held.at(-1)?.root !== root) this.#deps.disagrees(this.#recipients()[other - 1]?.id as Hex32, batch);
  }

  received(peer: Hex32, { batch, epoch, root, index, signature }: ReceiptMessage): void {
    const { state, verify, genesisHash, net, disagrees } = this.#deps;
    const row = readRow(state, BATCHES, batch);
    if (row === undefined || epoch !== currentEpoch(state) || row.epoch >= epoch) return;
    this.begin(epoch);
    const custodian = this.#recipients()[index - 1];
    const last = this.#batches.get(batch)?.byIndex.get(index)?.at(-1);
    // Receipts are told again and again: the one that was verified last is not verified again.
    if (custodian?.id === peer && last?.root === root && last.signature === signature) return;
    const { patient, author, count } = row;
    const statement = { patient, author, batch, epoch, root, count };
    const isRight =
      custodian?.id === peer &&
      verifyReceipt(verify, genesisHash, custodian.signingKey, statement, signature);
    if (!isRight) return net.penalize(peer, 'custody.receipt-false');
    const collected = this.#of(batch);
    if (collected === undefined) return;
    const isNew = add(collected, index, { root, signature });
    this.#count(collected);
    if (isNew && collected.own !== undefined && collected.own !== root) disagrees(peer, batch);
  }

  /** Whether so many agree that the batch needs nothing more of this node. */
  isEnough(batch: Hex32): boolean {
    const collected = this.#batches.get(batch);
    return collected?.own !== undefined && this.#sufficient(collected) !== undefined;
  }

  /** Its own shares of the batch are not those that are wanted by now. What was signed stays signed. */
  withdraw(batch: Hex32): void {
    const collected = this.#batches.get(batch);
    if (collected !== undefined) collected.own = undefined;
  }

  /** The ledger has decided. */
  forget(batch: Hex32): void {
    this.#batches.delete(batch);
  }

  tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [batch, collected] of this.#batches)
      if (collected.own !== undefined && nowMs >= collected.toldMs + RESHARE_TELL_AGAIN_MS)
        this.#tell(batch, collected);
    this.#submitDue(nowMs);
  }

  #recipients(): CustodyEpoch['custodians'] {
    return custodyEpoch(this.#deps.state, this.#epoch)?.custodians ?? [];
  }

  /** Of others' receipts only so many are kept; they are sent again. */
  #of(batch: Hex32): Collected | undefined {
    const known = this.#batches.get(batch);
    if (known !== undefined || this.#batches.size >= RESHARE_RECEIPTS_MAX) return known;
    return this.#collect(batch);
  }

  #collect(batch: Hex32): Collected {
    const collected: Collected = {
      byIndex: new Map(),
      own: undefined,
      toldMs: 0,
      enoughMs: undefined,
      submittedMs: Number.NEGATIVE_INFINITY,
    };
    this.#batches.set(batch, collected);
    return collected;
  }

  #tell(batch: Hex32, collected: Collected): void {
    collected.toldMs = this.#deps.clock.monotonicMs();
    const recipients = this.#recipients();
    const index = recipients.findIndex(({ id }) => id === this.#deps.self) + 1;
    const held = collected.byIndex.get(index)?.at(-1);
    if (held === undefined) return;
    for (const { id } of recipients)
      if (id !== this.#deps.self)
        this.#deps.send(id, { type: 'receipt', batch, epoch: this.#epoch, index, ...held });
  }

  #count(collected: Collected): void {
    const isEnough = this.#sufficient(collected) !== undefined;
    if (isEnough) collected.enoughMs ??= this.#deps.clock.monotonicMs();
    else collected.enoughMs = undefined;
  }

  /** As many receipts as are needed, under one root. */
  #sufficient({ byIndex }: Collected): { root: Hex32; receipts: readonly Receipt[] } | undefined {
    const needed = receiptsNeeded(this.#recipients().length);
    const sorted = [...byIndex].sort(([a], [b]) => a - b);
    const all = sorted.flatMap(([index, held]) => held.map((each) => ({ index, ...each })));
    for (const [root, group] of Map.groupBy(all, (each) => each.root)) {
      if (group.length < needed) continue;
      const receipts = group.slice(0, needed).map(({ index, signature }) => ({ index, signature }));
      return { root, receipts };
    }
    return undefined;
  }

  /** The lower the index, the sooner; whoever is later finds them confirmed. */
  #submitDue(nowMs: number): void {
    const recipients = this.#recipients();
    const index = recipients.findIndex(({ id }) => id === this.#deps.self);
    if (index < 0) return;
    const due: [Collected, ConfirmedBatch][] = [];
    for (const [batch, collected] of this.#batches) {
      const { enoughMs, submittedMs } = collected;
      if (enoughMs === undefined || nowMs < enoughMs + index * CONFIRM_STEP_MS) continue;
      if (nowMs < submittedMs + RESHARE_SUBMIT_AGAIN_MS) continue;
      const sufficient = this.#sufficient(collected);
      if (sufficient !== undefined) due.push([collected, { batch, ...sufficient }]);
    }
    const bytesEach = BATCH_BYTES + RECEIPT_BYTES * receiptsNeeded(recipients.length);
    const countMax = Math.min(CONFIRMED_BATCHES_MAX, Math.floor(CONFIRM_BYTES_MAX / bytesEach));
    for (let at = 0; at < due.length; at += countMax) {
      const part = due.slice(at, at + countMax);
      for (const [collected] of part) collected.submittedMs = nowMs;
      const batches = part.map(([, confirmed]) => confirmed);
      this.#deps.submit(actionOf('custody.confirm', { epoch: this.#epoch, batches }));
    }
  }
}

/** Whether it is one that was not known. */
function add({ byIndex }: Collected, index: number, held: Held): boolean {
  const known = byIndex.get(index) ?? [];
  if (known.at(-1)?.root === held.root) return false;
  const others = known.filter(({ root }) => root !== held.root);
  byIndex.set(index, [...others, held].slice(-PACKAGES_ASIDE_MAX));
  return true;
}
