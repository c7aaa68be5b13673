// Owns: one seed: at least 40 heights under drawn faults, then healing, then 10 heights more on every node, with every
// checker watching. Pure in its seed: the same seed gives the same trace.
import { checkPenalties } from '../checkers/reports.ts';
import { checkStores } from '../checkers/stores.ts';
import { type Cluster, createCluster } from '../cluster/cluster.ts';
import { topHeight, type Violation, violate } from '../cluster/history.ts';
import { createFounders, type Founders } from '../cluster/identities.ts';
import { startWorkload } from '../cluster/workload.ts';
import { startFaults } from './faults.ts';

export const HEIGHTS_UNDER_FAULTS = 40;
export const HEIGHTS_AFTER_HEALING = 10;
/** Simulated time within which a healed network must have made its further heights everywhere. */
const HEALED_LIMIT_US = 120_000_000;
/** Simulated time within which the heights under faults must be there: faults are drawn so that they leave room. */
const FAULTY_LIMIT_US = 3_600_000_000;
/** One seed in so many runs real Ed25519. */
const REAL_KEYS_EVERY = 100;

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly heights: number;
  readonly simulatedMs: number;
  readonly digest: string;
  readonly sometimes: ReadonlyMap<string, number>;
  /** The last lines of the trace, or all of them when asked. */
  readonly trace: readonly string[];
}

export interface SeedOptions {
  readonly keepTrace: boolean;
}

const foundersByCount = new Map<number, Founders>();

/** Their keys do not matter to a run, and making them takes longer than a height. */
function foundersOf(count: number): Founders {
  const founders = foundersByCount.get(count) ?? createFounders(count);
  foundersByCount.set(count, founders);
  return founders;
}

export function runSeed(seed: number, { keepTrace }: SeedOptions): SeedResult {
  const signatures = seed % REAL_KEYS_EVERY === 0 ? 'real' : 'fast';
  const cluster = createCluster({ founders: foundersOf(4), seed, signatures, keepTrace });
  const { scheduler, history, trace, nodes } = cluster;
  const failed = (): boolean => history.violations.length > 0;
  startWorkload(cluster, { meanUs: 150_000, pause: 0.03 });
  const faults = startFaults(cluster);
  const run = (isDone: () => boolean, limitUs: number): boolean => runGuarded(cluster, isDone, limitUs);
  const faulty = run(() => failed() || topHeight(history) >= HEIGHTS_UNDER_FAULTS, FAULTY_LIMIT_US);
  if (!faulty) violate(history, 'progress', `only ${topHeight(history)} heights under faults`);
  faults.heal();
  const goal = topHeight(history) + HEIGHTS_AFTER_HEALING;
  const isHealed = (): boolean => nodes.every((node) => node.height >= goal);
  const healed = run(() => failed() || isHealed(), scheduler.nowUs() + HEALED_LIMIT_US);
  if (!healed) {
    const heights = nodes.map(
      (node) => `${node.height}${node.failure === undefined ? '' : ` ${node.failure}`}`,
    );
    violate(history, 'progress', `healed, but the heights are ${heights.join(', ')} of ${goal}`);
  }
  checkStores(history, nodes);
  checkPenalties(history, cluster.net.penalties);
  return {
    seed,
    violations: history.violations,
    heights: topHeight(history),
    simulatedMs: Math.round(scheduler.nowUs() / 1000),
    digest: trace.digest(),
    sometimes: history.sometimes,
    trace: trace.lines(),
  };
}

/** An exception of the code under test is a violation like any other, with the seed that shows it. */
function runGuarded(cluster: Cluster, isDone: () => boolean, limitUs: number): boolean {
  try {
    return cluster.scheduler.run(isDone, limitUs);
  } catch (error) {
    violate(
      cluster.history,
      'exception',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    return true;
  }
}
