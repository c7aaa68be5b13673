import { describe, expect, it } from 'vitest';
import { eachInTurn } from '../../../src/replica/task-queue.ts';

const MANY = Array.from({ length: 100_000 }, (_, index) => index);

describe('one after the other', () => {
  it('does not deepen the stack when each of many ends at once', () => {
    let sum = 0;
    let ends = 0;
    eachInTurn(
      MANY,
      (item, next) => {
        sum += item;
        next();
      },
      () => {
        ends += 1;
      },
    );
    expect([sum, ends]).toEqual([4_999_950_000, 1]);
  });

  it('waits for each that ends later, and keeps the order', () => {
    const begun: number[] = [];
    const waiting: (() => void)[] = [];
    let ended = false;
    eachInTurn(
      [1, 2, 3, 4],
      (item, next) => {
        begun.push(item);
        if (item % 2 === 0) next();
        else waiting.push(next);
      },
      () => {
        ended = true;
      },
    );
    expect(begun).toEqual([1]);
    waiting[0]?.();
    expect([begun, ended]).toEqual([[1, 2, 3], false]);
    waiting[1]?.();
    expect([begun, ended]).toEqual([[1, 2, 3, 4], true]);
  });

  it('ends at once when there is nothing', () => {
    let ends = 0;
    eachInTurn(
      [],
      () => undefined,
      () => {
        ends += 1;
      },
    );
    expect(ends).toBe(1);
  });
});
