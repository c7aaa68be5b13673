// Owns: one seed: at least 40 heights under drawn faults, then healing, then 10 heights more on every node, with every
// checker watching. Pure in its seed: the same seed gives the same trace.
import {
  type Cluster,
  createCluster,
  createFounders,
  createHospital,
  type Founders,
  type Hospital,
  members,
  startFounders,
  startSetChanges,
  startWorkload,
} from '@consilium/sim';
import { startAdversaries } from '../byzantine/adversary.ts';
import { type History, reached, topHeight, type Violation, violate } from '../history/history.ts';
import { type Watch, watchCluster } from '../sim-world/watch.ts';
import { startFaults } from './faults.ts';
import { drawScenario, type Scenario } from './scenario.ts';

export const HEIGHTS_UNDER_FAULTS = 40;
export const HEIGHTS_AFTER_HEALING = 10;
/** Simulated time within which a healed network must have made its further heights everywhere. */
const HEALED_LIMIT_US = 120_000_000;
/** Simulated time within which the heights under faults must be there: faults are drawn so that they leave room. */
const FAULTY_LIMIT_US = 900_000_000;

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

export function runSeed(seed: number, { keepTrace }: SeedOptions): SeedResult {
  const scenario = drawScenario(seed);
  const cluster = createWorld(seed, scenario, keepTrace);
  const { scheduler, trace } = cluster;
  const watch = watchCluster(cluster);
  const { history } = watch;
  trace.say(`scenario ${JSON.stringify(scenario)}`);
  startFounders(cluster);
  try {
    runPhases(cluster, watch, scenario);
  } catch (error) {
    // An exception of the code under test is a violation like any other, with the seed that shows it.
    violate(history, 'exception', error instanceof Error ? `${error.stack}` : String(error));
  }
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

function createWorld(seed: number, scenario: Scenario, keepTrace: boolean): Cluster {
  const { signatures, hostile } = scenario;
  const founders = foundersOf(scenario.founders);
  const { hospitals } = founders;
  const hostileNames = hospitals.slice(hospitals.length - hostile).map(({ name }) => name);
  const guests = Array.from({ length: scenario.guests }, (_, index) => guestOf(index));
  return createCluster({ founders, guests, hostile: hostileNames, seed, signatures, keepTrace });
}

/** First the faults, then a healed quorum must make progress within the bound. */
function runPhases(cluster: Cluster, watch: Watch, scenario: Scenario): void {
  const { scheduler } = cluster;
  const { history } = watch;
  const failed = (): boolean => history.violations.length > 0;
  startWorkload(cluster, { meanUs: 150_000, pause: 0.03 });
  const setChanges = scenario.setChanges ? startSetChanges(cluster) : undefined;
  const faults = startFaults(cluster, history);
  if (scenario.hostile > 0) startAdversaries(cluster, history);
  reached(history, `founders:${scenario.founders}`);
  reached(history, `hostile:${scenario.hostile}`);
  const isFar = (): boolean => topHeight(history) >= HEIGHTS_UNDER_FAULTS;
  const faulty = scheduler.run(() => failed() || isFar(), FAULTY_LIMIT_US);
  if (!faulty) violate(history, 'progress', `only ${topHeight(history)} heights under faults`);
  setChanges?.stop();
  faults.heal();
  heal(cluster, history, failed);
  watch.end();
}

function heal(cluster: Cluster, history: History, failed: () => boolean): void {
  const { scheduler } = cluster;
  const goal = topHeight(history) + HEIGHTS_AFTER_HEALING;
  const isHealed = (): boolean =>
    topHeight(history) >= goal && owing(cluster).every((node) => node.height >= goal);
  const healed = scheduler.run(() => failed() || isHealed(), scheduler.nowUs() + HEALED_LIMIT_US);
  if (healed) return;
  const heights = owing(cluster).map(({ height, failure }) => `${height} ${failure ?? ''}`.trimEnd());
  violate(history, 'progress', `healed, but the heights are ${heights.join(', ')} of ${goal}`);
}

/** Honest members of the set: who left it is told nothing any more. */
function owing(cluster: Cluster) {
  return members(cluster).filter((node) => !cluster.hostile.has(node.id));
}

const foundersByCount = new Map<number, Founders>();

/** Their keys do not matter to a run, and making them takes longer than a height. */
function foundersOf(count: number): Founders {
  const founders = foundersByCount.get(count) ?? createFounders(count);
  foundersByCount.set(count, founders);
  return founders;
}

const guestsByIndex = new Map<number, Hospital>();

function guestOf(index: number): Hospital {
  const guest = guestsByIndex.get(index) ?? createHospital(`g${index + 1}`);
  guestsByIndex.set(index, guest);
  return guest;
}
