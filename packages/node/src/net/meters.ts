// Owns: the arithmetic of rates, penalties and delays. Time comes in as an argument. Does not own: what a breach leads to.

/** Allows `burst` at once and `perSecond` on average. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes what was used already. Returns the milliseconds until the debt is paid: 0 within the bound. */
  take(amount: number, nowMs: number): number {
    const refilled = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + refilled) - amount;
    this.#atMs = nowMs;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1000);
  }
}

/** A sum of penalties of which half is forgiven in each half-life. */
export class DecayingScore {
  readonly #halfLifeMs: number;
  #score = 0;
  #atMs = 0;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  add(weight: number, nowMs: number): number {
    this.#score = this.#score * 0.5 ** ((nowMs - this.#atMs) / this.#halfLifeMs) + weight;
    this.#atMs = nowMs;
    return this.#score;
  }

  reset(): void {
    this.#score = 0;
  }
}

/** Doubles from `min` to `max` with the number of failures; a drawn part is taken off. `draw` is in [0, 1). */
export function backoffMs(
  failures: number,
  bounds: { readonly min: number; readonly max: number; readonly jitter: number },
  draw: number,
): number {
  const full = Math.min(bounds.max, bounds.min * 2 ** Math.min(failures, 30));
  return Math.round(full * (1 - bounds.jitter * draw));
}
