// Owns: what a daemon does by itself in the name of its institution, over its adapters: a learner asks for its place in the
// set, a member tells of proposers that leave out what waits. Does not own: when it does (membership, mempool).
import type { OpenHome } from '../files/home.ts';
import { Promoter } from '../membership/promoter.ts';
import type { Mempool } from '../mempool/mempool.ts';
import { reportSkips } from '../mempool/skip-reporter.ts';
import type { Clock, Net, Report } from '../ports.ts';
import type { OpenedReplica } from '../replica/open.ts';
import type { Committed } from '../replica/types.ts';
import { createOwnSubmit } from './own-transactions.ts';
import type { Prepared } from './prepared.ts';
import type { NodeSigning } from './signing.ts';

export interface OwnActsDeps {
  readonly prepared: Prepared;
  readonly signing: Pick<NodeSigning, 'holds'>;
  readonly home: OpenHome;
  readonly clock: Clock;
  readonly report: Report;
  readonly net: Pick<Net, 'connected'>;
}

export interface OwnActs {
  start(): void;
  stop(): void;
  committed(committed: Committed): void;
}

export function openOwnActs(
  { prepared, signing, home, clock, report, net }: OwnActsDeps,
  { replica }: OpenedReplica,
  pool: Pick<Mempool, 'submit'>,
): OwnActs {
  const self = prepared.keys.account.account;
  const transactions = { prepared, clock, report };
  const promoter = new Promoter({
    self,
    kv: home.store,
    clock,
    report,
    status: () => replica.status(),
    connected: () => net.connected(),
    holdsKey: (key) => signing.holds(key),
    submit: createOwnSubmit(transactions, pool, 'membership.tx-refused'),
  });
  const submit = createOwnSubmit(transactions, pool, 'skip.tx-refused');
  return {
    start: () => promoter.start(),
    stop: () => promoter.stop(),
    committed: (committed) => {
      promoter.committed();
      reportSkips({ self, kv: home.store, report, submit }, committed);
    },
  };
}
