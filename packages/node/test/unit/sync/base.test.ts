import { expect, test } from 'vitest';
import { blocksFrom, syncing } from '../../support/syncing.ts';

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
