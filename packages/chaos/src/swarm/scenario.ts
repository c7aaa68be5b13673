// Owns: what kind of network a seed gets: how many hospitals, whether the set changes, who is hostile, which
// signatures.

import { faultyMax } from '@consilium/core';
import { createPrng, type Prng, type SignatureKind } from '@consilium/sim';

export interface Scenario {
  readonly founders: number;
  /** Hospitals that may be admitted on the way. */
  readonly guests: number;
  readonly setChanges: boolean;
  /** How many founders, the last ones, an adversary holds. */
  readonly hostile: number;
  readonly signatures: SignatureKind;
}

/** One seed in so many runs real Ed25519. */
const REAL_KEYS_EVERY = 100;

export function drawScenario(seed: number): Scenario {
  const prng = createPrng(seed, 'scenario');
  const signatures = seed % REAL_KEYS_EVERY === 0 ? 'real' : 'fast';
  const founders = drawFounders(prng, signatures);
  const setChanges = prng.chance(0.2);
  const guests = setChanges ? prng.between(1, 2) : 0;
  // A set that shrinks bears fewer of them: it never falls below four, which bear one.
  const bearable = setChanges ? 1 : faultyMax(founders);
  const hostile = prng.chance(0.25) ? prng.between(1, bearable) : 0;
  return { founders, guests, setChanges, hostile, signatures };
}

/** Votes grow with the square: most seeds run the smallest network that bears a fault. */
function drawFounders(prng: Prng, signatures: SignatureKind): number {
  return signatures === 'fast' && prng.chance(0.1) ? prng.between(5, 7) : 4;
}
