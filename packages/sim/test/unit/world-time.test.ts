import { describe, expect, test } from 'vitest';
import { createLife } from '../../src/world/life.ts';
import { createPrng } from '../../src/world/prng.ts';
import { createScheduler } from '../../src/world/scheduler.ts';
import { createSimClock, WORLD_START_MS } from '../../src/world/sim-clock.ts';

const never = (): boolean => false;

describe('simulated time', () => {
  test('events run by due time, and those of one time in the order of asking', () => {
    const scheduler = createScheduler();
    const ran: string[] = [];
    const at = (us: number, name: string): void => {
      scheduler.after(us, () => ran.push(`${name}@${scheduler.nowUs()}`));
    };
    at(30, 'c');
    at(10, 'a');
    at(30, 'd');
    at(10, 'b');
    at(-5, 'now');
    expect(scheduler.run(never, 100)).toBe(false);
    expect(ran).toEqual(['now@0', 'a@10', 'b@10', 'c@30', 'd@30']);
    expect(scheduler.eventCount()).toBe(5);
  });

  test('many events in drawn order come out sorted', () => {
    const scheduler = createScheduler();
    const prng = createPrng(1);
    const seen: number[] = [];
    for (let count = 0; count < 2_000; count += 1)
      scheduler.after(prng.below(500), () => seen.push(scheduler.nowUs()));
    scheduler.run(never, 1_000);
    expect(seen).toHaveLength(2_000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test('a run stops when what it waits for is true, or at its limit, and goes on from there', () => {
    const scheduler = createScheduler();
    let count = 0;
    const tick = (): void => {
      count += 1;
      scheduler.after(10, tick);
    };
    tick();
    expect(scheduler.run(() => count === 4, 1_000)).toBe(true);
    expect([count, scheduler.nowUs()]).toEqual([4, 30]);
    expect(scheduler.run(never, 55)).toBe(false);
    expect([count, scheduler.nowUs()]).toEqual([6, 50]);
  });

  test('a cancelled event, and one of a life that has ended, does not happen', () => {
    const scheduler = createScheduler();
    const life = createLife(scheduler);
    const ran: string[] = [];
    life.after(5, () => ran.push('early'));
    life.after(5, () => ran.push('cancelled'))();
    life.after(20, () => ran.push('late'));
    scheduler.after(10, () => life.end());
    scheduler.run(never, 100);
    expect(ran).toEqual(['early']);
    expect(life.isAlive()).toBe(false);
  });

  test('a timer never fires before its time: who waits for the rest of a wait, however small, is done', () => {
    const scheduler = createScheduler();
    scheduler.after(1_068_237, () => undefined);
    scheduler.run(never, 1_068_237);
    const clock = createSimClock(scheduler, createLife(scheduler), { offsetMs: 0 });
    // In binary fractions the sum is a little more than the clock will show after as many microseconds.
    for (const waitMs of [2_000, 5_000, 0.0004]) {
      const dueMs = clock.monotonicMs() + waitMs;
      let looks = 0;
      let done = false;
      const look = (): void => {
        looks += 1;
        if (clock.monotonicMs() >= dueMs) done = true;
        else if (looks < 10) clock.after(dueMs - clock.monotonicMs(), look);
      };
      look();
      scheduler.run(never, Number.MAX_SAFE_INTEGER);
      expect(done).toBe(true);
    }
  });

  test('a wall clock may be off and may jump; the monotonic one does not', () => {
    const scheduler = createScheduler();
    const fault = { offsetMs: -250 };
    const clock = createSimClock(scheduler, createLife(scheduler), fault);
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([WORLD_START_MS - 250, 0]);
    let firedAtMs = 0;
    clock.after(40, () => {
      firedAtMs = clock.monotonicMs();
      fault.offsetMs = 9_000;
    });
    scheduler.run(never, 100_000);
    expect(firedAtMs).toBe(40);
    expect(clock.wallMs()).toBe(WORLD_START_MS + 9_040);
  });
});

describe('a clock', () => {
  test('wakes nobody before the moment that was waited for, not by a rounding error either', () => {
    const scheduler = createScheduler();
    const clock = createSimClock(scheduler, createLife(scheduler), { offsetMs: 0 });
    scheduler.after(5_360_307, () => undefined);
    scheduler.run(() => false, Number.MAX_SAFE_INTEGER);
    // What is due at such a moment was reckoned by sums of fractions.
    const dueMs = clock.monotonicMs() + 1e-12;
    expect(dueMs).toBeGreaterThan(clock.monotonicMs());
    let wakings = 0;
    const wait = (): void => {
      wakings += 1;
      const leftMs = dueMs - clock.monotonicMs();
      if (leftMs > 0 && wakings < 10) clock.after(leftMs, wait);
    };
    wait();
    scheduler.run(() => false, Number.MAX_SAFE_INTEGER);
    expect(wakings).toBe(2);
  });
});

describe('chance', () => {
  test('the same seed and name give the same draws, another seed or name others', () => {
    const draws = (seed: number, name: string): number[] => {
      const prng = createPrng(seed).fork(name);
      return Array.from({ length: 20 }, () => prng.below(1_000_000));
    };
    expect(draws(7, 'net')).toEqual(draws(7, 'net'));
    expect(draws(7, 'net')).not.toEqual(draws(8, 'net'));
    expect(draws(7, 'net')).not.toEqual(draws(7, 'disk'));
    expect(draws(7 + 2 ** 33, 'net')).not.toEqual(draws(7, 'net'));
  });

  test('one concern drawing more does not shift another', () => {
    const root = createPrng(3);
    const quiet = root.fork('a').below(1e9);
    const noisy = createPrng(3);
    const other = noisy.fork('b');
    for (let count = 0; count < 100; count += 1) other.below(10);
    expect(noisy.fork('a').below(1e9)).toBe(quiet);
  });

  test('draws stay in their range and reach all of it', () => {
    const prng = createPrng(42);
    const counts = new Map<number, number>();
    for (let count = 0; count < 6_000; count += 1) {
      const drawn = prng.between(1, 6);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    expect(prng.chance(0)).toBe(false);
    expect(prng.chance(1)).toBe(true);
    expect(prng.bytes(33)).toHaveLength(33);
  });
});
