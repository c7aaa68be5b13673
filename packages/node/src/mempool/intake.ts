// Owns: the way in, up to the check: ids, repeats, bounds per source, a few checks per turn, answers to who handed it
// in. Does not own: the check itself and what is kept (mempool.ts).
import {
  ConsiliumError,
  decodeTx,
  type Hex32,
  hashHex,
  type Refusal,
  TX_BYTES_MAX,
  type Tx,
} from '@consilium/core';
import {
  BAD_SIGNATURE_COST,
  CHECKS_PER_TURN,
  FLOOD_COST,
  PEER_TXS_BURST,
  PEER_TXS_PER_SECOND,
  UNCHECKED_BYTES_PER_SOURCE_MAX,
  UNCHECKED_TXS_PER_SOURCE_MAX,
} from '../limits.ts';
import type { Cancel, Clock } from '../ports.ts';
import {
  OVER_ITS_PART,
  refusalOfPeer,
  refusalThrown,
  refusedOutcome,
  type SubmitOutcome,
} from './outcomes.ts';
import { createRateBound, type RateBound } from './rate.ts';
import type { RelayedTx } from './relay.ts';
import { SourceQueue } from './source-queue.ts';

export type Answer = (outcome: SubmitOutcome) => void;

export interface IntakeDeps {
  readonly clock: Clock;
  /** The outcome of a repeat, without a check. */
  readonly outcomeOfKnown: (txId: Hex32) => SubmitOutcome | undefined;
  /** Checks and keeps it, or throws its refusal. */
  readonly admit: (tx: Tx, receivedMs: number) => void;
  readonly onRefused: (txId: Hex32, refusal: ConsiliumError) => void;
  /** Those that one turn admitted. */
  readonly onAdmitted: (txs: readonly RelayedTx[]) => void;
  readonly onPeerRefusal: (peer: Hex32, refusal: Refusal) => void;
  readonly retryMs: number;
}

interface Unchecked extends RelayedTx {
  readonly receivedMs: number;
  readonly answers: Answer[];
}

/** This node's own door among the sources; the names of peers are 64 digits long. */
const OWN_DOOR = 'own';

export class Intake {
  readonly #deps: IntakeDeps;
  readonly #rate: RateBound;
  readonly #unchecked = new Map<Hex32, Unchecked>();
  readonly #queue = new SourceQueue<Unchecked>({
    countMax: UNCHECKED_TXS_PER_SOURCE_MAX,
    bytesMax: UNCHECKED_BYTES_PER_SOURCE_MAX,
  });
  #turn: Cancel | undefined;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#rate = createRateBound(deps.clock, PEER_TXS_PER_SECOND, PEER_TXS_BURST);
  }

  stop(): void {
    this.#turn?.();
  }

  submit(bytes: Uint8Array, answer: Answer): void {
    if (bytes.length > TX_BYTES_MAX) {
      answer(this.#refused(new ConsiliumError('ENCODING_TOO_LARGE', { bytesMax: TX_BYTES_MAX })));
      return;
    }
    const id = hashHex(bytes);
    const known = this.#deps.outcomeOfKnown(id);
    const waiting = this.#unchecked.get(id);
    if (known !== undefined) answer(known);
    else if (waiting !== undefined) waiting.answers.push(answer);
    else if (
      !this.#enqueue({ id, bytes, from: null, answers: [answer], receivedMs: this.#deps.clock.wallMs() })
    )
      answer(this.#refused(new ConsiliumError('MEMPOOL_FULL')));
  }

  addFromPeer(peer: Hex32, txs: readonly Uint8Array[]): void {
    const { onPeerRefusal, outcomeOfKnown } = this.#deps;
    const receivedMs = this.#deps.clock.wallMs();
    for (const bytes of txs) {
      if (!this.#rate.take(peer, 1)) {
        onPeerRefusal(peer, refusalOfPeer('RATE_LIMITED'));
        return;
      }
      if (bytes.length > TX_BYTES_MAX) {
        onPeerRefusal(peer, refusalOfPeer('ENCODING_TOO_LARGE'));
        continue;
      }
      const id = hashHex(bytes);
      if (this.#unchecked.has(id) || outcomeOfKnown(id) !== undefined) continue;
      if (this.#enqueue({ id, bytes, from: peer, answers: [], receivedMs })) continue;
      onPeerRefusal(peer, refusalOfPeer('MEMPOOL_FULL'));
      return;
    }
  }

  has(txId: Hex32): boolean {
    return this.#unchecked.has(txId);
  }

  body(txId: Hex32): Uint8Array | undefined {
    return this.#unchecked.get(txId)?.bytes;
  }

  /** Checks this one before all others. */
  hurry(txId: Hex32): void {
    const item = this.#unchecked.get(txId);
    if (item !== undefined) this.#queue.hurry(item);
  }

  #enqueue(item: Unchecked): boolean {
    if (!this.#queue.push(item.from ?? OWN_DOOR, item)) return false;
    this.#unchecked.set(item.id, item);
    this.#schedule();
    return true;
  }

  #schedule(): void {
    this.#turn ??= this.#deps.clock.after(0, () => this.#checkSome());
  }

  #checkSome(): void {
    this.#turn = undefined;
    const admitted: Unchecked[] = [];
    for (let checks = 0; checks < CHECKS_PER_TURN; checks += 1) {
      const item = this.#queue.take();
      if (item === undefined) break;
      this.#unchecked.delete(item.id);
      if (this.#check(item)) admitted.push(item);
    }
    if (this.#queue.count > 0) this.#schedule();
    if (admitted.length > 0)
      this.#deps.onAdmitted(admitted.map(({ id, bytes, from }) => ({ id, bytes, from })));
  }

  #check(item: Unchecked): boolean {
    try {
      this.#deps.admit(decodeTx(item.bytes), item.receivedMs);
    } catch (error) {
      this.#refuse(item, refusalThrown(error));
      return false;
    }
    for (const answer of item.answers) answer({ state: 'received' });
    return true;
  }

  #refuse({ id, from, answers }: Unchecked, refusal: ConsiliumError): void {
    this.#deps.onRefused(id, refusal);
    for (const answer of answers) answer(this.#refused(refusal));
    if (from === null) return;
    if (refusal.code === 'TX_SIGNATURE_INVALID') this.#rate.charge(from, BAD_SIGNATURE_COST);
    if (refusal.data['rule'] === OVER_ITS_PART) this.#rate.charge(from, FLOOD_COST);
    this.#deps.onPeerRefusal(from, refusalOfPeer(refusal.code));
  }

  #refused(refusal: ConsiliumError): SubmitOutcome {
    return refusedOutcome(refusal, this.#deps.retryMs);
  }
}
