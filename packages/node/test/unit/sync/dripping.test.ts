import { expect, test } from 'vitest';
import { blocksFrom, syncing } from '../../support/syncing.ts';

test('a peer that drips blocks one at a time is not asked again for what holds the others up', () => {
  const { asked, clock, syncer, tip } = syncing();
  const answerAll = (peer: string, blocksMax: number): void => {
    for (const { request } of asked.splice(0).filter((each) => each.peer === peer)) {
      const blocks = blocksFrom(request.fromHeight, Math.min(request.count, blocksMax));
      syncer.answered(peer, { type: 'blocks', requestId: request.requestId, blocks });
    }
  };
  syncer.heard('dripping', { base: 1, height: 1_001 });
  syncer.heard('honest', { base: 1, height: 129 });
  const [first] = asked;
  expect(first).toMatchObject({ peer: 'dripping', request: { fromHeight: 1 } });
  answerAll('honest', 64);
  clock.advance(2_900);
  syncer.answered('dripping', {
    type: 'blocks',
    requestId: first?.request.requestId ?? 0,
    blocks: blocksFrom(1, 1),
  });
  expect(asked[0]).toMatchObject({ peer: 'honest', request: { fromHeight: 2 } });
  answerAll('honest', 64);
  expect(tip()).toBe(128);
});
