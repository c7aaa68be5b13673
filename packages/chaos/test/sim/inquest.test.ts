// What honest nodes keep to explain a fork, read from stores on a disk as the devnet does it after a run.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisValidators } from '@consilium/core';
import { openStore } from '@consilium/node';
import { heightKey, TABLES } from '@consilium/node/replica';
import { homePaths } from '@consilium/node/setup';
import type { SimNode } from '@consilium/sim';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoreSeen } from '../../src/checkers/checker.ts';
import { createForkChecker } from '../../src/checkers/fork.ts';
import { type DeadNode, holdInquest } from '../../src/devnet-world/inquest.ts';
import { createHistory, type History } from '../../src/history/history.ts';
import { storeOf } from '../../src/sim-world/watch.ts';
import { forked } from '../support/forks.ts';
import type { Network } from '../support/network.ts';

const FORK_HEIGHT = 4;

let folder: string;
let net: Network;
let history: History;
let dead: DeadNode[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inquest-'));
  net = forked(2, FORK_HEIGHT - 1);
  history = createHistory([net.node(2).id, net.node(3).id]);
  dead = [];
  for (const [place, node] of honest().entries()) {
    const home = join(folder, `n${place + 1}`);
    await keep(node, home);
    dead.push({ id: node.id, name: `n${place + 1}`, home });
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

test('A fork on the devnet is told with the guilty, by what the honest kept beside their blocks.', async () => {
  await holdInquest(history, stores(), dead, judge);
  expect(history.violations).toHaveLength(1);
  expect(history.violations[0]).toMatchObject({ checker: 'agreement', height: FORK_HEIGHT });
  expect([...(history.violations[0]?.nodes ?? [])].sort()).toEqual([net.node(2).id, net.node(3).id].sort());
  expect(history.unknown).toEqual([]);
});

test('A store that cannot be read makes it unknown who did it: nobody is accused of too little.', async () => {
  rmSync(homePaths(dead[1]?.home ?? '').data, { recursive: true });
  await holdInquest(history, stores(), dead, judge);
  expect(history.violations).toEqual([]);
  expect(history.unknown).toEqual([`what n2 kept of height ${FORK_HEIGHT} cannot be read: STORE_GONE`]);
});

test('Without a fork no store is opened.', async () => {
  for (const { home } of dead) rmSync(home, { recursive: true });
  await holdInquest(history, stores().slice(0, 1), dead, judge);
  expect(history).toMatchObject({ violations: [], unknown: [] });
});

function honest(): readonly SimNode[] {
  return [net.node(0), net.node(1)];
}

/** As a devnet sees them: without what only the stores know. */
function stores(): readonly StoreSeen[] {
  return honest().map((node) => ({ ...storeOf(node), certificatesAt: () => [] }));
}

function judge(seen: readonly StoreSeen[]): void {
  const { founders, keys } = net.cluster;
  const checker = createForkChecker(history, {
    genesisHash: founders.genesisHash,
    verify: keys.verify,
    validators: genesisValidators(founders.genesis),
  });
  for (const commit of net.history.chain.values()) checker.committed?.(net.node(0).id, commit);
  checker.ended?.(seen);
}

async function keep(node: SimNode, home: string): Promise<void> {
  mkdirSync(homePaths(home).data, { recursive: true });
  await using store = await openStore(homePaths(home).data);
  const key = heightKey(FORK_HEIGHT);
  const value = node.kv.reader.get(TABLES.accountability, key) ?? null;
  await new Promise<void>((resolve, reject) =>
    store.write([{ table: TABLES.accountability, key, value }], (error) =>
      error === undefined ? resolve() : reject(error),
    ),
  );
}
