// Owns: whether a history of operations on one object fits one order: each takes effect at one moment between its call and
// its return (Herlihy and Wing 1990). The search is that of Wing and Gong (1993) with the memory of Lowe (2017): orders that
// lead to the same operations done and the same state are tried once. Bounded in steps, so that it is the same everywhere.

export interface Interval<Operation> {
  readonly operation: Operation;
  readonly calledMs: number;
  /** undefined: it never returned. It may take effect at any time after its call, or never. */
  readonly returnedMs: number | undefined;
}

export type Linearized<Operation> =
  | { readonly verdict: 'pass'; readonly order: readonly Operation[]; readonly steps: number }
  /** `stuck`: an operation that fits in no place behind the longest order that was found. */
  | { readonly verdict: 'fail'; readonly stuck: Operation; readonly steps: number }
  /** The budget ran out: nobody knows. */
  | { readonly verdict: 'unknown'; readonly steps: number };

export interface Model<State extends string, Operation> {
  readonly initial: State;
  /** undefined: it could not have taken effect in this state. */
  step(state: State, operation: Operation): State | undefined;
}

/** Two operations are ordered only when one returned before the other was called: equal times overlap. */
export function linearize<State extends string, Operation>(
  intervals: readonly Interval<Operation>[],
  model: Model<State, Operation>,
  stepsMax: number,
): Linearized<Operation> {
  const sorted = intervals.toSorted((a, b) => a.calledMs - b.calledMs);
  const path = createPath(sorted, model);
  let deepest = { length: -1, stuck: 0 };
  let from = 0;
  for (let steps = 0; steps < stepsMax; steps += 1) {
    if (path.isComplete()) return { verdict: 'pass', order: path.order(), steps };
    const { moved, barrier } = path.advance(from);
    if (moved) {
      from = 0;
      continue;
    }
    if (path.length() > deepest.length) deepest = { length: path.length(), stuck: barrier };
    const undone = path.back();
    if (undone === undefined) return { verdict: 'fail', stuck: operationAt(sorted, deepest.stuck), steps };
    from = undone + 1;
  }
  return { verdict: 'unknown', steps: stepsMax };
}

interface Advance {
  readonly moved: boolean;
  /** The first operation to return of those that are not done: what comes next must come before its return. */
  readonly barrier: number;
}

/** The order so far, and where it has been. */
interface Path<Operation> {
  /** Every operation that returned has its place. */
  isComplete(): boolean;
  order(): readonly Operation[];
  length(): number;
  /** Appends the first operation from index `from` on that may be next and leads to somewhere new. */
  advance(from: number): Advance;
  /** Takes the last one away again, and gives its index. */
  back(): number | undefined;
}

function createPath<State extends string, Operation>(
  sorted: readonly Interval<Operation>[],
  model: Model<State, Operation>,
): Path<Operation> {
  const moves: { readonly index: number; readonly before: State }[] = [];
  const done = createBits(sorted.length);
  const tried = new Set<string>();
  let owed = sorted.filter(isOwed).length;
  let state = model.initial;

  const tryMove = (index: number): boolean => {
    const after = model.step(state, operationAt(sorted, index));
    if (after === undefined) return false;
    done.flip(index);
    const place = `${after} ${done.text()}`;
    if (tried.has(place)) {
      done.flip(index);
      return false;
    }
    tried.add(place);
    moves.push({ index, before: state });
    state = after;
    if (isOwed(intervalAt(sorted, index))) owed -= 1;
    return true;
  };

  const advance = (from: number): Advance => {
    let firstReturnMs = Number.POSITIVE_INFINITY;
    let barrier = 0;
    // Sorted by call: what comes later in the list returns after this one's call, and cannot bar it.
    for (let index = done.firstUnset(); index < sorted.length; index += 1) {
      const { calledMs, returnedMs = Number.POSITIVE_INFINITY } = intervalAt(sorted, index);
      if (calledMs > firstReturnMs) break;
      if (done.has(index)) continue;
      if (returnedMs < firstReturnMs) {
        firstReturnMs = returnedMs;
        barrier = index;
      }
      if (index >= from && tryMove(index)) return { moved: true, barrier };
    }
    return { moved: false, barrier };
  };

  const back = (): number | undefined => {
    const last = moves.pop();
    if (last === undefined) return undefined;
    done.flip(last.index);
    state = last.before;
    if (isOwed(intervalAt(sorted, last.index))) owed += 1;
    return last.index;
  };

  return {
    isComplete: () => owed === 0,
    order: () => moves.map(({ index }) => operationAt(sorted, index)),
    length: () => moves.length,
    advance,
    back,
  };
}

interface Bits {
  has(index: number): boolean;
  flip(index: number): void;
  firstUnset(): number;
  /** Equal for equal bits. */
  text(): string;
}

const WORD_BITS = 16;

function createBits(count: number): Bits {
  const words = new Uint16Array(Math.ceil(count / WORD_BITS));
  let low = 0;
  const has = (index: number): boolean =>
    (((words[Math.floor(index / WORD_BITS)] ?? 0) >> (index % WORD_BITS)) & 1) === 1;
  return {
    has,
    flip: (index) => {
      const word = Math.floor(index / WORD_BITS);
      words[word] = (words[word] ?? 0) ^ (1 << (index % WORD_BITS));
      low = Math.min(low, index);
    },
    firstUnset: () => {
      while (low < count && has(low)) low += 1;
      return low;
    },
    text: () => words.reduce((text, word) => text + String.fromCharCode(word), ''),
  };
}

function isOwed({ returnedMs }: Interval<unknown>): boolean {
  return returnedMs !== undefined;
}

function intervalAt<Operation>(sorted: readonly Interval<Operation>[], index: number): Interval<Operation> {
  const interval = sorted[index];
  if (interval === undefined) throw new TypeError('no such operation');
  return interval;
}

function operationAt<Operation>(sorted: readonly Interval<Operation>[], index: number): Operation {
  return intervalAt(sorted, index).operation;
}
