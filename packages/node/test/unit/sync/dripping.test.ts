import { expect, test } from 'vitest';
import type { BlocksRequest, DecidedBlock } from '../../../src/messages/wire.ts';
import { Syncer } from '../../../src/sync/syncer.ts';
import { createManualClock } from '../../support/fakes.ts';

function blocksFrom(height: number, count: number): DecidedBlock[] {
  return Array.from({ length: count }, (_, index) => ({
    block: { header: { height: height + index } },
  })) as unknown as DecidedBlock[];
}

test('a peer that drips blocks one at a time is not asked again for what holds the others up', () => {
  const clock = createManualClock();
  const asked: { readonly peer: string; readonly request: BlocksRequest }[] = [];
  let tip = 0;
  const syncer = new Syncer({
    clock,
    report: () => undefined,
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
  expect(tip).toBe(128);
});
