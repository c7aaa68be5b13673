// Owns: the one queue with one consumer. A task ends by calling `done`; until then the next one waits. Tasks that end at
// once run in a loop, not in a growing stack.

export type Task = (done: () => void) => void;

export class TaskQueue {
  readonly #tasks: Task[] = [];
  readonly #afterEach: () => void;
  #busy = false;
  #draining = false;
  #stopped = false;

  /** `afterEach` runs when a task has ended: what a turn gathered is sent. */
  constructor(afterEach: () => void) {
    this.#afterEach = afterEach;
  }

  get length(): number {
    return this.#tasks.length;
  }

  enqueue(task: Task): void {
    if (this.#stopped) return;
    this.#tasks.push(task);
    this.#drain();
  }

  /** Nothing runs any more; what is under way ends into nothing. */
  stop(): void {
    this.#stopped = true;
    this.#tasks.length = 0;
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let task = this.#next(); task !== undefined; task = this.#next()) this.#run(task);
    this.#draining = false;
  }

  #next(): Task | undefined {
    return this.#busy || this.#stopped ? undefined : this.#tasks.shift();
  }

  #run(task: Task): void {
    this.#busy = true;
    let ended = false;
    task(() => {
      if (ended) throw new Error('invariant: a task ended twice');
      ended = true;
      this.#busy = false;
      if (this.#stopped) return;
      this.#afterEach();
      this.#drain();
    });
  }
}

/**
 * One after the other, however many: an `act` that calls its `next` at once does not deepen the stack. `done` when all
 * have ended.
 */
export function eachInTurn<T>(
  items: readonly T[],
  act: (item: T, next: () => void) => void,
  done: () => void,
): void {
  let index = 0;
  let looping = false;
  let ended = true;
  const loop = (): void => {
    ended = true;
    if (looping) return;
    looping = true;
    while (ended && index < items.length) {
      ended = false;
      index += 1;
      act(items[index - 1] as T, loop);
    }
    looping = false;
    if (ended) done();
  };
  loop();
}
