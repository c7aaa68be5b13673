// Owns: what waits to be checked, bounded per source and served in turn, so that no source can crowd out another.
// A source is a peer or this node's own door: the sender a transaction names is not proven yet, so it counts for nothing.
export interface Queued {
  readonly bytes: Uint8Array;
}

export interface SourceLimits {
  readonly countMax: number;
  readonly bytesMax: number;
}

interface Source<T> {
  /** In the order of arrival; those before `head` were taken. */
  items: T[];
  head: number;
  count: number;
  bytes: number;
}

const COMPACT_AT = 1_024;

export class SourceQueue<T extends Queued> {
  readonly #limits: SourceLimits;
  /** The source whose turn is next comes first. */
  readonly #sources = new Map<string, Source<T>>();
  readonly #sourceOf = new Map<T, string>();
  readonly #urgent: T[] = [];

  constructor(limits: SourceLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#sourceOf.size;
  }

  /** False when the source has its fill. */
  push(name: string, item: T): boolean {
    const source = this.#sources.get(name) ?? { items: [], head: 0, count: 0, bytes: 0 };
    const { countMax, bytesMax } = this.#limits;
    if (source.count >= countMax || source.bytes + item.bytes.length > bytesMax) return false;
    this.#sources.set(name, source);
    this.#sourceOf.set(item, name);
    source.items.push(item);
    source.count += 1;
    source.bytes += item.bytes.length;
    return true;
  }

  /** This item is taken before all others. */
  hurry(item: T): void {
    if (this.#sourceOf.has(item)) this.#urgent.push(item);
  }

  take(): T | undefined {
    const item = this.#nextUrgent() ?? this.#nextInTurn();
    if (item !== undefined) this.#settle(item);
    return item;
  }

  #nextUrgent(): T | undefined {
    let item = this.#urgent.shift();
    while (item !== undefined && !this.#sourceOf.has(item)) item = this.#urgent.shift();
    return item;
  }

  #nextInTurn(): T | undefined {
    for (const [name, source] of this.#sources) {
      this.#sources.delete(name);
      this.#sources.set(name, source);
      const item = this.#firstOf(source);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  #firstOf(source: Source<T>): T | undefined {
    while (source.head < source.items.length) {
      const item = source.items[source.head] as T;
      source.head += 1;
      if (this.#sourceOf.has(item)) return item;
    }
    return undefined;
  }

  #settle(item: T): void {
    const name = this.#sourceOf.get(item) as string;
    const source = this.#sources.get(name) as Source<T>;
    this.#sourceOf.delete(item);
    source.count -= 1;
    source.bytes -= item.bytes.length;
    if (source.count === 0) this.#sources.delete(name);
    if (source.head >= COMPACT_AT) source.items.splice(0, source.head);
    if (source.items.length === 0 || source.head >= COMPACT_AT) source.head = 0;
  }
}
