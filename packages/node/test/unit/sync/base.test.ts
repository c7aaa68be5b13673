import { expect, test } from 'vitest';
import type { BlocksRequest, DecidedBlock } from '../../../src/messages/wire.ts';
import { Syncer } from '../../../src/sync/syncer.ts';
import { createEventLog, createManualClock } from '../../support/fakes.ts';

function syncing() {
  const asked: { readonly peer: string; readonly request: BlocksRequest }[] = [];
  const log = createEventLog();
  let tip = 0;
  const syncer = new Syncer({
    clock: createManualClock(),
    report: log.report,
    host: {
      tipHeight: () => tip,
      send: (peer, request) => asked.push({ peer, request }),
      penalize: () => undefined,
      apply: (blocks, done) => {
        tip += blocks.length;
        done('applied');
      },
    },
  });
  return { asked, log, syncer, tip: () => tip };
}

function blocksFrom(height: number, count: number): DecidedBlock[] {
  return Array.from({ length: count }, (_, index) => ({
    block: { header: { height: height + index } },
  })) as unknown as DecidedBlock[];
}

test('a peer is asked for no block below its base', () => {
  const { asked, syncer } = syncing();
  syncer.heard('pruned', { base: 50, height: 65 });
  syncer.heard('whole', { base: 1, height: 65 });
  expect(asked.map(({ peer, request }) => [peer, request.fromHeight])).toEqual([['whole', 1]]);
});

test('a peer that refuses because it has pruned the blocks is passed over without blame', () => {
  const { asked, log, syncer, tip } = syncing();
  syncer.heard('pruned', { base: 1, height: 65 });
  const [first] = asked.splice(0);
  syncer.heard('whole', { base: 1, height: 65 });
  const requestId = first?.request.requestId ?? 0;
  syncer.refused('pruned', { type: 'sync-refusal', requestId, code: 'BLOCK_PRUNED', base: 50 });
  expect(asked.map(({ peer, request }) => [peer, request.fromHeight])).toEqual([['whole', 1]]);
  syncer.answered('whole', {
    type: 'blocks',
    requestId: asked[0]?.request.requestId ?? 0,
    blocks: blocksFrom(1, 64),
  });
  expect(tip()).toBe(64);
  expect(log.codes()).toEqual([]);
});

test('a refusal that contradicts itself costs the peer its turn', () => {
  const { asked, log, syncer } = syncing();
  syncer.heard('liar', { base: 1, height: 65 });
  const requestId = asked[0]?.request.requestId ?? 0;
  syncer.refused('liar', { type: 'sync-refusal', requestId, code: 'BLOCK_PRUNED', base: 1 });
  expect(log.codes()).toEqual(['sync.bad-answer']);
});

test('that every peer has pruned what this node needs is said once', () => {
  const { asked, log, syncer } = syncing();
  syncer.heard('a', { base: 50, height: 65 });
  syncer.heard('b', { base: 60, height: 65 });
  syncer.heard('a', { base: 50, height: 66 });
  expect(asked).toEqual([]);
  expect(log.codes()).toEqual(['sync.pruned']);
});
