// Owns: that after a start nothing is signed before this node has heard from a quorum how far the chain is, and stands
// there itself (docs/protocol.md 4.8): a home that was put back whole, but old, cannot tell by itself. Once per start.
// Does not own: the record (signer.ts), the watch of a doubtful one (guard.ts), fetching what is missing (sync/).
import {
  type ErrorCode,
  type Hex32,
  type Hex64,
  isQuorum,
  isSupport,
  totalPower,
  type ValidatorSet,
} from '@consilium/core';
import { CLAIM_PROOF_MS, OBSERVE_MS_MIN } from '../limits.ts';
import type { Cancel, Clock, Report } from '../ports.ts';

export interface ArrivalDeps {
  readonly self: Hex32;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly report: Report;
  readonly running: () => { readonly height: number; readonly validators: ValidatorSet };
  /** The height of the latest vote or proposal of this validator that agreement took since the start. */
  readonly votedAt: (validator: Hex32) => number | undefined;
  /** From now on everything may be signed. Called once. `aheadUnproven`: somebody claims more, and did not show it. */
  readonly onOver: (height: number, aheadUnproven: boolean) => void;
}

/** The part of a signer that waits for the arrival. */
export interface Signs<Request> {
  sign(request: Request, heldByLog: boolean, done: (result: SignAnswer) => void): void;
}

type SignAnswer = { readonly signature: Hex64 } | { readonly refused: ErrorCode };

export class Arrival {
  readonly #deps: ArrivalDeps;
  readonly #startedMs: number;
  /** What each peer last said to have committed. A link that is lost since does not unsay it. */
  readonly #claims = new Map<Hex32, number>();
  #isOver = false;
  #provenFor = 0;
  #cancelProof: Cancel | undefined;
  #isProofOver = false;

  constructor(deps: ArrivalDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonicMs();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Refuses with `QUORUM_UNHEARD` until the arrival is over. */
  gate<Request>(signer: Signs<Request>): Signs<Request> {
    return {
      sign: (request, heldByLog, done) => {
        if (this.#isOver) signer.sign(request, heldByLog, done);
        else done({ refused: 'QUORUM_UNHEARD' });
      },
    };
  }

  heard(peer: Hex32, committedHeight: number): void {
    if (this.#isOver) return;
    this.#claims.set(peer, committedHeight);
    this.look();
  }

  /** After anything that may have brought it closer: a status, a commit, time. */
  look(): void {
    if (this.#isOver) return;
    const { report, running, onOver } = this.#deps;
    const { height, validators } = running();
    const total = totalPower(validators);
    const heard = totalPower(validators.filter(({ id }) => this.#isHeard(id, height)));
    if (!isQuorum(heard, total)) return;
    const ahead = totalPower(validators.filter(({ id }) => (this.#claims.get(id) ?? 0) >= height));
    if (isSupport(ahead, total)) return;
    if (ahead > 0 && !this.#isProofOverFor(height)) return;
    this.stop();
    this.#isOver = true;
    this.#claims.clear();
    report({ level: 'info', code: 'signing.quorum-heard', height, heard, total, unproven: ahead });
    onOver(height, ahead > 0);
  }

  stop(): void {
    this.#cancelProof?.();
    this.#cancelProof = undefined;
  }

  /** Who is out of reach is heard by the votes that others pass on; not at once, for votes may be old ones told again. */
  #isHeard(validator: Hex32, height: number): boolean {
    const { self, clock, votedAt } = this.#deps;
    if (validator === self || this.#claims.has(validator)) return true;
    return clock.monotonicMs() - this.#startedMs >= OBSERVE_MS_MIN && votedAt(validator) === height;
  }

  /** Each block that comes proves the claim so far, and the next one has its time. */
  #isProofOverFor(height: number): boolean {
    if (this.#provenFor === height) return this.#isProofOver;
    this.stop();
    this.#provenFor = height;
    this.#isProofOver = false;
    this.#cancelProof = this.#deps.clock.after(CLAIM_PROOF_MS, () => {
      this.#isProofOver = true;
      this.look();
    });
    return false;
  }
}
