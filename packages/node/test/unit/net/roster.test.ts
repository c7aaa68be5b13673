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

test('An address is barred while all who came from there are, and nobody else is expected there.', () => {
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
  const [honest, hostile] = ['a'.repeat(64), 'b'.repeat(64)] as [string, string];
  const set = (honestAt: string): void =>
    roster.set([
      { institution: honest, networkKey: OLD, addresses: [`/ip4/${honestAt}/tcp/1`] },
      { institution: hostile, networkKey: NEW, addresses: ['/ip4/10.0.0.7/tcp/2'] },
    ]);
  const see = (key: string, host: string): void => roster.learnHost(peerIdOf(key).toString(), host);
  set('10.0.0.1');
  barred.add(hostile);
  // It claims the address; an honest one that is known by a name may be there.
  expect(roster.barsHost('10.0.0.7')).toBe(false);
  see(NEW, '10.0.0.7');
  expect(roster.barsHost('10.0.0.7')).toBe(true);
  see(NEW, '10.0.0.1');
  expect([roster.barsHost('10.0.0.1'), roster.barsHost('10.0.0.7')]).toEqual([false, false]);
  set('10.0.0.2');
  expect(roster.barsHost('10.0.0.1')).toBe(true);
  see(OLD, '10.0.0.1');
  expect(roster.barsHost('10.0.0.1')).toBe(false);
  barred.clear();
  expect(roster.barsHost('10.0.0.1')).toBe(false);
});

test('After it the old key is a stranger, and whoever is connected with it is cut off.', () => {
  const { admit, isIn, ended } = createRoster();
  admit(NEW, [OLD]);
  admit(NEW);
  expect([isIn(OLD), isIn(NEW)]).toEqual([false, true]);
  expect(ended).toEqual(['P2P_PEER_REMOVED']);
});
