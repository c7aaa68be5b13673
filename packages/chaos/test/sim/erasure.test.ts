import { actionOf, ERASURES, isErased, isErasureComplete, readRow } from '@consilium/core';
import { storedPackage } from '@consilium/node/custody';
import { stateReader, TABLES } from '@consilium/node/replica';
import type { Authored } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import {
  arrange,
  type Crash,
  countPoints,
  crashesAt,
  expectRecovered,
  pointsOf,
} from '../support/crashes.ts';
import { type RecordsNetwork, recordsNetwork } from '../support/records.ts';

const POINTS = pointsOf(['package', 'vault-remove', 'custody-rows', 'erasure']);

/** The first of two records of a batch. */
function erase(net: RecordsNetwork, { records }: Authored): void {
  const body = { patient: net.patient.id, records: [records[0]?.id ?? ''], reason: 'unlawful' } as const;
  expect(net.commit(net.patient.hospital, actionOf('record.erase', body)).code).toBe('OK');
}

function isComplete(net: RecordsNetwork): boolean {
  const row = readRow(stateReader(net.node(0).kv.reader), ERASURES, 0);
  return row !== undefined && isErasureComplete(row);
}

/** How many live records lie in the packages of each node, and how many blobs in its vault. */
function kept(net: RecordsNetwork): readonly (readonly [number, number])[] {
  return net.nodes.map(({ kv, vault }) => {
    const records = kv.rowsOf(TABLES.packages).flatMap(({ value }) => storedPackage(value)?.records ?? []);
    return [records.filter((record) => !isErased(record)).length, vault.ids().length] as const;
  });
}

function crashInErasure(crash: Crash): void {
  const net = recordsNetwork();
  const authored = net.register('an allergy', 'a finding');
  net.consent();
  const { deaths } = arrange(net, crash);
  erase(net, authored);
  net.until(() => deaths() === 1, 30_000);
  expectRecovered(net);
  net.until(() => isComplete(net), 60_000);
  expect(kept(net)).toEqual(Array(4).fill([1, 1]));
  expect(net.read(net.node(1), net.access(authored))).toEqual(['a finding']);
  net.expectNoViolation();
}

describe('An erasure in a simulated network', () => {
  test('is carried out by every custodian, each of which passes every point of it', () => {
    const net = recordsNetwork();
    const authored = net.register('an allergy', 'a finding');
    net.consent();
    expect(kept(net)).toEqual(Array(4).fill([2, 2]));
    const counts = countPoints(net);
    erase(net, authored);
    net.until(() => isComplete(net), 60_000);
    for (const count of counts)
      for (const point of POINTS) expect(count.get(point), point).toBeGreaterThan(0);
    expect(kept(net)).toEqual(Array(4).fill([1, 1]));
    expect(net.read(net.node(1), net.access(authored))).toEqual(['a finding']);
    net.expectNoViolation();
  });

  test.each(POINTS)('comes to the same end when a node, or all of them, die at the point %s', (point) => {
    for (const death of ['kill', 'losePower'] as const)
      for (const crash of crashesAt(point, death, 1).slice(2)) crashInErasure(crash);
  });

  test('is not forgotten by a node that was away', () => {
    const net = recordsNetwork();
    const authored = net.register('an allergy', 'a finding');
    const away = net.node(3);
    away.kill();
    erase(net, authored);
    net.pass(5_000);
    expect(isComplete(net)).toBe(false);
    away.start();
    net.until(() => isComplete(net), 60_000);
    expect(kept(net)).toEqual(Array(4).fill([1, 1]));
    net.expectNoViolation();
  });
});
