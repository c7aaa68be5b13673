// Owns: evidence that waits for a block: one item for each validator, so that its size is bounded by the set.
import { accusedOf, type Evidence, type Hex32 } from '@consilium/core';
import { PENDING_EVIDENCE_MAX } from '../limits.ts';

export class EvidencePool {
  readonly #byAccused = new Map<Hex32, Evidence>();

  /** False when this validator is accused here already, or the pool is full. */
  add(evidence: Evidence): boolean {
    const accused = accusedOf(evidence);
    if (this.#byAccused.has(accused) || this.#byAccused.size >= PENDING_EVIDENCE_MAX) return false;
    this.#byAccused.set(accused, evidence);
    return true;
  }

  accuses(validator: Hex32): boolean {
    return this.#byAccused.has(validator);
  }

  pending(): readonly Evidence[] {
    return [...this.#byAccused.values()];
  }

  remove(evidence: Evidence): void {
    this.#byAccused.delete(accusedOf(evidence));
  }

  /** After a commit: keeps what may still stand in a block. */
  keep(isUsable: (evidence: Evidence) => boolean): void {
    for (const evidence of this.pending()) if (!isUsable(evidence)) this.remove(evidence);
  }
}
