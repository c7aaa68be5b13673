import {
  type CustodyPackage,
  decodePackage,
  encodePackage,
  hashHex,
  toHex,
  withoutRecords,
} from '@consilium/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Holdings } from '../../../src/custody/holdings.ts';
import { CUSTODY_EXPIRY_MS, LOOSE_BYTES_MAX } from '../../../src/limits.ts';
import type { Kv } from '../../../src/ports.ts';
import { TABLES } from '../../../src/tables.ts';
import { answerOf, refusal } from '../../support/custody-world.ts';
import { createManualClock, type ManualClock } from '../../support/fakes.ts';
import { createMemoryVault, type MemoryVault } from '../../support/memory-vault.ts';

const BLOB = Uint8Array.of(1, 2, 3);
const BATCH = 'ba'.repeat(32);

function packageOf(mark: number, batch = BATCH): CustodyPackage {
  const id = hashHex(BLOB);
  const [patient, author, sender] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [
    string,
    string,
    string,
  ];
  const hex = mark.toString(16).padStart(2, '0').repeat(32);
  const record = {
    commitment: hex,
    salt: hex,
    chunks: [{ id, bytes: BLOB.length }],
    pointsSalt: hex,
    wrap: null,
  };
  const dealt = { points: [hex], shares: [new Uint8Array(48)] };
  const dealing = {
    dealer: 0,
    from: null,
    dealers: [],
    encs: [hex],
    records: [dealt],
    signature: '00'.repeat(64),
  };
  return {
    version: 1,
    batch,
    epoch: 1,
    patient,
    author,
    sender,
    records: [record],
    dealings: [dealing],
  };
}

let kv: Kv;
let vault: MemoryVault;
let clock: ManualClock;
let holdings: Holdings;

beforeEach(() => {
  const rows = new Map<string, Uint8Array>();
  kv = {
    get: (table, key) => rows.get(`${table}:${toHex(key)}`),
    write: (batch, done) => {
      for (const { table, key, value } of batch) {
        if (value === null) rows.delete(`${table}:${toHex(key)}`);
        else rows.set(`${table}:${toHex(key)}`, value);
      }
      queueMicrotask(() => done());
    },
  };
  vault = createMemoryVault();
  clock = createManualClock();
  holdings = new Holdings({ kv, vault, clock, isRegistered: () => true });
});
afterEach(() => holdings.stop());

const keep = (mark: number, aside: boolean) => {
  const content = packageOf(mark);
  const bytes = encodePackage(content);
  return answerOf<Error | undefined>((done) =>
    holdings.keep({ content, bytes, pending: 'confirmation', aside }, done),
  );
};
const marked = (mark: number): Uint8Array => encodePackage(packageOf(mark));
const settle = (mark: number) =>
  answerOf<boolean>((done) =>
    holdings.settle(BATCH, 1, (bytes) => toHex(bytes) === toHex(marked(mark)), done),
  );

describe('packages of one batch and epoch', () => {
  it('what was signed for stays beside what was made anew, until the ledger has decided', async () => {
    await keep(1, true);
    await keep(2, true);
    await keep(3, true);
    await keep(3, true);
    expect(holdings.package(BATCH, 1)).toEqual(marked(3));
    expect(holdings.aside(BATCH, 1)).toEqual([marked(1), marked(2)]);
    expect(holdings.unsettled()).toEqual([{ batch: BATCH, epoch: 1 }]);
    expect(await settle(1)).toBe(true);
    expect(holdings.package(BATCH, 1)).toEqual(marked(1));
    expect(holdings.aside(BATCH, 1)).toEqual([]);
    expect(holdings.unsettled()).toEqual([]);
  });

  it('the one that stands stays when the ledger has decided for it', async () => {
    await keep(1, true);
    await keep(2, true);
    expect(await settle(2)).toBe(true);
    expect(holdings.package(BATCH, 1)).toEqual(marked(2));
    expect(holdings.aside(BATCH, 1)).toEqual([]);
  });

  it('none stands when the ledger has decided for another', async () => {
    await keep(1, true);
    await keep(2, true);
    expect(await settle(9)).toBe(false);
    expect(holdings.package(BATCH, 1)).toBeUndefined();
    expect(holdings.aside(BATCH, 1)).toEqual([]);
  });
});

describe('taking records out of packages', () => {
  const OTHER = 'bb'.repeat(32);
  const keepAs = (batch: string, pending: 'registration' | null) => {
    const content = packageOf(1, batch);
    const bytes = encodePackage(content);
    return answerOf<Error | undefined>((done) => holdings.keep({ content, bytes, pending }, done));
  };
  const emptied = (bytes: Uint8Array): Uint8Array => {
    const content = decodePackage(bytes);
    return encodePackage(withoutRecords(content, new Set([0]), [[]]));
  };
  const rewrite = (batch: string) =>
    answerOf<Error | undefined>((done) => holdings.rewrite(batch, 2, emptied, done));
  const isGone = () => answerOf<boolean>((done) => holdings.destroyGivenUp(done));

  beforeEach(async () => {
    await answerOf<Error | undefined>((done) => holdings.takeBlobs(new Map([[hashHex(BLOB), BLOB]]), done));
  });

  it('destroys a blob when the last batch that names it has lost the record, and not sooner', async () => {
    await keepAs(BATCH, null);
    await keepAs(OTHER, null);
    expect(await rewrite(BATCH)).toBeUndefined();
    expect(await isGone()).toBe(true);
    expect(vault.ids()).toEqual([hashHex(BLOB)]);
    expect(holdings.batchesOf(hashHex(BLOB))).toEqual([OTHER]);
    expect(await rewrite(OTHER)).toBeUndefined();
    expect(await isGone()).toBe(true);
    expect(vault.ids()).toEqual([]);
    expect(holdings.names(hashHex(BLOB))).toBe(false);
  });

  it('keeps a blob that is being read in, and says that it is not gone; then it goes', async () => {
    await keepAs(BATCH, null);
    await answerOf((done) => holdings.pin([hashHex(BLOB)], done));
    await rewrite(BATCH);
    expect(await isGone()).toBe(false);
    expect(vault.ids()).toEqual([hashHex(BLOB)]);
    holdings.unpin([hashHex(BLOB)]);
    expect(await isGone()).toBe(true);
    expect(vault.ids()).toEqual([]);
  });

  it('takes it out of what stands aside as well', async () => {
    await keep(1, true);
    await keep(2, true);
    await rewrite(BATCH);
    const all = [holdings.package(BATCH, 1), ...holdings.aside(BATCH, 1)].filter(
      (bytes) => bytes !== undefined,
    );
    expect(all).toHaveLength(2);
    for (const bytes of all) expect(decodePackage(bytes).records[0]?.chunks).toEqual([]);
  });

  it('lets a batch go that was never registered and holds the same record', async () => {
    await keepAs(OTHER, 'registration');
    holdings = new Holdings({ kv, vault, clock, isRegistered: () => false });
    await keepAs(OTHER, 'registration');
    holdings.expireWith(new Set([packageOf(1).records[0]?.commitment ?? '']));
    expect(await isGone()).toBe(true);
    expect(holdings.package(OTHER, 1)).toBeUndefined();
    expect(vault.ids()).toEqual([]);
  });
});

describe('loose blobs', () => {
  it('stand in a row before their bytes are written, and one that fails is destroyed like any other', async () => {
    vault.failure = 'DISK_FULL';
    const id = hashHex(BLOB);
    expect(refusal(await answerOf((done) => holdings.takeBlobs(new Map([[id, BLOB]]), done)))).toBe(
      'DISK_FULL',
    );
    expect(kv.get(TABLES.looseBlobs, Uint8Array.from(Buffer.from(id, 'hex')))).toBeDefined();
  });

  it('that are handed in again wait as long as new ones', async () => {
    const blobs = new Map([[hashHex(BLOB), BLOB]]);
    const take = () => answerOf<Error | undefined>((done) => holdings.takeBlobs(blobs, done));
    const minutesPass = async (count: number): Promise<void> => {
      for (let minute = 0; minute < count; minute += 1) {
        clock.advance(60_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const minutes = CUSTODY_EXPIRY_MS / 60_000;
    await take();
    await minutesPass(minutes - 1);
    await take();
    await minutesPass(minutes - 1);
    expect(vault.ids()).toEqual([...blobs.keys()]);
    await minutesPass(2);
    expect(vault.ids()).toEqual([]);
  });

  it('are refused when too many wait', async () => {
    const huge = Object.defineProperty(new Uint8Array(1), 'length', { value: LOOSE_BYTES_MAX + 1 });
    const blobs = new Map([['ab'.repeat(32), huge]]);
    expect(refusal(await answerOf((done) => holdings.takeBlobs(blobs, done)))).toBe('CUSTODY_BUSY');
    expect(vault.ids()).toEqual([]);
  });
});
