import { concat, toHex, utf8 } from '@consilium/core';
import type { Disk, Kv } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { createGrowingBytes } from '../../src/world/growing-bytes.ts';
import { createLife, type Life } from '../../src/world/life.ts';
import { createPrng } from '../../src/world/prng.ts';
import { createScheduler, type Scheduler } from '../../src/world/scheduler.ts';
import { createSimDisk, type SimDisk } from '../../src/world/sim-disk.ts';
import { createSimKv, type SimKv } from '../../src/world/sim-kv.ts';

const TIMES = { syncUsMin: 100, syncUsMax: 900 };
const FILE = 'a file';

interface Machine {
  readonly scheduler: Scheduler;
  readonly sim: SimDisk;
  readonly disk: Disk;
  readonly life: Life;
  /** Runs until nothing is due any more. */
  readonly settle: () => void;
  readonly powerCut: () => Disk;
}

function machine(seed: number): Machine {
  const scheduler = createScheduler();
  const sim = createSimDisk(createPrng(seed), TIMES);
  const life = createLife(scheduler);
  const powerCut = (): Disk => {
    life.end();
    sim.losePower();
    return sim.open(createLife(scheduler));
  };
  const settle = (): void => {
    scheduler.run(() => false, Number.MAX_SAFE_INTEGER);
  };
  return { scheduler, sim, disk: sim.open(life), life, settle, powerCut };
}

function textOf(disk: Disk): string | undefined {
  const content = disk.read(FILE);
  return content === undefined ? undefined : new TextDecoder().decode(content);
}

/** What power cuts of many seeds leave, each once. */
function outcomes(run: (machine: Machine) => void): (string | undefined)[] {
  const left = new Set<string | undefined>();
  for (let seed = 0; seed < 200; seed += 1) {
    const each = machine(seed);
    run(each);
    left.add(textOf(each.powerCut()));
  }
  return [...left].sort();
}

describe('simulated disk', () => {
  test('what was written is read at once, and survives the death of the process', () => {
    const { disk, sim, life, scheduler } = machine(1);
    expect(disk.read(FILE)).toBeUndefined();
    disk.append(FILE, utf8('abc'));
    disk.writeAt(FILE, 1, utf8('XYZ'));
    disk.truncate(FILE, 3);
    disk.append(FILE, utf8('!'));
    expect(textOf(disk)).toBe('aXY!');
    life.end();
    expect(textOf(sim.open(createLife(scheduler)))).toBe('aXY!');
  });

  test('a power cut keeps all that was synced', () => {
    const left = outcomes(({ disk, settle }) => {
      disk.append(FILE, utf8('kept'));
      disk.sync(FILE, () => {});
      settle();
    });
    expect(left).toEqual(['kept']);
  });

  test('of what was not synced it keeps a prefix of the operations, the last perhaps torn', () => {
    const left = outcomes(({ disk, settle }) => {
      disk.append(FILE, utf8('kept'));
      disk.sync(FILE, () => {});
      settle();
      disk.append(FILE, utf8('12'));
      disk.append(FILE, utf8('34'));
    });
    expect(left).toEqual(['kept', 'kept1', 'kept12', 'kept123', 'kept1234']);
  });

  test('a torn overwrite leaves the old bytes behind the new ones', () => {
    const left = outcomes(({ disk, settle }) => {
      disk.append(FILE, utf8('abcd'));
      disk.sync(FILE, () => {});
      settle();
      disk.writeAt(FILE, 0, utf8('WXYZ'));
    });
    expect(left).toEqual(['WXYZ', 'WXYd', 'WXcd', 'Wbcd', 'abcd']);
  });

  test('a file whose folder entry was never synced may be gone', () => {
    const left = outcomes(({ disk }) => disk.append(FILE, utf8('x')));
    expect(left).toEqual(['', 'x', undefined]);
  });

  test('a sync covers what was done before it was asked for, and nothing after', () => {
    const left = outcomes(({ disk, settle }) => {
      disk.append(FILE, utf8('1'));
      disk.sync(FILE, () => {});
      disk.append(FILE, utf8('2'));
      disk.sync(FILE, () => disk.append(FILE, utf8('3')));
      settle();
      disk.append(FILE, utf8('4'));
    });
    expect(left).toEqual(['12', '123', '1234']);
  });

  test('a sync under way at the end of a life never completes', () => {
    const { disk, settle, life } = machine(5);
    let completed = false;
    disk.append(FILE, utf8('x'));
    disk.sync(FILE, () => {
      completed = true;
    });
    life.end();
    settle();
    expect(completed).toBe(false);
  });

  test('the same seed loses the same bytes', () => {
    const run = (seed: number): (string | undefined)[] =>
      Array.from({ length: 30 }, (_, index) => {
        const each = machine(seed * 100 + index);
        for (let count = 0; count < 5; count += 1) each.disk.append(FILE, utf8(`entry ${count}`));
        return textOf(each.powerCut());
      });
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  test('growing bytes are what plain arrays would be', () => {
    const prng = createPrng(9);
    const bytes = createGrowingBytes();
    let model: Uint8Array = new Uint8Array(0);
    for (let count = 0; count < 500; count += 1) {
      const place = prng.below(model.length + 3);
      if (prng.chance(0.2)) {
        bytes.truncate(place);
        model = concat(model.subarray(0, place), new Uint8Array(Math.max(0, place - model.length)));
      } else {
        const piece = prng.bytes(prng.below(20));
        bytes.write(place, piece);
        const gap = new Uint8Array(Math.max(0, place - model.length));
        const written = concat(model.subarray(0, place), gap, piece);
        model = concat(written, model.subarray(Math.min(model.length, written.length)));
      }
      expect(bytes.length()).toBe(model.length);
      expect(toHex(bytes.copy())).toBe(toHex(model));
    }
  });
});

describe('simulated disk that fails', () => {
  const full = { failing: false, full: true, slowness: 1 };

  test('full: what would grow is cut short and its sync says so; what is overwritten in place is as ever', () => {
    const { disk, sim, settle } = machine(3);
    disk.append(FILE, utf8('abcdef'));
    disk.append('other', utf8('abc'));
    for (const name of [FILE, 'other']) disk.sync(name, () => {});
    settle();
    sim.setFault(full);
    disk.append(FILE, utf8('ghijkl'));
    disk.writeAt('other', 0, utf8('XYZ'));
    const outcomes: (string | undefined)[] = [];
    for (const name of [FILE, 'other']) disk.sync(name, (error) => outcomes.push(error?.code));
    settle();
    expect(outcomes.sort()).toEqual(['DISK_FULL', undefined]);
    expect('abcdefghijkl'.startsWith(textOf(disk) ?? '?')).toBe(true);
    expect(textOf(disk)).not.toBe('abcdefghijkl');
    expect(disk.read('other')).toEqual(utf8('XYZ'));
    // Room again does not mend what this process has lost.
    sim.setFault({ ...full, full: false });
    disk.append(FILE, utf8('m'));
    disk.sync(FILE, (error) => outcomes.push(error?.code));
    settle();
    expect(outcomes).toHaveLength(3);
    expect(outcomes[2]).toBe('DISK_FULL');
  });

  test('a flipped bit is one bit, a cut is a shorter beginning, a removed file is gone; and there must be something to harm', () => {
    const { disk, sim, settle } = machine(4);
    const content = utf8('some content');
    disk.append(FILE, content);
    disk.sync(FILE, () => {});
    settle();
    expect(sim.flipBit('nothing')).toBe(false);
    expect(sim.flipBit(FILE)).toBe(true);
    const flipped = disk.read(FILE) ?? new Uint8Array(0);
    const bits = [...flipped]
      .map((byte, index) => byte ^ (content[index] as number))
      .filter((byte) => byte > 0);
    expect(bits).toHaveLength(1);
    expect(Math.log2(bits[0] as number) % 1).toBe(0);
    expect(sim.cut(FILE)).toBe(true);
    const cut = disk.read(FILE) ?? content;
    expect(cut.length).toBeLessThan(content.length);
    expect(cut).toEqual(flipped.subarray(0, cut.length));
    expect(sim.remove(FILE)).toBe(true);
    expect(sim.remove(FILE)).toBe(false);
    expect(disk.read(FILE)).toBeUndefined();
  });

  test('a copy that is brought back is what was there, durable, and nothing of later', () => {
    const { disk, sim, powerCut } = machine(5);
    disk.append(FILE, utf8('old'));
    const copy = sim.copy();
    disk.append(FILE, utf8(' and new'));
    disk.append('later', utf8('x'));
    sim.restore(copy);
    expect(sim.names()).toEqual([FILE]);
    expect(textOf(powerCut())).toBe('old');
  });

  test('a power cut that tears leaves a part of the last write that it keeps', () => {
    const left = new Set<string | undefined>();
    for (let seed = 0; seed < 100; seed += 1) {
      const { disk, sim, life, scheduler, settle } = machine(seed);
      disk.append(FILE, utf8('abc'));
      disk.sync(FILE, () => {});
      settle();
      disk.append(FILE, utf8('defg'));
      life.end();
      sim.losePower(true);
      left.add(textOf(sim.open(createLife(scheduler))));
    }
    expect([...left].sort()).toEqual(['abc', 'abcd', 'abcde', 'abcdef', 'abcdefg']);
  });
});

describe('simulated store', () => {
  interface Store {
    readonly kv: Kv;
    readonly sim: SimKv;
    readonly life: Life;
    readonly settle: () => void;
  }

  function store(seed: number): Store {
    const scheduler = createScheduler();
    const sim = createSimKv(createPrng(seed), TIMES);
    const life = createLife(scheduler);
    const settle = (): void => {
      scheduler.run(() => false, Number.MAX_SAFE_INTEGER);
    };
    return { kv: sim.open(life), sim, life, settle };
  }

  const key = utf8('key');
  const put = (
    table: number,
    value: string | null,
  ): { table: number; key: Uint8Array; value: Uint8Array | null } => ({
    table,
    key,
    value: value === null ? null : utf8(value),
  });

  test('a batch is read once it is durable, all of it; tables are apart; null deletes', () => {
    const { kv, settle } = store(1);
    const seen: unknown[] = [];
    kv.write([put(1, 'one'), put(2, 'two')], () => seen.push(kv.get(1, key), kv.get(2, key), kv.get(3, key)));
    expect(kv.get(1, key)).toBeUndefined();
    settle();
    expect(seen).toEqual([utf8('one'), utf8('two'), undefined]);
    kv.write([put(1, null)], () => {});
    settle();
    expect(kv.get(1, key)).toBeUndefined();
  });

  test('batches land in their order, whatever each one takes', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { kv, settle } = store(seed);
      const order: string[] = [];
      for (const value of ['a', 'b', 'c']) kv.write([put(1, value)], () => order.push(value));
      settle();
      expect(order).toEqual(['a', 'b', 'c']);
      expect(kv.get(1, key)).toEqual(utf8('c'));
    }
  });

  test('of batches under way at a crash a prefix is there, each wholly, and none is reported', () => {
    const left = new Set<string>();
    for (let seed = 0; seed < 100; seed += 1) {
      const { kv, sim, life, settle } = store(seed);
      let reported = 0;
      for (const value of ['a', 'b']) kv.write([put(1, value), put(2, value)], () => (reported += 1));
      life.end();
      sim.crash();
      settle();
      expect(reported).toBe(0);
      const [one, two] = [1, 2].map((table) => new TextDecoder().decode(sim.reader.get(table, key)));
      expect(one).toBe(two);
      left.add(one ?? '');
    }
    expect([...left].sort()).toEqual(['', 'a', 'b']);
  });

  test('that is full or fails takes nothing, and nothing after it in the same life', () => {
    for (const [fault, code] of [
      [{ failing: false, full: true, slowness: 1 }, 'DISK_FULL'],
      [{ failing: true, full: false, slowness: 1 }, 'STORE_FAILED'],
    ] as const) {
      const { kv, sim, settle } = store(1);
      const codes: (string | undefined)[] = [];
      kv.write([put(1, 'one')], (error) => codes.push(error?.code));
      settle();
      sim.setFault(fault);
      kv.write([put(1, 'two')], (error) => codes.push(error?.code));
      settle();
      sim.setFault({ failing: false, full: false, slowness: 1 });
      kv.write([put(1, 'three')], (error) => codes.push(error?.code));
      settle();
      expect(codes).toEqual([undefined, code, code]);
      expect(kv.get(1, key)).toEqual(utf8('one'));
    }
  });

  test('is damaged only when something is in it, and whole again when wiped or set back', () => {
    const { kv, sim, settle } = store(1);
    expect(sim.damage()).toBe(false);
    kv.write([put(1, 'one')], () => {});
    settle();
    const copy = sim.copy();
    expect(sim.damage()).toBe(true);
    expect(sim.isDamaged).toBe(true);
    sim.restore(copy);
    expect(sim.isDamaged).toBe(false);
    expect(sim.reader.get(1, key)).toEqual(utf8('one'));
    sim.damage();
    sim.wipe();
    expect(sim.isDamaged).toBe(false);
  });
});
