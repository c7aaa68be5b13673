// Owns: messages of heights that have not begun here. Bounded per delivering peer, so that a flood of one pushes out only
// its own. What is dropped comes again by the exchange of status (rule 16).
import type { Hex32 } from '@consilium/core';
import { FUTURE_HEIGHTS_MAX } from '../limits.ts';

export interface Delivered<M> {
  readonly peer: Hex32;
  readonly message: M;
  readonly arrivalMs: number;
}

export class FutureBuffer<M> {
  readonly #perHeightMax: number;
  readonly #byPeer = new Map<Hex32, Map<number, Delivered<M>[]>>();

  /** `perHeightMax`: messages of one height kept for one peer. */
  constructor(perHeightMax: number) {
    this.#perHeightMax = perHeightMax;
  }

  /** Keeps a message of `height`, which is above `running`; the oldest of the same peer and height makes room. */
  keep(running: number, height: number, delivered: Delivered<M>): void {
    if (height <= running || height > running + FUTURE_HEIGHTS_MAX) return;
    const heights = this.#byPeer.get(delivered.peer) ?? new Map<number, Delivered<M>[]>();
    this.#byPeer.set(delivered.peer, heights);
    const kept = heights.get(height) ?? [];
    heights.set(height, [...(kept.length < this.#perHeightMax ? kept : kept.slice(1)), delivered]);
  }

  /** Takes out what was kept for the height that begins, and forgets what lies below it. */
  begin(height: number): Delivered<M>[] {
    const due: Delivered<M>[] = [];
    for (const heights of this.#byPeer.values()) {
      due.push(...(heights.get(height) ?? []));
      for (const kept of heights.keys()) if (kept <= height) heights.delete(kept);
    }
    return due;
  }

  forget(peer: Hex32): void {
    this.#byPeer.delete(peer);
  }
}
