// Owns: simulated time and the order of everything that happens in it: by due time, then by order of asking.
// Times are integer microseconds since the start of the run.
import type { Cancel } from '@consilium/node/replica';

export interface Scheduler {
  nowUs(): number;
  after(delayUs: number, fire: () => void): Cancel;
  /** Runs events until `isDone`, or until none is left, or past `limitUs`. Returns whether `isDone` came true. */
  run(isDone: () => boolean, limitUs: number): boolean;
  /** Events that have run so far. */
  eventCount(): number;
}

interface Event {
  readonly dueUs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

export function createScheduler(): Scheduler {
  const heap: Event[] = [];
  let nowUs = 0;
  let order = 0;
  let ran = 0;

  const after = (delayUs: number, fire: () => void): Cancel => {
    const event: Event = { dueUs: nowUs + Math.max(0, Math.round(delayUs)), order, fire };
    order += 1;
    push(heap, event);
    return () => {
      event.fire = undefined;
    };
  };

  const run = (isDone: () => boolean, limitUs: number): boolean => {
    while (!isDone()) {
      const event = heap[0];
      if (event === undefined || event.dueUs > limitUs) return isDone();
      pop(heap);
      if (event.fire === undefined) continue;
      nowUs = event.dueUs;
      ran += 1;
      event.fire();
    }
    return true;
  };

  return { nowUs: () => nowUs, after, run, eventCount: () => ran };
}

function isBefore(a: Event, b: Event): boolean {
  return a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Event;
    if (!isBefore(event, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as Event, heap[left] as Event) ? right : left;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[index] = heap[child] as Event;
    index = child;
  }
  heap[index] = last;
}
