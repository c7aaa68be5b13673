import { type ConsiliumError, concat, hashHex, utf8 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { WAL_ENTRY_BYTES_MAX } from '../../src/limits.ts';
import type { WalEntry, WalKind } from '../../src/wal/frame.ts';
import { createWal, type Wal, walDamaged } from '../../src/wal/wal.ts';
import { codeThrownBy, createCountingRandom, createEventLog } from '../support/fakes.ts';
import { createMemoryDisk, type MemoryDisk } from '../support/memory-disk.ts';

const GENESIS = hashHex(utf8('a network'));
const NAME = 'wal';
const FILE_HEADER = 48;
const FRAME_OVERHEAD = 29;

function walOn(disk: MemoryDisk, genesis = GENESIS): { wal: Wal; events: ReturnType<typeof createEventLog> } {
  const events = createEventLog();
  const wal = createWal(
    { disk, random: createCountingRandom(), report: events.report },
    { name: NAME, genesis },
  );
  return { wal, events };
}

function entry(text: string, kind: WalKind = 'input'): WalEntry {
  return { kind, bytes: utf8(text) };
}

/** A log of height 7 with these entries, each synced before the next. */
function diskWith(texts: readonly string[]): MemoryDisk {
  const disk = createMemoryDisk();
  const { wal } = walOn(disk);
  wal.open();
  wal.begin(7);
  for (const text of texts) {
    wal.append(entry(text));
    wal.sync(() => {});
  }
  return disk;
}

function contentOf(disk: MemoryDisk): Uint8Array {
  return disk.read(NAME) ?? new Uint8Array(0);
}

function flipped(content: Uint8Array, offset: number): Uint8Array {
  const copy = content.slice();
  copy[offset] = (copy[offset] ?? 0) ^ 0x10;
  return copy;
}

function textsOf(entries: readonly WalEntry[]): string[] {
  return entries.map(({ bytes }) => new TextDecoder().decode(bytes));
}

describe('write-ahead log', () => {
  test('a new disk has an empty log', () => {
    const { wal } = walOn(createMemoryDisk());
    expect(wal.open()).toEqual({ status: 'empty', height: null, entries: [], goodBytes: 0 });
    expect(wal.height()).toBeNull();
  });

  test('gives back every synced entry, in order and with its kind, after a power cut', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(7);
    const entries = [
      entry('a vote came'),
      entry('own prevote', 'message'),
      entry('a block', 'value'),
      entry(''),
    ];
    for (const each of entries) wal.append(each);
    let durable = false;
    wal.sync((error) => {
      durable = error === undefined;
    });
    expect(durable).toBe(true);
    wal.append(entry('not synced'));
    disk.crash();
    const found = walOn(disk).wal.open();
    expect(found).toMatchObject({ status: 'whole', height: 7 });
    expect(found.entries).toEqual(entries);
  });

  test('goes on after the last entry that it found', () => {
    const disk = diskWith(['one']);
    const { wal } = walOn(disk);
    wal.open();
    wal.append(entry('two'));
    expect(textsOf(walOn(disk).wal.open().entries)).toEqual(['one', 'two']);
  });

  test('begin forgets the height before, and its entries cannot chain on', () => {
    const disk = diskWith(['one', 'two']);
    const old = contentOf(disk);
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(8);
    wal.append(entry('six'));
    const fresh = contentOf(disk);
    disk.put(NAME, concat(fresh, old.subarray(FILE_HEADER + FRAME_OVERHEAD + 3)));
    const found = walOn(disk).wal.open();
    expect(found).toMatchObject({ status: 'torn', height: 8 });
    expect(textsOf(found.entries)).toEqual(['six']);
  });

  test('begun twice for one height, the first log cannot chain on the second', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(7);
    const first = contentOf(disk);
    wal.begin(7);
    expect(contentOf(disk)).not.toEqual(first);
  });

  test.each([1, 12, 13, 20, 31])(
    'a tail torn after %i bytes is cut to the last good entry and reported',
    (torn) => {
      const disk = diskWith(['one', 'two']);
      const { wal } = walOn(disk);
      wal.open();
      wal.append(entry('three'));
      disk.crash(0, torn);
      const next = walOn(disk);
      const found = next.wal.open();
      expect(found).toMatchObject({ status: 'torn', height: 7 });
      expect(textsOf(found.entries)).toEqual(['one', 'two']);
      expect(next.events.events).toMatchObject([{ code: 'wal.torn', entries: 2, cutBytes: torn }]);
      next.wal.append(entry('four'));
      expect(textsOf(walOn(disk).wal.open().entries)).toEqual(['one', 'two', 'four']);
    },
  );

  test('a tail of zeros, as some file systems leave it, is torn', () => {
    const disk = diskWith(['one']);
    disk.put(NAME, concat(contentOf(disk), new Uint8Array(5000)));
    expect(walOn(disk).wal.open()).toMatchObject({ status: 'torn', entries: [entry('one')] });
  });

  test('an unsynced entry lost before a later unsynced one that was kept is torn, not damaged', () => {
    const disk = diskWith(['one']);
    const { wal } = walOn(disk);
    wal.open();
    wal.sync(() => {});
    const lost = contentOf(disk).length;
    wal.append(entry('two'));
    wal.append(entry('three'));
    disk.put(NAME, flipped(contentOf(disk), lost + 15));
    expect(walOn(disk).wal.open()).toMatchObject({ status: 'torn', entries: [entry('one')] });
  });

  test('a header that was never written whole is torn', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(3);
    disk.crash(1, 20);
    expect(walOn(disk).wal.open()).toMatchObject({ status: 'torn', height: null, entries: [] });
    expect(contentOf(disk)).toHaveLength(0);
  });

  test('every flipped bit before the last synced entry is damage, at the entry that it hit', () => {
    const content = contentOf(diskWith(['one', 'two', 'three']));
    const starts = [FILE_HEADER, FILE_HEADER + 32, FILE_HEADER + 64];
    for (let offset = FILE_HEADER; offset < FILE_HEADER + 64; offset += 1) {
      const disk = createMemoryDisk();
      disk.put(NAME, flipped(content, offset));
      const { wal, events } = walOn(disk);
      const found = wal.open();
      const hit = starts.findLastIndex((start) => offset >= start);
      // The second entry's own chain value is what the last one would prove itself by.
      const status = offset >= FILE_HEADER + 48 ? 'torn' : 'damaged';
      expect({ offset, status: found.status, good: found.goodBytes }).toEqual({
        offset,
        status,
        good: starts[hit],
      });
      expect(events.codes()).toEqual([`wal.${status}`]);
    }
  });

  test('damage says where, leaves the file as it is, and takes no entry until a new height', () => {
    const disk = diskWith(['one', 'two', 'three']);
    const damaged = flipped(contentOf(disk), FILE_HEADER + 14);
    disk.put(NAME, damaged);
    const { wal } = walOn(disk);
    const found = wal.open();
    expect(found).toMatchObject({ status: 'damaged', height: 7, entries: [], goodBytes: FILE_HEADER });
    const error: ConsiliumError = walDamaged(found);
    expect(error).toMatchObject({ code: 'WAL_DAMAGED', data: { height: 7, offset: FILE_HEADER } });
    expect(contentOf(disk)).toEqual(damaged);
    expect(() => wal.append(entry('more'))).toThrow('invariant');
    wal.begin(8);
    wal.append(entry('more'));
    expect(walOn(disk).wal.open()).toMatchObject({ status: 'whole', height: 8 });
  });

  test('a flipped bit in the header, or the log of another network, is damage', () => {
    const disk = diskWith(['one', 'two']);
    expect(walOn(disk, hashHex(utf8('another network'))).wal.open().status).toBe('damaged');
    for (let offset = 0; offset < FILE_HEADER; offset += 1) {
      const harmed = createMemoryDisk();
      harmed.put(NAME, flipped(contentOf(disk), offset));
      expect(walOn(harmed).wal.open()).toMatchObject({ status: 'damaged', height: null, entries: [] });
    }
  });

  test('a message that holds the frames of another log cannot make a torn tail look damaged', () => {
    const crafted = contentOf(diskWith(['x'.repeat(200), 'y', 'z']));
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(9);
    wal.append({ kind: 'input', bytes: crafted });
    wal.sync(() => {});
    wal.append({ kind: 'input', bytes: crafted });
    disk.crash(0, crafted.length);
    expect(walOn(disk).wal.open()).toMatchObject({ status: 'torn', entries: [{ bytes: crafted }] });
  });

  test('whoever asks during a sync waits for the next one, and one serves them all', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(1);
    disk.holdSyncs = true;
    const order: string[] = [];
    wal.sync(() => order.push('first'));
    wal.append(entry('late'));
    wal.sync(() => order.push('second'));
    wal.sync(() => order.push('third'));
    disk.completeSyncs();
    expect(order).toEqual(['first']);
    expect(disk.unsynced(NAME)).toBe(1);
    disk.completeSyncs();
    expect(order).toEqual(['first', 'second', 'third']);
    expect(disk.syncs).toBe(2);
  });

  test('after a failed sync nothing is claimed durable any more', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    wal.open();
    wal.begin(1);
    const answers: (string | undefined)[] = [];
    disk.failSyncs = true;
    wal.sync((error) => answers.push(error?.code));
    disk.failSyncs = false;
    wal.sync((error) => answers.push(error?.code));
    expect(answers).toEqual(['DISK_FAILED', 'DISK_FAILED']);
    expect(disk.syncs).toBe(1);
  });

  test('an entry over its bound is refused and leaves the log as it was', () => {
    const disk = diskWith(['one']);
    const { wal } = walOn(disk);
    wal.open();
    const huge = { kind: 'value', bytes: new Uint8Array(WAL_ENTRY_BYTES_MAX + 1) } as const;
    expect(codeThrownBy(() => wal.append(huge))).toBe('ENCODING_TOO_LARGE');
    wal.append(entry('two'));
    expect(textsOf(walOn(disk).wal.open().entries)).toEqual(['one', 'two']);
  });

  test('a full log refuses the next entry', () => {
    const disk = createMemoryDisk();
    const bytes = new Uint8Array(WAL_ENTRY_BYTES_MAX);
    const fast = createWal(
      {
        disk: { ...disk, append: () => {} },
        random: createCountingRandom(),
        report: () => {},
        sha256: () => new Uint8Array(32),
      },
      { name: NAME, genesis: GENESIS },
    );
    fast.open();
    fast.begin(1);
    for (let count = 0; count < 31; count += 1) fast.append({ kind: 'value', bytes });
    expect(codeThrownBy(() => fast.append({ kind: 'value', bytes }))).toBe('WAL_FULL');
  });

  test('the log of a thousand rounds of seven validators is read back whole', () => {
    const disk = createMemoryDisk();
    const { wal } = walOn(disk);
    const parts: Uint8Array[] = [];
    const collecting = createWal(
      {
        disk: { ...disk, append: (_name, bytes) => void parts.push(bytes.slice()) },
        random: createCountingRandom(),
        report: () => {},
      },
      { name: NAME, genesis: GENESIS },
    );
    collecting.open();
    collecting.begin(5);
    const vote = new Uint8Array(250);
    for (let count = 0; count < 16_000; count += 1) collecting.append({ kind: 'input', bytes: vote });
    disk.put(NAME, concat(...parts));
    const found = wal.open();
    expect(found.status).toBe('whole');
    expect(found.entries).toHaveLength(16_000);
  });
});
