// Owns: the registry of this node's metrics (its own: libraries reset the global one) and how each gets its value. Does
// not own: their names (metric-table.ts), and serving them (listener.ts).
import { performance } from 'node:perf_hooks';
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

const SIGNING_STATES = ['signing', 'observing', 'stopped', 'observer', 'away'] as const;

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
  /** Batches of sealed records that wait for registration, and that are to be fetched. */
  readonly custody: { readonly pending: number; readonly missing: number };
}

export interface CommittedBlock {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Of its certificate. */
  readonly round: number;
  readonly txs: readonly { readonly code: string }[];
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
  return {
    blockCommitted: createBlockMetrics(registry),
    eventReported: ({ level, code }) => events.inc({ level, code }),
    custodyCounted: createCustodyMetrics(registry),
    text: () => {
      setGauges(gauges, facts());
      refreshProcess();
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
  for (const state of SIGNING_STATES) {
    gauges.consilium_signing.set({ state }, Number(state === facts.signing));
  }
}

function createBlockMetrics(registry: Registry): Metrics['blockCommitted'] {
  const rounds = histogram(registry, 'consilium_rounds_per_height');
  const interval = histogram(registry, 'consilium_block_interval_seconds');
  const blockTxs = histogram(registry, 'consilium_block_txs');
  const txs = counter(registry, 'consilium_txs_total');
  let parentTime: number | undefined;
  return ({ time, round, txs: committed }) => {
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
    const now = performance.eventLoopUtilization();
    gauges.consilium_loop_busy_ratio.set(performance.eventLoopUtilization(now, utilization).utilization);
    utilization = now;
  };
}
