import { describe, expect, test } from 'vitest';
import { createLimiter } from '../../../src/vault/limiter.ts';

describe('the limit of reads at once', () => {
  test('is kept, every one is begun in its order, and idle comes after the last', async () => {
    const limiter = createLimiter(3);
    const begun: number[] = [];
    let [active, most] = [0, 0];
    const add = (number: number): void =>
      limiter.run(async () => {
        begun.push(number);
        active += 1;
        most = Math.max(most, active);
        for (let turn = 0; turn < number % 5; turn += 1) await Promise.resolve();
        active -= 1;
        // From within the work as well, when its worker is about to find nothing.
        if (number < 10) add(number + 100);
      });
    for (let number = 0; number < 20; number += 1) add(number);
    await limiter.idle();
    expect(begun.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(begun.length).toBe(30);
    expect([active, most]).toEqual([0, 3]);
    add(50);
    await limiter.idle();
    expect(begun.at(-1)).toBe(50);
  });
});
