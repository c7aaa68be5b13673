// Owns: which directed pairs of nodes a network fault touches, in either world. Does not own: what it does to them (the
// worlds).

/** Names: from, to. */
export type Pair = readonly [string, string];

/** `names`: all, in the order in which halves and rings are made of them. */
export type Shape = (names: readonly string[], targets: readonly string[]) => readonly Pair[];

/** Every link of a target, to other targets as well: each stands alone. */
export function around(names: readonly string[], targets: readonly string[]): readonly Pair[] {
  return allPairs(names).filter(([from, to]) => targets.includes(from) || targets.includes(to));
}

/** What the targets send. */
export function outOf(names: readonly string[], targets: readonly string[]): readonly Pair[] {
  return allPairs(names).filter(([from]) => targets.includes(from));
}

/** Between the first half and the rest. */
export function betweenHalves(order: readonly string[]): readonly Pair[] {
  const first = order.slice(0, Math.ceil(order.length / 2));
  return allPairs(order).filter(([from, to]) => first.includes(from) !== first.includes(to));
}

/** All but those between neighbours in a ring of this order. */
export function besideRing(order: readonly string[]): readonly Pair[] {
  const place = (name: string): number => order.indexOf(name);
  return allPairs(order).filter(([from, to]) => {
    const apart = Math.abs(place(from) - place(to));
    return apart !== 1 && apart !== order.length - 1;
  });
}

/** Between two halves of those that are no bridge. */
export function betweenHalvesButBridge(
  order: readonly string[],
  bridges: readonly string[],
): readonly Pair[] {
  return betweenHalves(order.filter((name) => !bridges.includes(name)));
}

function allPairs(names: readonly string[]): readonly Pair[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to): Pair => [from, to]));
}
