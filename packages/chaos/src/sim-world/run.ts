// Owns: one scenario in the simulator: the faults, then healing, then further heights on every node, with every checker
// watching. Pure in the scenario and the options: the same run, byte for byte.
import { faultyMax } from '@consilium/core';
import {
  type Cluster,
  createCluster,
  createFounders,
  createHospital,
  type Founders,
  type Hospital,
  members,
  type SignatureKind,
  type SnapshotWorld,
  startFounders,
  startSetChanges,
  startWorkload,
} from '@consilium/sim';
import {
  convictUnhealed,
  convictUnstalled,
  hasHealed,
  healedGoal,
  type Progress,
} from '../checkers/liveness.ts';
import { type History, reached, topHeight, violate } from '../history/history.ts';
import { FAULTS_MS_MAX, SWARM_HEIGHTS_DEFAULT } from '../limits.ts';
import { noteUnplayed, startDirector } from '../run/director.ts';
import { judge } from '../run/judge.ts';
import type { RunRecord } from '../run/verdict.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { startRecords } from './records.ts';
import { type Watch, watchCluster } from './watch.ts';
import { createSimWorld, type SimWorld } from './world.ts';

export interface SimRunOptions {
  readonly signatures: SignatureKind;
  /** Keeps commits, messages and logs for a folder of the run; it costs time, and changes nothing of the run. */
  readonly record: boolean;
  /** Keeps every line of the trace in words. */
  readonly keepTrace: boolean;
}

export interface SimRun extends RunRecord {
  /** The last lines of the trace, or all of them when asked. */
  readonly trace: readonly string[];
}

interface Run {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly watch: Watch;
  readonly world: SimWorld;
  readonly recorder: Recorder;
}

export function runInSim(scenario: Scenario, options: SimRunOptions): SimRun {
  const run = createRun(scenario, options);
  const { cluster, watch, world, recorder } = run;
  const { history } = watch;
  let healedMs: number | undefined;
  cluster.trace.say(`scenario ${scenario.name} ${scenario.seed}`);
  startFounders(cluster);
  try {
    healedMs = runPhases(run);
  } catch (error) {
    // An exception of the code under test is a violation like any other, with the seed that shows it.
    violate(history, 'exception', error instanceof Error ? `${error.stack}` : String(error));
  }
  const verdict = judge({
    scenario,
    world: 'sim',
    history,
    idsOf: (name) => cluster.hospitals.find((hospital) => hospital.name === name)?.id,
    lacking: [...world.lacking],
    tookMs: Math.round(world.nowMs()),
    healedMs,
    digest: cluster.trace.digest(),
  });
  return {
    verdict,
    scenario,
    versions: {},
    ids: Object.fromEntries(cluster.hospitals.map(({ name, id }) => [name, id])),
    timeline: world.timeline,
    logs: recorder.logs(),
    writes: recorder.writes(history),
    trace: cluster.trace.lines(),
  };
}

function createRun(scenario: Scenario, { signatures, record, keepTrace }: SimRunOptions): Run {
  const { nodes, guests, seed } = scenario;
  const cluster = createCluster({
    founders: foundersOf(nodes),
    guests: Array.from({ length: guests }, (_, index) => guestOf(index)),
    ...{ seed, signatures, keepTrace },
    custody: needsCustody(scenario),
    ...(needsSnapshots(scenario) && { snapshots: SNAPSHOTS }),
  });
  const watch = watchCluster(cluster);
  const world = createSimWorld(cluster, watch.history);
  const recorder = createRecorder(cluster, world, record);
  return { scenario, cluster, watch, world, recorder };
}

/** Gives how long healing took, when it did. Milliseconds. */
function runPhases(run: Run): number | undefined {
  const { scenario, cluster, watch, world, recorder } = run;
  const { history } = watch;
  const workload = startLoad(run);
  const setChanges = scenario.setChanges ? startSetChanges(cluster, boardsPace(scenario)) : undefined;
  const director = startDirector(world, scenario, cluster.prng.fork('director'));
  reached(history, `founders:${scenario.nodes}`);
  passFaults(run);
  setChanges?.stop();
  const healMs = world.nowMs();
  director.heal();
  if (scenario.expect.stall) convictUnstalled(history, recorder.commitsMs, director.standingMs(), healMs);
  noteUnplayed(history, scenario, director);
  const healedMs = isOverborne(run) ? overborne(history) : heal(run);
  workload.stop();
  if (healedMs !== undefined && history.violations.length === 0) workload.settle?.(history);
  world.say({ kind: 'phase', phase: 'end' });
  watch.end();
  return healedMs;
}

/** A run that lasts by its heights has so many for a proposal, its votes, and the change two heights later. */
function boardsPace({ durationMs, heights }: Scenario): number {
  return durationMs > 0 ? 1 : Math.min(1, heights / SWARM_HEIGHTS_DEFAULT);
}

interface Load {
  stop(): void;
  settle?(history: History): void;
}

function startLoad({ scenario, cluster }: Run): Load {
  const { kind, rate, pause } = scenario.workload;
  if (kind === 'none') return { stop: () => undefined };
  if (needsCustody(scenario)) return startRecords(cluster, rate);
  return startWorkload(cluster, { meanUs: 1_000_000 / rate, pause });
}

/** Often, and in small parts: a run has some dozens of heights. */
const SNAPSHOTS: SnapshotWorld = { everyBlocks: 5, chunkBytes: 512 };

/** Where somebody lies about them: who lost its machine begins from one then. */
function needsSnapshots({ steps }: Scenario): boolean {
  return steps.some(({ fault }) => fault === 'bad-snapshot-chunk');
}

/** People with consents have records that these are about. */
function needsCustody({ workload: { kind } }: Scenario): boolean {
  return kind === 'records' || kind === 'consents';
}

function passFaults({ scenario, cluster, watch, world }: Run): void {
  const { history } = watch;
  const { durationMs, heights, expect } = scenario;
  const isOver = (): boolean =>
    history.violations.length > 0 || (world.nowMs() >= durationMs && topHeight(history) >= heights);
  // Nothing may be left to happen before the time has come: then it must pass by itself.
  cluster.scheduler.after(durationMs * 1000, () => undefined);
  const over = cluster.scheduler.run(isOver, Math.max(FAULTS_MS_MAX, durationMs) * 1000);
  if (!over && !expect.stall)
    violate(history, 'liveness', `only ${topHeight(history)} of ${heights} heights under faults`);
}

function overborne(history: History): undefined {
  history.overborne = true;
}

/** More liars than the network bears: it owes nothing any more. */
function isOverborne({ cluster, watch }: Run): boolean {
  return watch.history.hostile.size > faultyMax(members(cluster).length);
}

function heal(run: Run): number | undefined {
  const { cluster, watch, world, scenario } = run;
  const { history } = watch;
  const startMs = world.nowMs();
  const goal = healedGoal(history, scenario.expect.heightsAfter);
  for (const node of cluster.nodes) if (node.hasStarted) node.start();
  restartFailed(cluster);
  // An idle network owes no block: whoever asked for no load gets some to be judged by.
  if (scenario.workload.kind === 'none') startWorkload(cluster, HEALING_LOAD);
  startMembers(cluster);
  // A vote that was under way when the boards stopped to meet may let a hospital in later.
  cluster.taps.committed.push((_node, { block: { header } }) => {
    if (header.validatorsHash !== header.nextValidatorsHash) startMembers(cluster);
  });
  const isFar = (): boolean => topHeight(history) >= goal && hasHealed(goal, owing(run));
  const limitUs = (startMs + scenario.expect.livenessWithinMs) * 1000;
  const done = cluster.scheduler.run(() => history.violations.length > 0 || isFar(), limitUs);
  if (!done) convictUnhealed(history, goal, owing(run));
  return hasHealed(goal, owing(run)) ? Math.round(world.nowMs() - startMs) : undefined;
}

/** What a disk that was bad was asked for may fail after it was mended; then who watches a daemon starts it once more. */
function restartFailed({ scheduler, nodes }: Cluster): void {
  for (const delayUs of RESTARTS_US)
    scheduler.after(delayUs, () => {
      for (const node of nodes) if (node.hasStarted && DISK_CODES.includes(node.failure ?? '')) node.start();
    });
}

/** The slowest sync of a slow disk takes half a second. */
const RESTARTS_US = [1_000_000, 3_000_000, 10_000_000];
const DISK_CODES = ['DISK_FAILED', 'DISK_FULL', 'STORE_FAILED'];

const HEALING_LOAD = { meanUs: 150_000, pause: 0 };

/** A hospital that was let in has a node; it comes up once. */
function startMembers(cluster: Cluster): void {
  for (const node of members(cluster)) if (!node.hasStarted) node.start();
}

/** Honest members of the set: who left it is told nothing any more. */
function owing({ cluster, watch }: Run): Progress[] {
  return members(cluster)
    .filter(({ id }) => !watch.history.hostile.has(id))
    .map(({ id, height, failure }) => ({ node: id, height, failure }));
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
