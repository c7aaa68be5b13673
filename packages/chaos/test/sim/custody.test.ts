import {
  ACCESSES,
  actionOf,
  decodeRelease,
  encode,
  encodeLightSteps,
  faultyMax,
  type Hex32,
  RECORDS,
  readRow,
  rowValue,
  type StateReader,
} from '@consilium/core';
import { type CustodyDeps, decodeCustodyMessage, encodeCustodyMessage } from '@consilium/node/custody';
import { type Clock, type Kv, type NetHandler, type Peers, TABLES } from '@consilium/node/replica';
import { createFounders, type Founders, type SimNode, startRecordsWorkload } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import type { CustodyLie } from '../../src/byzantine/custody-lies.ts';
import { choices, thiefOf } from '../../src/checkers/theft.ts';
import { eyesOf } from '../../src/sim-world/custody-eyes.ts';
import { four, keepSubmitting, type Network, network } from '../support/network.ts';
import { type RecordsNetwork, recordsNetwork } from '../support/records.ts';

let sevenFounders: Founders | undefined;

function seven(): Founders {
  sevenFounders ??= createFounders(7);
  return sevenFounders;
}

describe('Sealed records in a simulated network', () => {
  test("With f nodes' disks and keys in the attacker's hands nothing opens; no custodian honours a permit before its own commit of it.", () => {
    for (const [founders, seed] of [
      [four(), 1],
      [seven(), 2],
    ] as const) {
      const net = network({ founders, seed, custody: true });
      const workload = startRecordsWorkload(net.cluster, { meanUs: 200_000 });
      for (const [turn, how] of ['losePower', 'kill', 'losePower'].entries()) {
        net.pass(3_000);
        const node = net.node(turn);
        node[how as 'kill' | 'losePower']();
        net.pass(1_000);
        node.start();
      }
      net.pass(5_000);
      workload.stop();
      net.pass(5_000);
      const { seen } = workload;
      expect(seen.opened).toBeGreaterThan(5);
      expect(seen.closed).toBeGreaterThan(5);
      expect(net.history.sometimes.get('share-released')).toBeGreaterThan(20);
      net.expectNoViolation();
      expectTheftFails(net, workload.records);
    }
    expectOwnCommitFirst();
  });

  test('With f custodians killed a record is registered, and every record is read.', () => {
    for (const founders of [four(), seven()]) {
      const net = recordsNetwork({ founders });
      const before = net.register('an allergy', 'a finding');
      net.consent();
      for (const node of net.nodes.slice(-faultyMax(net.nodes.length))) node.kill();
      const after = net.register('a later finding');
      expect(net.read(net.node(0), net.access(before)).toSorted()).toEqual(['a finding', 'an allergy']);
      expect(net.read(net.node(1), net.access(after))).toEqual(['a later finding']);
      net.expectNoViolation();
    }
  });

  test('One custodian hands out false shares: it is named, nobody else is, and the record opens.', () => {
    const net = hostileNetwork('false-shares');
    const authored = net.register('an allergy');
    net.consent();
    const access = net.access(authored);
    const { secrets, liars } = net.believe(access, net.ask(net.node(0), access));
    expect(liars).toEqual([net.node(3).id]);
    expect(secrets.size).toBe(1);
    expect(net.read(net.node(1), access)).toEqual(['an allergy']);
    net.expectNoViolation();
  });

  test('Break-glass: works with one hospital down, also when a second hands out false shares: of four and of seven the liar alone is named.', () => {
    for (const founders of [four(), seven()]) {
      const net = hostileNetwork('false-shares', founders);
      const rescuer = net.rescuer();
      const authored = net.registerDataset('an allergy', 'an implant');
      const liar = net.nodes.at(-1) as SimNode;
      net.nodes.at(-2)?.kill();
      const access = net.breakGlass(authored, rescuer);
      const { secrets, liars } = net.believe(access, net.ask(net.node(0), access));
      expect(liars).toEqual([liar.id]);
      expect(secrets.size).toBe(2);
      expect(net.read(net.node(1), access).toSorted()).toEqual(['an allergy', 'an implant']);
      net.expectNoViolation();
    }
  });

  test('One custodian releases to a reader whom the ledger denied: its share is true, and opens nothing.', () => {
    const net = hostileNetwork('release-without-permit');
    const authored = net.register('an allergy');
    const access = net.access(authored);
    const answers = net.ask(net.node(0), access);
    expect(releasingIn(answers)).toEqual([net.node(3).id]);
    const { secrets, liars } = net.believe(access, answers);
    expect(liars).toEqual([]);
    expect(secrets.size).toBe(0);
    net.expectNoViolation();
  });

  test('A vault that was lost is filled again by the others, and its node serves as before.', () => {
    const net = recordsNetwork();
    const lost = net.node(2);
    const authored = net.register('an allergy', 'a finding');
    net.consent();
    const ids = lost.vault.ids().toSorted();
    lost.loseAll();
    net.history.excused.add(lost.id);
    net.pass(1_000);
    lost.start();
    net.until(() => lost.vault.ids().length === ids.length && lost.custody?.status().missing === 0, 60_000);
    expect(lost.vault.ids().toSorted()).toEqual(ids);
    // It signs again once it has heard of nothing that its lost record would have forbidden.
    keepSubmitting(net, [0], 500);
    net.until(() => lost.isSigning, 60_000);
    net.node(3).kill();
    const access = net.access(authored);
    expect(releasing(net, access)).toEqual(idsOf(net.nodes.slice(0, 3)));
    expect(net.read(lost, access)).toHaveLength(2);
    net.expectNoViolation();
  });

  test('The same seed with custody gives the same bytes.', () => {
    const digests = [1, 2].map(() => {
      const net = network({ seed: 9, custody: true });
      startRecordsWorkload(net.cluster, { meanUs: 150_000 });
      net.pass(4_000);
      net.node(1).losePower();
      net.pass(1_000);
      net.node(1).start();
      net.pass(5_000);
      return net.cluster.trace.digest();
    });
    expect(digests[0]).toBe(digests[1]);
  });
});

describe('The checker of confidentiality convicts', () => {
  test('a custodian that releases what its ledger denied.', () => {
    const planted = plantedNetwork((deps, hospital) => ({ ...deps, kv: permitting(deps.kv, hospital) }));
    const access = planted.access(planted.register('an allergy'));
    expect(releasingIn(planted.ask(planted.node(0), access))).toEqual([planted.node(3).id]);
    expect(convictions(planted)).toEqual(['released what its ledger denied']);
  });

  test('a custodian that goes by the ledger of another which is ahead of its own.', () => {
    let ahead: SimNode | undefined;
    const planted = plantedNetwork((deps) => ({
      ...deps,
      kv: {
        ...deps.kv,
        get: (table, key) =>
          (table === TABLES.state ? (ahead?.kv.reader ?? deps.kv) : deps.kv).get(table, key),
      },
      tip: () => ahead?.replica?.ledger.tip ?? deps.tip(),
    }));
    ahead = planted.node(0);
    const authored = planted.register('an allergy');
    planted.consent();
    const late = planted.node(3);
    planted.cluster.net.setTap((_from, to, channel, bytes) =>
      to === late.id && channel !== 'custody' ? [] : [bytes],
    );
    const access = planted.access(authored, planted.nodes.slice(0, 3));
    expect(releasing(planted, access)).toEqual(idsOf(planted.nodes));
    expect(convictions(planted)).toEqual(['released before its own commit of the access']);
  });

  test('a custodian that does not ask how far the others are, and releases what was revoked meanwhile.', () => {
    const planted = plantedNetwork((deps) => ({ ...deps, net: unasking(deps.net, deps.clock) }));
    const late = planted.node(3);
    const authored = planted.register('an allergy');
    planted.consent();
    const access = planted.access(authored);
    planted.cluster.net.setTap((_from, to, channel, bytes) =>
      to === late.id && channel !== 'custody' ? [] : [bytes],
    );
    const others = planted.nodes.slice(0, 3);
    planted.commit(
      planted.patient,
      actionOf('consent.revoke', { patient: planted.patient.id, index: 0 }),
      others,
    );
    expect(releasing(planted, access)).toEqual([late.id]);
    expect(convictions(planted)).toEqual(['released although a quorum was further when it was asked']);
  });

  test('whoever opens a record without a permit, and f nodes that can.', () => {
    const net = recordsNetwork();
    const authored = net.register('an allergy');
    const [record] = authored.records as [(typeof authored.records)[number]];
    const reading = { patient: net.patient.id, record: record.id, reader: net.doctor.id, access: 0 };
    for (const listener of net.cluster.taps.read) listener({ ...reading, isRight: true });
    expect(convictions(net)).toEqual(['was opened without a committed permit']);
    // Two of four share their disks and keys: one more than may be faulty.
    for (const node of net.nodes.slice(2)) net.history.hostile.add(node.id);
    net.end();
    expect(convictions(net)).toEqual([
      'was opened without a committed permit',
      `open ${record.id.slice(0, 8)} without a permit`,
    ]);
  });
});

/** The last of the custodians is an adversary's. */
function hostileNetwork(fault: CustodyLie, founders: Founders = four()): RecordsNetwork {
  const net = recordsNetwork({ founders });
  net.world().inject({
    fault,
    targets: [`n${net.nodes.length}`],
    params: {},
    prng: net.cluster.prng.fork('injection'),
  });
  return net;
}

/** The last of four is taken for honest, and has a hostile part. `hospital`: the doctor's. */
function plantedNetwork(part: (deps: CustodyDeps, hospital: () => Hex32) => CustodyDeps): RecordsNetwork {
  const [, away] = four().hospitals;
  const custody = (deps: CustodyDeps): CustodyDeps => part(deps, () => away?.id ?? '');
  return recordsNetwork({ hostileParts: new Map([['n4', { custody }]]) });
}

/** A ledger in which whatever was denied is permitted, and every record is one of this institution's own. */
function permitting(kv: Kv, institution: () => Hex32): Kv {
  return {
    ...kv,
    get: (table, key) => {
      const value = kv.get(table, key);
      if (table !== TABLES.state || value === undefined) return value;
      if (key[0] === RECORDS.number)
        return encode(RECORDS.shape, { ...rowValue(RECORDS, value), author: institution() });
      if (key[0] !== ACCESSES.number) return value;
      const row = rowValue(ACCESSES, value);
      const items = row.items.map((item) => ({ ...item, decision: 'permit' as const }));
      return encode(ACCESSES.shape, { ...row, items });
    },
  };
}

/** Nobody is asked: everybody is taken to have answered that he knows of nothing. */
function unasking(net: Peers, clock: Clock): Peers {
  let handler: NetHandler | undefined;
  return {
    ...net,
    start: (given) => {
      handler = given;
      net.start(given);
    },
    send: (to, channel, bytes) => {
      const message = decodeCustodyMessage(bytes);
      if (message.type !== 'heights-request') return net.send(to, channel, bytes);
      const { requestId } = message;
      const steps = encodeLightSteps([]);
      const answer = encodeCustodyMessage({ type: 'heights-answer', requestId, height: 0, steps });
      clock.after(1, () => handler?.onMessage(to, 'custody', answer));
      return true;
    },
  };
}

function convictions({ history }: Network): string[] {
  expect(history.violations.every(({ checker }) => checker === 'confidentiality')).toBe(true);
  return [...new Set(history.violations.map(({ what }) => what.replace(/^(record )?[0-9a-f, ]+ /, '')))];
}

function releasing(net: RecordsNetwork, access: Parameters<RecordsNetwork['ask']>[1]): readonly Hex32[] {
  return releasingIn(net.ask(net.node(0), access));
}

/** Custodians in whose answers something is released, sorted. */
function releasingIn(answers: ReturnType<RecordsNetwork['ask']>): readonly Hex32[] {
  return answers
    .filter((each) => 'release' in each && decodeRelease(each.release).envelope !== null)
    .map(({ custodian }) => custodian)
    .toSorted();
}

function idsOf(nodes: readonly SimNode[]): readonly Hex32[] {
  return nodes.map(({ id }) => id).toSorted();
}

/** Any f of them open nothing, and any f + 1 everything: so the theft was a real one. */
function expectTheftFails({ cluster, history }: Network, records: readonly { readonly id: Hex32 }[]): void {
  const { custody } = cluster;
  if (custody === undefined) throw new Error('a cluster with custody');
  const eyes = eyesOf(cluster, custody, history);
  const rows = records.map(({ id }) => [id, readRow(eyes.furthest() as StateReader, RECORDS, id)] as const);
  const registered = rows.filter(([, row]) => row !== undefined && row.erasedHeight === null).length;
  const erased = rows.filter(([, row]) => (row?.erasedHeight ?? null) !== null).map(([id]) => id);
  const f = faultyMax(eyes.nodes.length);
  for (const thieves of choices(eyes.nodes, f)) {
    const thief = thiefOf(eyes, thieves);
    expect(thief.shareCount()).toBeGreaterThanOrEqual(registered * f);
    expect([...thief.secrets().keys()]).toEqual([]);
  }
  const oneMore = thiefOf(eyes, eyes.nodes.slice(0, f + 1));
  expect(oneMore.secrets().size).toBeGreaterThanOrEqual(registered);
  const everybody = thiefOf(eyes, eyes.nodes);
  expect(erased.filter((id) => everybody.secrets().has(id))).toEqual([]);
}

/** A custodian that votes and blocks do not reach, while requests do. */
function expectOwnCommitFirst(): void {
  const net = recordsNetwork();
  const { cluster } = net;
  const late = net.node(3);
  const authored = net.register('an allergy');
  net.consent();
  cluster.net.setTap((_from, to, channel, bytes) => (to === late.id && channel !== 'custody' ? [] : [bytes]));
  const { height } = late;
  const others = net.nodes.filter((node) => node !== late);
  const access = net.access(authored, others);
  expect(late.height).toBe(height);
  expect(releasing(net, access)).toEqual(idsOf(others));
  cluster.net.setTap(undefined);
  net.until(() => late.height >= net.node(0).height, 20_000);
  expect(releasing(net, access)).toEqual(idsOf(net.nodes));
  net.expectNoViolation();
}
