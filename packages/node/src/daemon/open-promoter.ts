// Owns: a daemon's step from learner into the set, over its adapters. Does not own: when it is taken (membership).
import type { OpenHome } from '../files/home.ts';
import { Promoter } from '../membership/promoter.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Net, Report } from '../ports.ts';
import type { OpenedReplica } from '../replica/open.ts';
import { createOwnSubmit } from './own-transactions.ts';
import type { Prepared } from './prepared.ts';
import type { NodeSigning } from './signing.ts';

export interface OpenPromoterDeps {
  readonly prepared: Prepared;
  readonly signing: Pick<NodeSigning, 'publicKey'>;
  readonly home: OpenHome;
  readonly clock: Clock;
  readonly report: Report;
  readonly net: Pick<Net, 'connected'>;
}

export function openPromoter(
  { prepared, signing, home, clock, report, net }: OpenPromoterDeps,
  { replica }: OpenedReplica,
  pool: Pick<Mempool, 'submit'>,
): Promoter {
  const { account } = prepared.keys;
  return new Promoter({
    self: account.account,
    kv: home.store,
    clock,
    report,
    status: () => replica.status(),
    connected: () => net.connected(),
    holdsKey: (key) => key === signing.publicKey,
    submit: createOwnSubmit({ prepared, clock, report }, pool, 'membership.tx-refused'),
  });
}
