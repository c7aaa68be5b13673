import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOverlay, type Overlay, type StateReader, toHex } from '../../../src/index.ts';

const KEY = Uint8Array.of(1, 2, 3);
const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

function readerOf(rows: readonly [table: number, key: Uint8Array, value: Uint8Array][]): StateReader {
  const byName = new Map(rows.map(([table, key, value]) => [`${table}:${toHex(key)}`, value]));
  return { get: (table, key) => byName.get(`${table}:${toHex(key)}`) };
}

describe('an overlay', () => {
  it('reads what was written, and the base where nothing was', () => {
    const overlay = createOverlay(readerOf([[1, KEY, ONE]]));
    expect(overlay.get(1, KEY)).toEqual(ONE);
    expect(overlay.get(2, KEY)).toBeUndefined();
    overlay.put(1, KEY, TWO);
    expect(overlay.get(1, KEY)).toEqual(TWO);
    overlay.delete(1, KEY);
    expect(overlay.get(1, KEY)).toBeUndefined();
  });

  it('never writes to the base', () => {
    const base = readerOf([[1, KEY, ONE]]);
    createOverlay(base).put(1, KEY, TWO);
    expect(base.get(1, KEY)).toEqual(ONE);
  });

  it('reads a row of the base once', () => {
    let reads = 0;
    const overlay = createOverlay({
      get: () => {
        reads += 1;
        return undefined;
      },
    });
    overlay.get(1, KEY);
    overlay.get(1, KEY);
    overlay.put(1, KEY, ONE);
    overlay.changes();
    expect(reads).toBe(1);
  });

  it('lists changes by table and key, with what stood there before', () => {
    const overlay = createOverlay(readerOf([[1, KEY, ONE]]));
    overlay.put(2, KEY, TWO);
    overlay.put(1, Uint8Array.of(9), TWO);
    overlay.delete(1, KEY);
    overlay.put(1, Uint8Array.of(1, 2), TWO);
    expect(overlay.changes()).toEqual([
      { table: 1, key: Uint8Array.of(1, 2), value: TWO, before: null },
      { table: 1, key: KEY, value: null, before: ONE },
      { table: 1, key: Uint8Array.of(9), value: TWO, before: null },
      { table: 2, key: KEY, value: TWO, before: null },
    ]);
  });

  it('counts a row that ends as it began as no change', () => {
    const overlay = createOverlay(readerOf([[1, KEY, ONE]]));
    overlay.put(1, KEY, TWO);
    overlay.put(1, KEY, Uint8Array.of(1));
    overlay.put(3, KEY, ONE);
    overlay.delete(3, KEY);
    expect(overlay.changes()).toEqual([]);
  });

  it('keeps the writes of a transaction that returns and drops all of one that throws', () => {
    const overlay = createOverlay(readerOf([[1, KEY, ONE]]));
    overlay.transact(() => overlay.put(2, KEY, ONE));
    const failing = (): void =>
      overlay.transact(() => {
        overlay.put(2, KEY, TWO);
        overlay.delete(1, KEY);
        overlay.put(3, KEY, TWO);
        throw new Error('refused');
      });
    expect(failing).toThrow('refused');
    expect(overlay.get(1, KEY)).toEqual(ONE);
    expect(overlay.changes()).toEqual([{ table: 2, key: KEY, value: ONE, before: null }]);
  });

  it('drops an inner transaction alone, and an outer one with all inside', () => {
    const overlay = createOverlay(readerOf([]));
    overlay.transact(() => {
      overlay.put(1, KEY, ONE);
      expect(() =>
        overlay.transact(() => {
          overlay.put(1, KEY, TWO);
          throw new Error('inner');
        }),
      ).toThrow('inner');
      expect(overlay.get(1, KEY)).toEqual(ONE);
    });
    expect(() =>
      overlay.transact(() => {
        overlay.transact(() => overlay.put(1, KEY, TWO));
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(overlay.get(1, KEY)).toEqual(ONE);
  });
});

type Step = { readonly table: number; readonly key: number; readonly value: number | null };
const step = fc.record({
  table: fc.integer({ min: 1, max: 3 }),
  key: fc.integer({ min: 0, max: 5 }),
  value: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
});

function write(overlay: Overlay, { table, key, value }: Step): void {
  if (value === null) overlay.delete(table, Uint8Array.of(key));
  else overlay.put(table, Uint8Array.of(key), Uint8Array.of(value));
}

describe('changes of an overlay', () => {
  const base = readerOf([
    [1, Uint8Array.of(0), Uint8Array.of(0)],
    [2, Uint8Array.of(1), Uint8Array.of(1)],
  ]);

  it('depend on the last value of each row, never on the order of writing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (steps, picks) => {
        const last = new Map(steps.map((each) => [`${each.table}:${each.key}`, each]));
        const inOrder = createOverlay(base);
        for (const each of steps) write(inOrder, each);
        const shuffled = createOverlay(base);
        const rest = [...last.values()];
        while (rest.length > 0) {
          const at = (picks.next().value as number) % rest.length;
          write(shuffled, rest.splice(at, 1)[0] as Step);
        }
        expect(shuffled.changes()).toEqual(inOrder.changes());
      }),
    );
  });

  it('are those of a naive map, however transactions fail', () => {
    const batch = fc.record({ steps: fc.array(step, { maxLength: 6 }), fails: fc.boolean() });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        const overlay = createOverlay(base);
        const naive = createOverlay(base);
        for (const { steps, fails } of batches) {
          try {
            overlay.transact(() => {
              for (const each of steps) write(overlay, each);
              if (fails) throw new Error('refused');
            });
            for (const each of steps) write(naive, each);
          } catch (error) {
            expect((error as Error).message).toBe('refused');
          }
        }
        expect(overlay.changes()).toEqual(naive.changes());
      }),
    );
  });
});
