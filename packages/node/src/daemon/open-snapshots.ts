// Owns: the snapshots of a daemon: made, kept in its home, and served on their channel. Does not own: any of the three.
import type { OpenHome } from '../files/home.ts';
import type { Clock, Peers, Report } from '../ports.ts';
import { openKeeper, type SnapshotKeeper } from '../snapshots/keeper.ts';
import { SnapshotServer } from '../sync/snapshot-server.ts';
import type { Prepared } from './prepared.ts';
import { showSteps } from './shown-steps.ts';

export interface OpenSnapshotsDeps {
  readonly prepared: Prepared;
  readonly home: OpenHome;
  readonly clock: Clock;
  readonly report: Report;
}

export interface OpenedSnapshots extends Pick<SnapshotKeeper, 'committed' | 'make' | 'stop'> {
  start(): void;
  stopServing(): void;
}

export async function openSnapshots(
  { prepared, home, clock, report }: OpenSnapshotsDeps,
  net: Peers,
): Promise<OpenedSnapshots> {
  const { store, paths } = home;
  const keeper = await openKeeper({ root: paths.snapshots, store, clock, report }, prepared.config.snapshots);
  const server = new SnapshotServer({
    ...{ clock, net, kv: store, source: keeper.source },
    lightSteps: (from, done) => void showSteps(home, from, report, ({ steps }) => done(steps)),
  });
  return {
    committed: (committed) => keeper.committed(committed),
    make: () => keeper.make(),
    start: () => server.start(),
    stopServing: () => server.stop(),
    stop: () => keeper.stop(),
  };
}
