// Owns: the registry of this node's metrics (its own: libraries reset the global one) and how each gets its value. Does
// not own: their names (metric-table.ts), and serving them (listener.ts).
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Count, Counted } from '../custody/types.ts';
import type { ReportedEvent } from '../ports.ts';
import {
  COUNTERS,
  type CounterName,
  GAUGES,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  type MetricEntry,
} from './metric-table.ts';
import { openFiles } from './open-files.ts';

const SIGNING_STATES = ['signing', 'hearing', 'observing', 'stopped', 'observer', 'away'] as const;

/** What a scrape asks of the node: cheap, as of now. */
export interface NodeFacts {
  readonly height: number;
  /** Of the last block. Milliseconds since the epoch. */
  readonly blockTimeMs: number;
  readonly round: number;
  readonly awake: boolean;
  readonly mempool: { readonly txs: number; readonly bytes: number };
  /** Connected validators, without this node. */
  readonly peers: number;
  readonly validators: number;
  readonly missingValidators: number;
  readonly synced: boolean;
  readonly signing: (typeof SIGNING_STATES)[number];
  readonly ready: boolean;
  readonly stuck: boolean;
  readonly quorum: number;
  readonly reached: number;
  /** Names of the validators of the running height, with whether there is a link. */
  readonly links: readonly { readonly validator: string; readonly connected: boolean }[];
  readonly syncLagBlocks: number;
  readonly clockOffsetMs: number;
  readonly diskFreeBytes: number | undefined;
  readonly storeBytes: number | undefined;
  readonly vaultBytes: number;
  readonly oldestTxMs: number;
  /** Since the start of this node, as are those below. */
  readonly timeouts: Readonly<Record<string, number>>;
  readonly lateVotes: number;
  readonly skippedTxs: readonly { readonly validator: string; readonly txs: number }[];
  readonly p2pRefused: { readonly stranger: number; readonly pending: number };
  /** Batches of sealed records that wait for registration, and that are to be fetched. */
  readonly custody: { readonly pending: number; readonly missing: number; readonly erasing: number };
  /** Of this institution's clinicians. What is not known yet is undefined. */
  readonly emergencies: {
    readonly total: number;
    readonly open: number | undefined;
    readonly overdue: number | undefined;
  };
}

export interface CommittedBlock {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Of its certificate. */
  readonly round: number;
  readonly txs: readonly { readonly code: string }[];
  readonly by: 'decision' | 'sync';
  /** Names of who took part. */
  readonly author: string;
  readonly signed: readonly string[];
  readonly missed: readonly string[];
}

export interface NodeIdentity {
  readonly version: string;
  readonly chainId: string;
  /** Its name. */
  readonly institution: string;
}

export interface Metrics {
  /** In order, each committed block once. */
  blockCommitted(block: CommittedBlock): void;
  /** A `Report` that counts. */
  eventReported(event: ReportedEvent): void;
  readonly custodyCounted: Count;
  readonly txCommitted: (ageMs: number) => void;
  readonly logSynced: (file: string, seconds: number) => void;
  readonly storeWritten: (seconds: number) => void;
  /** By the validator's name. */
  readonly messageMoved: (
    direction: 'received' | 'sent',
    validator: string,
    channel: string,
    bytes: number,
  ) => void;
  /** Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
  readonly registry: Registry;
}

export function createMetrics(identity: NodeIdentity, facts: () => NodeFacts): Metrics {
  const registry = new Registry();
  const gauges = createGauges(registry);
  const refreshProcess = createProcessMetrics(registry, gauges);
  gauges.consilium_info.set(
    { version: identity.version, chain_id: identity.chainId, institution: identity.institution },
    1,
  );
  const events = counter(registry, 'consilium_events_total');
  const totals = createTotals(registry);
  return {
    blockCommitted: createBlockMetrics(registry),
    eventReported: ({ level, code }) => events.inc({ level, code }),
    custodyCounted: createCustodyMetrics(registry),
    ...createPortMetrics(registry),
    text: async () => {
      const now = facts();
      setGauges(gauges, now);
      setValidatorGauges(gauges, now);
      setTotals(totals, now);
      refreshProcess();
      gauges.nodejs_eventloop_lag_seconds.set(await turnSeconds());
      return registry.metrics();
    },
    contentType: registry.contentType,
    registry,
  };
}

type Gauges = Readonly<Record<GaugeName, Gauge<string>>>;

function createGauges(registry: Registry): Gauges {
  const names = Object.keys(GAUGES) as GaugeName[];
  const gauges = names.map((name) => [name, new Gauge(described(registry, name, GAUGES[name]))] as const);
  return Object.fromEntries(gauges) as Gauges;
}

function counter(registry: Registry, name: CounterName): Counter<string> {
  return new Counter(described(registry, name, COUNTERS[name]));
}

function histogram(registry: Registry, name: HistogramName): Histogram<string> {
  const entry = HISTOGRAMS[name];
  return new Histogram({ ...described(registry, name, entry), buckets: [...entry.buckets] });
}

interface Described {
  readonly name: string;
  readonly help: string;
  labelNames: string[];
  registers: Registry[];
}

function described(registry: Registry, name: string, { help, labels = [] }: MetricEntry): Described {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function setGauges(gauges: Gauges, facts: NodeFacts): void {
  gauges.consilium_height.set(facts.height);
  gauges.consilium_block_time_seconds.set(facts.blockTimeMs / 1_000);
  gauges.consilium_round.set(facts.round);
  gauges.consilium_awake.set(Number(facts.awake));
  gauges.consilium_mempool_txs.set(facts.mempool.txs);
  gauges.consilium_mempool_bytes.set(facts.mempool.bytes);
  gauges.consilium_peers.set(facts.peers);
  gauges.consilium_validators.set(facts.validators);
  gauges.consilium_missing_validators.set(facts.missingValidators);
  gauges.consilium_synced.set(Number(facts.synced));
  gauges.consilium_ready.set(Number(facts.ready));
  gauges.consilium_custody_pending_batches.set(facts.custody.pending);
  gauges.consilium_custody_missing_batches.set(facts.custody.missing);
  gauges.consilium_custody_erasures_waiting.set(facts.custody.erasing);
  gauges.consilium_stuck.set(Number(facts.stuck));
  gauges.consilium_quorum_validators.set(facts.quorum);
  gauges.consilium_reached_validators.set(facts.reached);
  gauges.consilium_sync_lag_blocks.set(facts.syncLagBlocks);
  gauges.consilium_clock_offset_seconds.set(facts.clockOffsetMs / 1_000);
  gauges.consilium_vault_bytes.set(facts.vaultBytes);
  gauges.consilium_mempool_oldest_tx_age_seconds.set(facts.oldestTxMs / 1_000);
  // What is not known yet is no figure: an alarm on free space must not go off on it.
  if (facts.diskFreeBytes !== undefined) gauges.consilium_disk_free_bytes.set(facts.diskFreeBytes);
  if (facts.storeBytes !== undefined) gauges.consilium_store_bytes.set(facts.storeBytes);
  const { open, overdue } = facts.emergencies;
  if (open !== undefined) gauges.consilium_emergencies_open.set(open);
  if (overdue !== undefined) gauges.consilium_emergencies_overdue.set(overdue);
  for (const state of SIGNING_STATES) {
    gauges.consilium_signing.set({ state }, Number(state === facts.signing));
  }
}

/** Who left the set is shown no more. */
function setValidatorGauges(gauges: Gauges, { links }: NodeFacts): void {
  gauges.consilium_validator_connected.reset();
  for (const { validator, connected } of links)
    gauges.consilium_validator_connected.set({ validator }, Number(connected));
}

/** Counted elsewhere since the start of the node; shown as they stand. */
const TOTALS = [
  'consilium_timeouts_total',
  'consilium_late_votes_total',
  'consilium_validator_skipped_txs_total',
  'consilium_p2p_refused_connections_total',
  'consilium_emergencies_total',
] as const;

type Totals = Readonly<Record<(typeof TOTALS)[number], Counter<string>>>;

function createTotals(registry: Registry): Totals {
  return Object.fromEntries(TOTALS.map((name) => [name, counter(registry, name)])) as Totals;
}

function setTotals(
  totals: Totals,
  { timeouts, lateVotes, skippedTxs, p2pRefused, emergencies }: NodeFacts,
): void {
  for (const total of Object.values(totals)) total.reset();
  for (const [step, count] of Object.entries(timeouts)) totals.consilium_timeouts_total.inc({ step }, count);
  totals.consilium_late_votes_total.inc(lateVotes);
  totals.consilium_emergencies_total.inc(emergencies.total);
  for (const { validator, txs } of skippedTxs)
    totals.consilium_validator_skipped_txs_total.inc({ validator }, txs);
  for (const [reason, count] of Object.entries(p2pRefused))
    totals.consilium_p2p_refused_connections_total.inc({ reason }, count);
}

function createPortMetrics(
  registry: Registry,
): Pick<Metrics, 'txCommitted' | 'logSynced' | 'storeWritten' | 'messageMoved'> {
  const ages = histogram(registry, 'consilium_tx_commit_age_seconds');
  const syncs = histogram(registry, 'consilium_log_sync_seconds');
  const writes = histogram(registry, 'consilium_store_write_seconds');
  const moved = {
    received: counter(registry, 'consilium_p2p_received_bytes_total'),
    sent: counter(registry, 'consilium_p2p_sent_bytes_total'),
  };
  return {
    txCommitted: (ageMs) => ages.observe(ageMs / 1_000),
    logSynced: (file, seconds) => syncs.observe({ file }, seconds),
    storeWritten: (seconds) => writes.observe(seconds),
    messageMoved: (direction, validator, channel, bytes) =>
      moved[direction].inc({ validator, channel }, bytes),
  };
}

/** How long the loop takes to come round: what waits in it comes first. */
async function turnSeconds(): Promise<number> {
  const startedMs = performance.now();
  await nextTurn();
  return (performance.now() - startedMs) / 1_000;
}

function createBlockMetrics(registry: Registry): Metrics['blockCommitted'] {
  const rounds = histogram(registry, 'consilium_rounds_per_height');
  const interval = histogram(registry, 'consilium_block_interval_seconds');
  const blockTxs = histogram(registry, 'consilium_block_txs');
  const txs = counter(registry, 'consilium_txs_total');
  const blocks = counter(registry, 'consilium_blocks_total');
  const authored = counter(registry, 'consilium_validator_blocks_total');
  const signatures = counter(registry, 'consilium_validator_signatures_total');
  const misses = counter(registry, 'consilium_validator_missed_signatures_total');
  let parentTime: number | undefined;
  return ({ time, round, txs: committed, by, author, signed, missed }) => {
    blocks.inc({ by });
    authored.inc({ validator: author });
    for (const validator of signed) signatures.inc({ validator });
    for (const validator of missed) misses.inc({ validator });
    rounds.observe(round + 1);
    if (parentTime !== undefined) interval.observe((time - parentTime) / 1_000);
    parentTime = time;
    blockTxs.observe(committed.length);
    for (const { code } of committed) txs.inc({ code });
  };
}

const CUSTODY_COUNTERS: Readonly<Record<Counted, CounterName>> = {
  package: 'consilium_custody_packages_total',
  receipt: 'consilium_custody_receipts_total',
  release: 'consilium_custody_releases_total',
  refusal: 'consilium_custody_refusals_total',
  repair: 'consilium_custody_repairs_total',
  resharing: 'consilium_custody_resharings_total',
};

function createCustodyMetrics(registry: Registry): Count {
  const counters = new Map(
    (Object.keys(CUSTODY_COUNTERS) as Counted[]).map((what) => [
      what,
      counter(registry, CUSTODY_COUNTERS[what]),
    ]),
  );
  return (what, code) => counters.get(what)?.inc(code === undefined ? {} : { code });
}

/** prom-client's own set would wake the loop a hundred times a second to measure its delay. */
function createProcessMetrics(registry: Registry, gauges: Gauges): () => void {
  const cpu = counter(registry, 'process_cpu_seconds_total');
  let counted = 0;
  let utilization = performance.eventLoopUtilization();
  gauges.process_start_time_seconds.set(performance.timeOrigin / 1_000);
  return () => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1_000_000;
    cpu.inc(Math.max(0, seconds - counted));
    counted = seconds;
    gauges.process_resident_memory_bytes.set(process.memoryUsage.rss());
    gauges.nodejs_heap_size_used_bytes.set(process.memoryUsage().heapUsed);
    const { open, max } = openFiles();
    gauges.process_open_fds.set(open);
    gauges.process_max_fds.set(max);
    const now = performance.eventLoopUtilization();
    gauges.consilium_loop_busy_ratio.set(performance.eventLoopUtilization(now, utilization).utilization);
    utilization = now;
  };
}
