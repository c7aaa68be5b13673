import {
  COUNTS,
  concat,
  EMERGENCIES,
  type EmergencyRow,
  encode,
  type Hex32,
  type Table,
  toHex,
} from '@consilium/core';
import { expect, test } from 'vitest';
import { createEmergencyCounts } from '../../src/daemon/emergency-counts.ts';
import { EMERGENCY_ROWS_PER_LOOK } from '../../src/limits.ts';
import { TABLES } from '../../src/tables.ts';

const OWN: Hex32 = 'aa'.repeat(32);
const OTHER: Hex32 = 'bb'.repeat(32);
const SALT = '00'.repeat(16);

/** Worklists as a commit would leave them. */
class Worklists {
  readonly #rows = new Map<string, Uint8Array>();
  reads = 0;
  readonly kv = {
    get: (table: number, key: Uint8Array): Uint8Array | undefined => {
      this.reads += 1;
      return table === TABLES.state ? this.#rows.get(toHex(key)) : undefined;
    },
  };

  #put<K extends readonly unknown[], V>(table: Table<K, V>, key: K, value: V): void {
    const place = concat(Uint8Array.of(table.number), table.keyOf(...key));
    this.#rows.set(toHex(place), encode(table.shape, value));
  }

  enter(institution: Hex32, index: number, due: number, isReviewed = false): void {
    const review = { by: OWN, verdict: 'justified', height: 2, time: 2 } as const;
    const row: EmergencyRow = {
      ...{ clinician: OWN, patient: OTHER, access: index, reason: 'unconscious', second: null },
      ...{ height: 1, time: 1, due, review: isReviewed ? review : null, salt: SALT },
    };
    this.#put(EMERGENCIES, [institution, index], row);
    this.#put(COUNTS, ['emergencies', institution], { count: index + 1, salt: SALT });
  }

  /** Of one that is there; the count stays. */
  review(institution: Hex32, index: number, count: number): void {
    this.enter(institution, index, 0, true);
    this.#put(COUNTS, ['emergencies', institution], { count, salt: SALT });
  }
}

test('counts those of the own institution that are open and overdue, as reviews come in', () => {
  const worklists = new Worklists();
  const counts = createEmergencyCounts(worklists.kv, OWN);
  expect(counts(0)).toEqual({ total: 0, open: 0, overdue: 0 });
  worklists.enter(OTHER, 0, 100);
  worklists.enter(OWN, 0, 100);
  worklists.enter(OWN, 1, 200, true);
  worklists.enter(OWN, 2, 300);
  expect(counts(99)).toEqual({ total: 3, open: 2, overdue: 0 });
  expect(counts(100)).toEqual({ total: 3, open: 2, overdue: 1 });
  worklists.review(OWN, 0, 3);
  expect(counts(100)).toEqual({ total: 3, open: 1, overdue: 0 });
  worklists.enter(OWN, 3, 400);
  expect(counts(400)).toEqual({ total: 4, open: 2, overdue: 2 });
});

test('a list of years is gone through over several looks, each bounded, and no figure is shown until then', () => {
  const worklists = new Worklists();
  for (let index = 0; index < EMERGENCY_ROWS_PER_LOOK; index += 1) worklists.enter(OWN, index, 1, true);
  worklists.enter(OWN, EMERGENCY_ROWS_PER_LOOK, 1);
  const counts = createEmergencyCounts(worklists.kv, OWN);
  const total = EMERGENCY_ROWS_PER_LOOK + 1;
  expect(counts(1)).toEqual({ total, open: undefined, overdue: undefined });
  expect(counts(1)).toEqual({ total, open: 1, overdue: 1 });
  worklists.reads = 0;
  expect(counts(1)).toEqual({ total, open: 1, overdue: 1 });
  expect(worklists.reads).toBeLessThan(5);
});
