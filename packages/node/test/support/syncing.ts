// A syncer whose host applies every block at once, and what it asks of whom: for tests that play the peers.
import type { BlocksRequest, DecidedBlock } from '../../src/messages/wire.ts';
import { Syncer } from '../../src/sync/syncer.ts';
import { createEventLog, createManualClock } from './fakes.ts';

/** `asked`: requests that nobody has answered yet; the test takes them out. */
export function syncing() {
  const clock = createManualClock();
  const asked: { readonly peer: string; readonly request: BlocksRequest }[] = [];
  const log = createEventLog();
  let tip = 0;
  const syncer = new Syncer({
    clock,
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
  return { asked, clock, log, syncer, tip: () => tip };
}

/** Heights and nothing else: what these blocks hold is not looked at. */
export function blocksFrom(height: number, count: number): DecidedBlock[] {
  return Array.from({ length: count }, (_, index) => ({
    block: { header: { height: height + index } },
  })) as unknown as DecidedBlock[];
}
