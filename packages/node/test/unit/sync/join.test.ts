import { actionOf, decodeLightSteps, encodeLightSteps, toHex, treeRoot } from '@consilium/core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WindowBlock } from '../../../src/messages/snapshot.ts';
import { readBase, readTip, treeReader } from '../../../src/replica/chain.ts';
import { openReplica } from '../../../src/replica/open.ts';
import { decodeManifest, encodeManifest } from '../../../src/sync/snapshot-format.ts';
import { TABLES } from '../../../src/tables.ts';
import {
  type Bend,
  createPast,
  createRowsKv,
  type JoinWorld,
  type KeptSnapshot,
  type Past,
  type PeerPlan,
  type RowsKv,
  startJoin,
} from '../../support/join-world.ts';

let past: Past;
let kept: KeptSnapshot;

beforeAll(() => {
  past = createPast();
  kept = past.snapshot();
  for (let made = 0; made < 3; made += 1) past.commit();
});

function trustAt(height: number) {
  return { height, blockId: past.idOf(height) };
}

/** Rows by table, without those that only a node that was there has. */
function rowsOf(kv: RowsKv, table: number): string[] {
  return kv
    .rows()
    .filter((row) => row.table === table)
    .map(({ key, value }) => `${toHex(key)} ${toHex(value)}`)
    .sort();
}

function expectJoined({ kv, result }: JoinWorld): void {
  expect(result()).toBe('done');
  expect(readTip(kv)).toMatchObject({ height: kept.height, blockId: past.idOf(kept.height) });
  expect(treeRoot(treeReader(kv))).toBe(readTip(kv)?.stateRoot);
  expect(rowsOf(kv, TABLES.joining)).toEqual([]);
}

describe('a newcomer with a snapshot', () => {
  test.each([
    ['older than', 3],
    ['the same as', 0],
    ['newer than', -2],
  ])(
    'that is %s the trusted block has the very state, tree and window of a node that was there',
    async (_, above) => {
      const join = startJoin(past, trustAt(kept.height + above), {
        a: { kept: [kept] },
        b: { kept: [kept] },
      });
      await join.run();
      expectJoined(join);
      const whole = createPast();
      for (const table of [TABLES.state, TABLES.tree, TABLES.setChanges])
        expect(rowsOf(join.kv, table)).toEqual(rowsOf(whole.kv, table));
      const base = readBase(join.kv);
      // Ten blocks, a minute each: five are in the window, and one more shows that it is whole.
      expect(base).toBe(kept.height - 6);
      for (const table of [TABLES.blocks, TABLES.results, TABLES.transactions])
        expect(rowsOf(whole.kv, table)).toEqual(expect.arrayContaining(rowsOf(join.kv, table)));
      expect(rowsOf(join.kv, TABLES.blocks)).toHaveLength(7);
      expect(rowsOf(join.kv, TABLES.lightHeaders)).toHaveLength(1);
      expect(new Set(join.asked.map(({ peer }) => peer))).toEqual(new Set(['a', 'b']));
      expect(join.penalties).toEqual([]);
    },
  );
});

describe('a peer among those that a newcomer asks', () => {
  const honest = (): PeerPlan => ({ kept: [kept] });
  /** Chunks and blocks are changed; what a newcomer asks first is answered, so that the peer is chosen at all. */
  const changed: Bend = (answer) => {
    if (answer.type === 'chunk') {
      const bytes = answer.bytes.slice();
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      return { messages: [{ ...answer, bytes }] };
    }
    if (answer.type === 'window') return { messages: [{ ...answer, blocks: answer.blocks.map(bare) }] };
    return { messages: [answer] };
  };

  test('who sends false chunks and blocks is charged, and the others give the true ones', async () => {
    const join = startJoin(past, trustAt(kept.height), {
      liar: { kept: [kept], bend: changed },
      b: honest(),
    });
    const tookMs = await join.run();
    expectJoined(join);
    expect(tookMs).toBeLessThan(10_000);
    expect(join.penalties.length).toBeGreaterThan(0);
    expect(new Set(join.penalties.map(({ peer }) => peer))).toEqual(new Set(['liar']));
  });

  test.each<[string, Bend]>([
    ['is silent', () => ({ messages: [] })],
    ['drips', (answer) => ({ messages: [answer], lateMs: 3_900 })],
    ['answers other questions', (answer) => ({ messages: [{ ...answer, requestId: 77 }] })],
  ])('who %s costs less than 10 s', async (_, bend) => {
    const join = startJoin(past, trustAt(kept.height), {
      slow: { kept: [kept], bend },
      b: honest(),
      c: honest(),
    });
    expect(await join.run()).toBeLessThan(10_000);
    expectJoined(join);
  });

  test('who leaves a row out, or adds one, is found out by the root', async () => {
    const bent: Bend = (answer) => {
      if (answer.type !== 'chunk') return { messages: [answer] };
      const second =
        answer.bytes.length > 200 ? answer.bytes.slice(0, answer.bytes.length - 60) : answer.bytes;
      return { messages: [{ ...answer, bytes: second }] };
    };
    const join = startJoin(past, trustAt(kept.height), { liar: { kept: [kept], bend: bent }, b: honest() });
    await join.run();
    expectJoined(join);
    expect(join.penalties[0]).toEqual({ peer: 'liar', code: 'snapshot.false-chunk' });
  });

  test('who leaves out a change of the set is found out, and another one is believed', async () => {
    const bend: Bend = (answer) => {
      if (answer.type !== 'steps') return { messages: [answer] };
      const steps = decodeLightSteps(answer.steps).filter(({ nextValidators }) => nextValidators === null);
      return { messages: [{ ...answer, steps: encodeLightSteps(steps) }] };
    };
    const join = startJoin(past, trustAt(kept.height), { liar: { kept: [kept], bend }, b: honest() });
    await join.run();
    expectJoined(join);
    expect(join.penalties).toEqual([{ peer: 'liar', code: 'snapshot.steps-incomplete' }]);
  });

  test('who offers a manifest that is not the state of its block is charged before anything is fetched', async () => {
    const { parts, ...rest } = decodeManifest(kept.manifest);
    const manifest = encodeManifest({ ...rest, parts: parts.toReversed() });
    const liar: PeerPlan = { kept: [{ ...kept, manifest }] };
    const join = startJoin(past, trustAt(kept.height), { liar, b: honest() });
    await join.run();
    expectJoined(join);
    expect(join.penalties).toEqual([{ peer: 'liar', code: 'snapshot.false-offers' }]);
  });

  test('who keeps a snapshot of another chain leads nobody astray, though its certificates hold', async () => {
    const other = createPast();
    other.commit([[actionOf('anchor.commit', { root: 'ab'.repeat(32), count: 1, schema: 'fork' })]]);
    for (let made = 0; made < 4; made += 1) other.commit();
    const fork = other.snapshot();
    const join = startJoin(past, trustAt(kept.height + 2), {
      liar: { kept: [fork], past: other },
      b: honest(),
      c: honest(),
    });
    await join.run();
    expectJoined(join);
  });
});

describe('a trusted block', () => {
  test('that nobody has keeps the newcomer waiting, and says what the peers have there, without blame', async () => {
    const trust = { height: kept.height, blockId: 'ab'.repeat(32) };
    const later = { height: kept.height + 1, blockId: 'ab'.repeat(32) };
    for (const wrong of [trust, later]) {
      const join = startJoin(past, wrong, { a: { kept: [kept] } });
      await join.run(20_000);
      expect(join.result()).toBe('running');
      expect(join.penalties).toEqual([]);
      expect(readTip(join.kv)).toBeUndefined();
      join.join.stop();
    }
  });

  test('other than the one that a join under way began from is refused', async () => {
    const first = startJoin(past, trustAt(kept.height), { a: { kept: [kept] } });
    first.kv.cutAfter(3);
    await first.run(1_000);
    first.join.stop();
    const second = startJoin(past, trustAt(3), { a: { kept: [kept] } }, createRowsKv(first.kv));
    expect(second.result()).toBe('SNAPSHOT_TRUST_CONFLICT');
  });
});

describe('a join', () => {
  test('that is cut off at any write goes on where it was, asks for no chunk twice, and ends the same', async () => {
    const whole = startJoin(past, trustAt(kept.height), { a: { kept: [kept] } });
    await whole.run();
    expectJoined(whole);
    for (let cut = 1; cut < whole.kv.writes; cut += 1) {
      const first = startJoin(past, trustAt(kept.height), { a: { kept: [kept] } });
      first.kv.cutAfter(cut);
      await first.run(500);
      expect(first.result()).toBe('running');
      first.join.stop();
      const stored = rowsOf(first.kv, TABLES.joining).filter((row) => row.startsWith('63'));
      const isInstalled = readTip(first.kv) !== undefined;
      const second = startJoin(past, trustAt(kept.height), { a: { kept: [kept] } }, createRowsKv(first.kv));
      await second.run();
      expectJoined(second);
      for (const table of Object.values(TABLES))
        expect(rowsOf(second.kv, table)).toEqual(rowsOf(whole.kv, table));
      const chunks = second.asked.filter(({ message }) => message.type === 'chunk-request').length;
      if (isInstalled) expect(chunks).toBe(0);
      else expect(chunks).toBeLessThanOrEqual(kept.chunks.length - stored.length);
    }
  });

  test('whose snapshot nobody keeps any more begins again with another one', async () => {
    const plan: { kept: KeptSnapshot[] } = { kept: [kept] };
    const join = startJoin(past, trustAt(kept.height), { a: plan });
    while (!join.asked.some(({ message }) => message.type === 'chunk-request')) await join.run(1);
    const newer = past.snapshot();
    plan.kept.splice(0, 1, newer);
    await join.run();
    expect(join.result()).toBe('done');
    expect(readTip(join.kv)?.height).toBe(newer.height);
    expect(join.log.codes()).toContain('join.snapshot-gone');
    expect(rowsOf(join.kv, TABLES.joining)).toEqual([]);
  });

  test('without a snapshot anywhere waits and says so', async () => {
    const join = startJoin(past, trustAt(kept.height), { a: { kept: [] } });
    await join.run(6_000);
    expect(join.log.codes()).toContain('join.no-snapshot');
  });

  test('that has not ended keeps a replica from beginning an empty chain over it', async () => {
    const join = startJoin(past, trustAt(kept.height), { a: { kept: [kept] } });
    join.kv.cutAfter(3);
    await join.run(1_000);
    const { genesis, deps } = past.chain;
    const refused = new Promise((resolve) => {
      openReplica({ genesis, genesisHash: deps.genesisHash, kv: join.kv } as never, {} as never, resolve);
    });
    await expect(refused).resolves.toMatchObject({ code: 'SNAPSHOT_UNFINISHED' });
  });
});

function bare(found: WindowBlock): WindowBlock {
  return { ...found, results: [] };
}
