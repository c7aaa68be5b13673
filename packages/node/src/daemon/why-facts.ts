// Owns: gathering what /v1/admin/why tells from the parts of a running node. Does not own: the words (observe/why.ts).
import type { Mempool } from '../mempool/mempool.ts';
import { readinessOf } from '../observe/readiness.ts';
import { type WhyFacts, type WhyReport, whyOf } from '../observe/why.ts';
import type { Clock, Kv } from '../ports.ts';
import type { Replica } from '../replica/replica.ts';
import { namesOf } from './names.ts';
import type { NodeFactsSource } from './node-facts.ts';

export interface WhyDeps {
  readonly name: string;
  readonly kv: Pick<Kv, 'get'>;
  readonly clock: Clock;
  readonly pool: Pick<Mempool, 'count' | 'bytes' | 'oldestMs' | 'skips'>;
  readonly facts: Pick<NodeFactsSource, 'readiness'>;
  readonly replica: Pick<Replica, 'status' | 'heightFacts'>;
}

export function whyReport(deps: WhyDeps): WhyReport {
  const facts = whyFacts(deps);
  return { ...whyOf(facts), readiness: readinessOf(deps.facts.readiness()), ...facts };
}

function whyFacts({ name, kv, clock, pool, facts, replica }: WhyDeps): WhyFacts {
  const { tip, diverged, claimedTip, clockOffsetMs } = replica.status();
  const readiness = facts.readiness();
  const running = replica.heightFacts();
  const nameOf = namesOf(kv);
  return {
    name,
    height: tip.height,
    blockTimeMs: tip.time,
    nowMs: clock.wallMs(),
    running: {
      ...running,
      validators: running.validators.map((each) => ({ ...each, name: nameOf(each.institution) })),
    },
    synced: readiness.synced,
    claimedTip,
    signing: readiness.signing,
    diverged,
    clockOffsetMs: clockOffsetMs === undefined ? null : Math.round(clockOffsetMs),
    clockPrecisionMs: readiness.clockPrecisionMs,
    diskFreeBytes: readiness.diskFreeBytes ?? null,
    mempool: { txs: pool.count, bytes: pool.bytes, oldestMs: pool.oldestMs() ?? null },
    skips: [...pool.skips.all].map(([author, count]) => ({ name: nameOf(author), ...count })),
  };
}
