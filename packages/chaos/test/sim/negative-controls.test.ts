import type { Disk, Kv, KvWrite } from '@consilium/node/replica';
import type { Scheduler } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, network } from '../support/network.ts';

/** Says at once that it has written, and writes to the store below only later: a crash takes it back. */
function hastyKv(kv: Kv, scheduler: Scheduler): Kv {
  const pending = new Map<string, Uint8Array | null>();
  const nameOf = (table: number, key: Uint8Array): string => `${table} ${key.join(' ')}`;
  const write = (batch: readonly KvWrite[]): void => {
    for (const { table, key, value } of batch) pending.set(nameOf(table, key), value);
  };
  return {
    get: (table, key) => {
      const own = pending.get(nameOf(table, key));
      return own === undefined ? kv.get(table, key) : (own ?? undefined);
    },
    write: (batch, done) => {
      write(batch);
      scheduler.after(30_000, () => kv.write(batch, () => undefined));
      done();
    },
  };
}

/** Answers each sync without doing it. */
function forgetfulDisk(disk: Disk, scheduler: Scheduler): Disk {
  return { ...disk, sync: (_name, done) => scheduler.after(200, done) };
}

describe('The checkers', () => {
  test('convict a store that acknowledges a commit before it is durable', () => {
    const net = network({ hostileParts: new Map([['n1', { kv: hastyKv }]]) });
    const { history } = net;
    keepSubmitting(net, [0, 1, 2, 3], 20);
    net.untilHeight(10, 10_000);
    net.node(0).losePower();
    net.node(0).start();
    net.pass(1_000);
    expect(history.violations.map(({ checker }) => checker)).toContain('stores');
  });

  test('convict a disk that syncs nothing, by what its node signs after a power cut', () => {
    const net = network({ hostileParts: new Map([['n1', { disk: forgetfulDisk }]]) });
    const { history } = net;
    keepSubmitting(net, [0, 1, 2, 3], 20);
    net.untilHeight(3, 10_000);
    const isConvicted = (): boolean => history.violations.length > 0;
    for (let cut = 0; cut < 50 && !isConvicted(); cut += 1) {
      net.node(0).losePower();
      net.node(0).start();
      net.pass(137);
    }
    expect(['reports', 'double-signing']).toContain(history.violations[0]?.checker);
  });
});
