// Blocks that a replica takes over from its peers: how many writes they cost, and what one wrong one among them does.
import { actionOf } from '@consilium/core';
import { describe, expect, it, test } from 'vitest';
import type { Hospital } from '../../../../core/test/kit/chain.ts';
import { SYNC_RUN_TXS_MAX } from '../../../src/limits.ts';
import type { BlocksRequest, DecidedBlock } from '../../../src/messages/wire.ts';
import { readTip } from '../../../src/replica/chain.ts';
import { verifiedOnce } from '../../../src/replica/verified-once.ts';
import { type LoneReplica, startLoneReplica } from '../../support/lone-replica.ts';

/** Decided by the others, with so many transactions each. */
function decide({ chain, hospitals }: LoneReplica, blocks: number, txs = 1): DecidedBlock[] {
  const { id, account } = hospitals[0] as Hospital;
  return Array.from({ length: blocks }, () => {
    const sent = Array.from({ length: txs }, () => chain.tx(id, account, [actionOf('chain.noop', {})]));
    const { block } = chain.commit(sent);
    return { block, certificate: chain.certificate() } as DecidedBlock;
  });
}

/** Says that it has these, and answers what it is asked for then. */
function offer(node: LoneReplica, peer: Hospital, blocks: readonly DecidedBlock[]): void {
  const height = blocks.length + 1;
  const lastBlockId = node.chain.view().tip.id;
  const timeMs = node.clock.wallMs();
  node.tell(peer, { type: 'status', base: 1, height, lastBlockId, round: 0, awake: false, timeMs });
  const isRequest = (message: { type: string }): message is BlocksRequest =>
    message.type === 'blocks-request';
  for (const { requestId, fromHeight, count } of node.toldTo(peer).filter(isRequest)) {
    const range = blocks.slice(fromHeight - 1, fromHeight - 1 + count);
    node.tell(peer, { type: 'blocks', requestId, blocks: range });
  }
}

/** Batches wait until they are let through. */
function holdWrites({ home: { kv } }: LoneReplica): (() => void)[] {
  const held: (() => void)[] = [];
  const write = kv.write.bind(kv);
  kv.write = (batch, done) => {
    held.push(() => write(batch, done));
  };
  return held;
}

const heightOf = (node: LoneReplica): number => node.opened.replica.status().tip.height;

describe('blocks that came together', () => {
  it('are written in one batch, and the tip moves when it is durable', () => {
    const node = startLoneReplica();
    const [peer] = node.hospitals as [Hospital];
    const blocks = decide(node, 5);
    const held = holdWrites(node);
    offer(node, peer, blocks);
    expect([held.length, heightOf(node), readTip(node.home.kv)?.height]).toEqual([1, 0, 0]);
    held.shift()?.();
    expect([held.length, heightOf(node), readTip(node.home.kv)?.height]).toEqual([0, 5, 5]);
    expect(node.opened.ledger.tip.stateRoot).toBe(blocks.at(-1)?.block.header.stateRoot);
  });

  it('are as many as one batch may hold, and the rest go into the next', () => {
    const node = startLoneReplica();
    const [peer] = node.hospitals as [Hospital];
    const blocks = [...decide(node, 2), ...decide(node, 1, SYNC_RUN_TXS_MAX - 1)];
    const held = holdWrites(node);
    offer(node, peer, blocks);
    held.shift()?.();
    expect([held.length, heightOf(node)]).toEqual([1, 2]);
    held.shift()?.();
    expect([held.length, heightOf(node)]).toEqual([0, 3]);
  });

  it('leave the ones before a forged one committed, its sender blamed, and another peer asked', () => {
    const node = startLoneReplica();
    const [liar, honest] = node.hospitals as [Hospital, Hospital];
    const blocks = decide(node, 4);
    const forged = blocks.map((decided, index) =>
      index === 2 ? { ...decided, block: { ...decided.block, txs: [] } } : decided,
    );
    offer(node, liar, forged);
    expect([heightOf(node), node.blamed(liar)]).toEqual([2, ['sync.refused-block']]);
    offer(node, honest, blocks);
    expect([heightOf(node), node.blamed(honest)]).toEqual([4, []]);
  });

  it('refuse a certificate of another block, though each of its signatures was checked before', () => {
    const node = startLoneReplica();
    const [liar] = node.hospitals as [Hospital];
    const [first, second] = decide(node, 2) as [DecidedBlock, DecidedBlock];
    offer(node, liar, [first, { ...second, certificate: first.certificate }]);
    expect([heightOf(node), node.blamed(liar)]).toEqual([1, ['sync.refused-block']]);
  });

  it('cost each certificate once: the one by which a block is taken is the one that the next carries', () => {
    const node = startLoneReplica();
    const [peer] = node.hospitals as [Hospital];
    const blocks = decide(node, 8);
    const before = node.checks();
    offer(node, peer, blocks);
    const signatures = blocks.reduce((sum, { certificate }) => sum + certificate.signatures.length, 0);
    expect([heightOf(node), node.checks() - before]).toEqual([8, signatures]);
  });
});

test('a signature that verified is checked again under another key and over other bytes', () => {
  const asked: string[] = [];
  const verify = verifiedOnce((key, signature, message) => {
    asked.push(`${key} ${signature} ${message}`);
    return message[0] === 1;
  });
  const [yes, no] = [Uint8Array.of(1), Uint8Array.of(2)];
  expect([verify('k', 's', yes), verify('k', 's', yes), verify('k', 's', no), verify('l', 's', yes)]).toEqual(
    [true, true, false, true],
  );
  expect([verify('k', 's', no), verify('k', 's', yes)]).toEqual([false, true]);
  expect(asked).toEqual(['k s 1', 'k s 2', 'l s 1', 'k s 2']);
});
