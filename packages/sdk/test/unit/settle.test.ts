import type { Tx } from '@consilium/core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { type Client, createClient, noop, type Signer } from '../../src/index.ts';
import { createFakeLedger, createFakeNode, type FakeLedger, type FakeNode } from '../support/fake-node.ts';

let ledger: FakeLedger;
let node: FakeNode;
let client: Client;
let signer: Signer;
let clock: number;
let lost: Tx;

beforeEach(() => {
  ledger = createFakeLedger();
  node = createFakeNode(ledger);
  const { id, account } = ledger.chain.hospitals[0] as Hospital;
  signer = { account: id, key: account };
  clock = ledger.chain.view().tip.time;
  const commit = node.onSubmit;
  // A validator's block has its clock's time.
  node.onSubmit = (tx, wait) => {
    ledger.commit([], { time: clock });
    return commit(tx, wait);
  };
  client = createClient({
    node: node.url,
    genesis: ledger.chain.genesis,
    verify: ledger.chain.deps.verify,
    fetch: node.fetch,
    now: () => clock,
    pause: async () => {},
  });
  idle(20, 60_000);
  clock = ledger.chain.view().tip.time;
  lost = client.buildTx([noop()], signer);
});

function idle(blocks: number, apartMs: number): void {
  for (let made = 0; made < blocks; made += 1)
    ledger.commit([], { time: ledger.chain.view().tip.time + apartMs });
}

describe('settling a transaction that was never seen committed', () => {
  test('dead: no block in which it could stand holds it, and a later one is there', async () => {
    idle(3, 50_000);
    await expect(client.settle(lost)).resolves.toMatchObject({ state: 'dead', provenBy: 23 });
  });

  test('looks at the blocks of its time alone', async () => {
    idle(3, 50_000);
    await client.settle(lost);
    const blocks = node.asked.filter((path) => path.startsWith('/v1/blocks/'));
    expect(blocks).toEqual([17, 18, 19, 20, 21, 22, 23].map((height) => `/v1/blocks/${height}`));
  });

  test('dead, though the node keeps no block from before its time', async () => {
    idle(3, 50_000);
    node.base = 16;
    await expect(client.settle(lost)).resolves.toMatchObject({ state: 'dead', provenBy: 23 });
  });

  test('unknown when blocks of its time may be among those that the node no longer keeps', async () => {
    idle(3, 50_000);
    node.base = 17;
    await expect(client.settle(lost)).resolves.toMatchObject({ state: 'unknown', bytes: lost.bytes });
  });

  test('found after all', async () => {
    ledger.commit([lost]);
    idle(3, 50_000);
    await expect(client.settle(lost)).resolves.toMatchObject({ state: 'committed', height: 21 });
  });

  test('a node that hides it is found out', async () => {
    ledger.commit([lost]);
    idle(3, 50_000);
    node.lie = (path, answer) =>
      path.startsWith('/v1/tx/') ? { id: answer.id, state: 'unknown' } : undefined;
    await expect(client.settle(lost)).rejects.toMatchObject({ code: 'PROOF_INVALID' });
  });

  test('unknown while no block is later than its time', async () => {
    idle(1, 50_000);
    await expect(client.settle(lost)).resolves.toMatchObject({ state: 'unknown', bytes: lost.bytes });
    await expect(client.settle(lost, { signer })).resolves.toMatchObject({ state: 'unknown' });
    expect(node.asked).not.toContainEqual(expect.stringContaining('/v1/tx?'));
  });

  test('on an idle chain a transaction that changes nothing makes the block that proves it dead', async () => {
    clock = lost.validUntil + 1;
    await expect(client.settle(lost, { signer })).resolves.toMatchObject({ state: 'dead' });
    expect(ledger.blocks.at(-1)?.txs).toHaveLength(1);
  });
});
