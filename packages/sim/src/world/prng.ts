// Owns: the one source of chance of a simulated run: sfc32 (Chris Doty-Humphrey, PractRand), seeded by a number. The same
// seed gives the same draws on every machine.

export interface Prng {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** A generator of its own for one concern, so that another concern's draws do not shift it. */
  fork(name: string): Prng;
}

export function createPrng(seed: number, stream = ''): Prng {
  let [a, b, c] = [0x9e3779b9 ^ Math.floor(seed / 2 ** 32), seed >>> 0, textSeed(stream)];
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 16; warmUp += 1) next();
  const fraction = (): number => next() / 2 ** 32;
  const below = (bound: number): number => Math.floor(fraction() * bound);
  return {
    fraction,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => fraction() < probability,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    fork: (name) => createPrng(seed, `${stream}/${name}`),
  };
}

/** FNV-1a of the text. */
function textSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
