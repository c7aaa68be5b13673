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
  type RecordsOptions,
  type RecordsWorkload,
  rereadRecords,
  startFounders,
  startRecordsWorkload,
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

/** Simulated time within which healed custodians must have repaired everything: a repair that fails waits 5 s, 10, 20, ... */
const SETTLED_LIMIT_US = 300_000_000;
const RECORDS: RecordsOptions = { meanUs: 250_000 };

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
  /** Whether the nodes keep sealed records as well, and people write and read them. */
  readonly custody?: boolean;
}

export function runSeed(seed: number, options: SeedOptions): SeedResult {
  const scenario = drawScenario(seed);
  const cluster = createWorld(seed, scenario, options);
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

function createWorld(seed: number, scenario: Scenario, options: SeedOptions): Cluster {
  const { keepTrace, custody = false } = options;
  const { signatures, hostile } = scenario;
  const founders = foundersOf(scenario.founders);
  const { hospitals } = founders;
  const hostileNames = hospitals.slice(hospitals.length - hostile).map(({ name }) => name);
  const guests = Array.from({ length: scenario.guests }, (_, index) => guestOf(index));
  return createCluster({ founders, guests, hostile: hostileNames, seed, signatures, keepTrace, custody });
}

/** First the faults, then a healed quorum must make progress within the bound. */
function runPhases(cluster: Cluster, watch: Watch, scenario: Scenario): void {
  const { scheduler } = cluster;
  const { history } = watch;
  const failed = (): boolean => history.violations.length > 0;
  startWorkload(cluster, { meanUs: 150_000, pause: 0.03 });
  const records = cluster.custody === undefined ? undefined : startRecordsWorkload(cluster, RECORDS);
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
  records?.stop();
  if (records !== undefined && !failed()) settleRecords(cluster, history, records);
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

/** Healed custodians hold again all that they should, and every record opens. */
function settleRecords(cluster: Cluster, history: History, { records, seen }: RecordsWorkload): void {
  const { scheduler } = cluster;
  const rereading = rereadRecords(cluster, records);
  const missing = (): number =>
    owing(cluster).reduce((sum, { custody }) => sum + (custody?.status().missing ?? 1), 0);
  const isSettled = (): boolean => missing() === 0 && rereading.unread().length === 0;
  const isOver = (): boolean => history.violations.length > 0 || isSettled();
  const settled = scheduler.run(isOver, scheduler.nowUs() + SETTLED_LIMIT_US);
  rereading.stop();
  if (records.length > 0) reached(history, 'records-reread');
  if (!settled) {
    const what = `${rereading.unread().length} of ${records.length} records do not open, ${missing()} are missing`;
    violate(history, 'records', what);
  }
  // A lie is told by a custodian, and an honest one tells none.
  for (const liar of seen.liars)
    if (!history.hostile.has(liar)) violate(history, 'records', `${liar.slice(0, 8)} released what is false`);
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
