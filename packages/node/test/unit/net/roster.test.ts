import { expect, test } from 'vitest';
import { keyOf } from '../../../../core/test/kit/chain.ts';
import type { Link } from '../../../src/net/link.ts';
import { peerIdOf } from '../../../src/net/network-key.ts';
import { Roster } from '../../../src/net/roster.ts';
import { createEventLog } from '../../support/fakes.ts';

const [OLD, NEW] = ['old', 'new'].map((name) => keyOf(`${name} network key`).publicKey) as [string, string];
const INSTITUTION = 'a'.repeat(64);
const ADDRESSES = ['/ip4/127.0.0.1/tcp/4001'];

function createRoster() {
  const ended: string[] = [];
  const dialled: (() => string)[] = [];
  const roster = new Roster({
    addressOverrides: {},
    report: createEventLog().report,
    createLink: (_institution, dialAt) => {
      dialled.push(() => dialAt().peerId.toString());
      return { end: (code: string) => ended.push(code), dialSoon: () => undefined } as unknown as Link;
    },
  });
  const admit = (networkKey: string, formerNetworkKeys: readonly string[] = []): void =>
    roster.set([{ institution: INSTITUTION, networkKey, formerNetworkKeys, addresses: ADDRESSES }]);
  const isIn = (key: string): boolean => roster.linkOf(peerIdOf(key).toString()) !== undefined;
  return { admit, isIn, ended, dialled };
}

test('While a rotation overlaps, both network keys are let in and dialled, and the connection stays.', () => {
  const { admit, isIn, ended, dialled } = createRoster();
  admit(OLD);
  admit(NEW, [OLD]);
  expect([isIn(OLD), isIn(NEW)]).toEqual([true, true]);
  expect(ended).toEqual([]);
  const targets = [dialled[0]?.(), dialled[0]?.()];
  expect(new Set(targets)).toEqual(new Set([OLD, NEW].map((key) => peerIdOf(key).toString())));
});

test('An address is barred while all who are expected there are.', () => {
  const barred = new Set<string>();
  const roster = new Roster({
    addressOverrides: {},
    report: createEventLog().report,
    createLink: (institution) =>
      ({
        dialSoon: () => undefined,
        get barred() {
          return barred.has(institution);
        },
      }) as unknown as Link,
  });
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)] as [string, string];
  roster.set([
    { institution: a, networkKey: OLD, addresses: ['/ip4/10.0.0.1/tcp/1'] },
    { institution: b, networkKey: NEW, addresses: ['/ip4/10.0.0.1/tcp/2', '/ip4/10.0.0.2/tcp/2'] },
  ]);
  const isBarred = (...hosts: string[]): boolean[] => hosts.map((host) => roster.barsHost(host));
  expect(isBarred('10.0.0.1', '10.0.0.2', '10.0.0.9')).toEqual([false, false, false]);
  barred.add(b);
  expect(isBarred('10.0.0.1', '10.0.0.2', '10.0.0.9')).toEqual([false, true, false]);
  roster.learnHost(peerIdOf(NEW).toString(), '10.0.0.9');
  barred.add(a);
  expect(isBarred('10.0.0.1', '10.0.0.2', '10.0.0.9')).toEqual([true, true, true]);
});

test('After it the old key is a stranger, and whoever is connected with it is cut off.', () => {
  const { admit, isIn, ended } = createRoster();
  admit(NEW, [OLD]);
  admit(NEW);
  expect([isIn(OLD), isIn(NEW)]).toEqual([false, true]);
  expect(ended).toEqual(['P2P_PEER_REMOVED']);
});
