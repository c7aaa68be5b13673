// Owns: a bounded memory of the latest entries, in two generations: when the young one is full, the old one is dropped
// whole. (One map that drops its oldest key at each entry walks over the holes that it leaves.)
export interface Generations<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** Holds at most `countMax` entries, and always the latest half of that. */
export function createGenerations<V>(countMax: number): Generations<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set: (key, value) => {
      young.set(key, value);
      old.delete(key);
      if (young.size < countMax / 2) return;
      old = young;
      young = new Map();
    },
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
  };
}
