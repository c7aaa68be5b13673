import { BLOB_BYTES_MAX, hashHex, toHex, utf8 } from '@consilium/core';
import type { Vault } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { createLife, type Life } from '../../src/world/life.ts';
import { createPrng } from '../../src/world/prng.ts';
import { createScheduler } from '../../src/world/scheduler.ts';
import { GOOD_DISK } from '../../src/world/sim-disk.ts';
import {
  createSealRegistry,
  createSimSealer,
  NO_AAD,
  openBox,
  sealNow,
  sealSharesNow,
  simEncryptionKey,
} from '../../src/world/sim-sealer.ts';
import { createSimVault, type SimVault } from '../../src/world/sim-vault.ts';

const TIMES = { syncUsMin: 100, syncUsMax: 900 };
const ONE = utf8('one');
const TWO = utf8('two');

interface Machine {
  readonly sim: SimVault;
  readonly vault: Vault;
  readonly life: Life;
  readonly settle: () => void;
  readonly passUs: (us: number) => void;
}

function machine(seed = 1): Machine {
  const scheduler = createScheduler();
  const sim = createSimVault(createPrng(seed), TIMES);
  const life = createLife(scheduler);
  return {
    ...{ sim, life },
    vault: sim.open(life),
    settle: () => void scheduler.run(() => false, Number.MAX_SAFE_INTEGER),
    passUs: (us) => {
      scheduler.after(us, () => undefined);
      scheduler.run(() => false, scheduler.nowUs() + us);
    },
  };
}

/** How many of two blobs are there after a crash in the middle of their write, over many seeds. */
function leftAfterCrash(afterUs: number): number[] {
  const left = new Set<number>();
  for (let seed = 0; seed < 100; seed += 1) {
    const { sim, vault, life, passUs } = machine(seed);
    vault.write([ONE, TWO], () => undefined);
    passUs(afterUs);
    life.end();
    sim.crash();
    left.add(sim.ids().length);
  }
  return [...left].sort();
}

describe('simulated vault', () => {
  test('a blob is there once its write is told, by the hash of its bytes; removed, it is gone', () => {
    const { vault, settle } = machine();
    const told: unknown[] = [];
    vault.write([ONE], (error) => told.push(error, vault.has(hashHex(ONE))));
    expect(vault.has(hashHex(ONE))).toBe(false);
    vault.read(hashHex(ONE), (bytes) => told.push(bytes));
    settle();
    expect(told).toEqual([undefined, true, ONE]);
    vault.remove([hashHex(ONE), hashHex(TWO)], (error) => told.push(error));
    settle();
    expect(told.at(-1)).toBeUndefined();
    expect(vault.has(hashHex(ONE))).toBe(false);
  });

  test('a crash in the middle of a write leaves any part of it, one after it all, and nobody is told by the dead', () => {
    expect(leftAfterCrash(50)).toEqual([0, 1, 2]);
    expect(leftAfterCrash(1_000)).toEqual([2]);
    const { sim, vault, life, settle } = machine();
    let told = 0;
    vault.write([ONE], () => {
      told += 1;
    });
    life.end();
    sim.crash();
    settle();
    expect(told).toBe(0);
  });

  test('a write that was not begun when the machine died left nothing', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { sim, vault, life } = machine(seed);
      vault.write([ONE], () => undefined);
      vault.write([TWO], () => undefined);
      life.end();
      sim.crash();
      expect(sim.ids()).not.toContain(hashHex(TWO));
    }
  });

  test('full, failing and too large are told, each with its code', () => {
    const { sim, vault, settle } = machine();
    const codes: unknown[] = [];
    sim.setFault({ ...GOOD_DISK, full: true });
    vault.write([ONE], (error) => codes.push(error?.code));
    settle();
    sim.setFault({ ...GOOD_DISK, failing: true });
    vault.write([ONE], (error) => codes.push(error?.code));
    vault.remove([hashHex(ONE)], (error) => codes.push(error?.code));
    settle();
    sim.setFault(GOOD_DISK);
    vault.write([new Uint8Array(BLOB_BYTES_MAX + 1)], (error) => codes.push(error?.code));
    vault.write([ONE], (error) => codes.push(error?.code));
    settle();
    expect(codes).toEqual(['DISK_FULL', 'DISK_FAILED', 'DISK_FAILED', 'ENCODING_TOO_LARGE', undefined]);
  });

  test('what was damaged is found when it is read, and can be written anew', () => {
    const { sim, vault, settle } = machine();
    const read: unknown[] = [];
    vault.write([ONE], () => undefined);
    settle();
    sim.damage(hashHex(ONE));
    expect(vault.has(hashHex(ONE))).toBe(true);
    vault.read(hashHex(ONE), (bytes) => read.push(bytes, vault.has(hashHex(ONE))));
    vault.write([ONE], () => undefined);
    vault.read(hashHex(ONE), (bytes) => read.push(bytes));
    settle();
    expect(read).toEqual([undefined, false, ONE]);
  });
});

describe('simulated sealer', () => {
  const key = simEncryptionKey(utf8('one key'));
  const other = simEncryptionKey(utf8('another key'));
  const info = utf8('what it is for');

  test('a box opens with its key, for what it was made, and not otherwise', () => {
    const registry = createSealRegistry();
    registry.know(key);
    const sealed = sealNow({ registry, prng: createPrng(1) }, key.publicKey, info, ONE);
    if (sealed === undefined) throw new Error('a known key');
    const scope = { enc: sealed.enc, info, aad: NO_AAD, position: 0 };
    expect(openBox(key, scope, sealed.sealed)).toEqual(ONE);
    expect(toHex(sealed.sealed)).not.toContain(toHex(ONE));
    const changed = sealed.sealed.slice();
    changed[0] = (changed[0] ?? 0) ^ 1;
    expect([
      openBox(other, scope, sealed.sealed),
      openBox(key, { ...scope, info: ONE }, sealed.sealed),
      openBox(key, { ...scope, aad: ONE }, sealed.sealed),
      openBox(key, { ...scope, position: 1 }, sealed.sealed),
      openBox(key, scope, changed),
      openBox(key, scope, ONE),
    ]).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(sealNow({ registry, prng: createPrng(1) }, other.publicKey, info, ONE)).toBeUndefined();
  });

  test('shares open one by one, after the call has returned, and to a dead process never', () => {
    const scheduler = createScheduler();
    const registry = createSealRegistry();
    registry.know(key);
    const world = { registry, prng: createPrng(2) };
    const life = createLife(scheduler);
    const sealer = createSimSealer(world, key, life);
    const items = [ONE, TWO].map((aad) => ({ aad, share: new Uint8Array(32).fill(aad.length) }));
    const sealed = sealSharesNow(world, key.publicKey, info, items);
    const second = { position: 1, aad: TWO, sealed: sealed?.sealed[1] ?? NO_AAD };
    const opened: unknown[] = [];
    const ask = (): void =>
      sealer.unsealShares(sealed?.enc ?? '', info, [second, { ...second, position: 0 }], (shares) =>
        opened.push(...shares),
      );
    ask();
    expect(opened).toEqual([]);
    scheduler.run(() => false, 1_000_000);
    expect(opened).toEqual([items[1]?.share, undefined]);
    ask();
    life.end();
    scheduler.run(() => false, 2_000_000);
    expect(opened).toHaveLength(2);
  });
});
