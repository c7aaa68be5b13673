// Owns: the names of all metrics, for ever: dashboards and alarms are built on them. docs/metrics.md shows this table.

export interface MetricEntry {
  /** One line; a gauge that answers a question is 1 for yes and 0 for no. */
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface HistogramEntry extends MetricEntry {
  readonly buckets: readonly number[];
}

export type GaugeName =
  | 'consilium_info'
  | 'consilium_height'
  | 'consilium_block_time_seconds'
  | 'consilium_round'
  | 'consilium_awake'
  | 'consilium_mempool_txs'
  | 'consilium_mempool_bytes'
  | 'consilium_peers'
  | 'consilium_validators'
  | 'consilium_missing_validators'
  | 'consilium_synced'
  | 'consilium_signing'
  | 'consilium_ready'
  | 'consilium_custody_pending_batches'
  | 'consilium_custody_missing_batches'
  | 'consilium_loop_busy_ratio'
  | 'process_resident_memory_bytes'
  | 'process_start_time_seconds';

export const GAUGES: Readonly<Record<GaugeName, MetricEntry>> = {
  consilium_info: {
    help: 'Always 1; the labels say which node of which network this is',
    labels: ['version', 'chain_id', 'institution'],
  },
  consilium_height: { help: 'Height of the last committed block' },
  consilium_block_time_seconds: { help: 'Time of the last committed block, since the epoch' },
  consilium_round: { help: 'Round of the running height' },
  consilium_awake: { help: 'Whether the running height has work; an idle chain waits' },
  consilium_mempool_txs: { help: 'Transactions waiting for a block' },
  consilium_mempool_bytes: { help: 'Bytes of the transactions waiting for a block' },
  consilium_peers: { help: 'Validators connected to this node' },
  consilium_validators: { help: 'Validators of the running height' },
  consilium_missing_validators: {
    help: 'Validators whose signature the last certificate lacks; a quorum is enough, so some are normal',
  },
  consilium_synced: { help: 'Whether this node knows of no block that it lacks' },
  consilium_signing: {
    help: 'Whether it votes: 1 for its state of signing, observing, stopped, observer and away (its signer), 0 for the others',
    labels: ['state'],
  },
  consilium_ready: { help: 'Whether /readyz answers 200' },
  consilium_custody_pending_batches: {
    help: 'Batches of sealed records kept here that wait for their registration',
  },
  consilium_custody_missing_batches: {
    help: 'Registered batches that this custodian should hold and does not yet; they are fetched from the others',
  },
  consilium_loop_busy_ratio: {
    help: 'Part of the time since the last scrape in which the main thread was busy; near 1 votes come late',
  },
  process_resident_memory_bytes: { help: 'Memory of the process' },
  process_start_time_seconds: { help: 'Start of the process, since the epoch' },
};

export type CounterName =
  | 'consilium_txs_total'
  | 'consilium_events_total'
  | 'consilium_custody_packages_total'
  | 'consilium_custody_receipts_total'
  | 'consilium_custody_releases_total'
  | 'consilium_custody_refusals_total'
  | 'consilium_custody_repairs_total'
  | 'consilium_custody_resharings_total'
  | 'process_cpu_seconds_total';

export const COUNTERS: Readonly<Record<CounterName, MetricEntry>> = {
  consilium_txs_total: { help: 'Committed transactions by the code of their result', labels: ['code'] },
  consilium_events_total: { help: 'Events of the node, logged or not', labels: ['level', 'code'] },
  consilium_custody_packages_total: { help: 'Packages of sealed records taken and made durable' },
  consilium_custody_receipts_total: { help: 'Receipts signed' },
  consilium_custody_releases_total: { help: 'Answers to readers that this custodian signed' },
  consilium_custody_refusals_total: {
    help: 'Requests of readers, or places in them, that this custodian refused, by code',
    labels: ['code'],
  },
  consilium_custody_repairs_total: { help: 'Batches fetched from other custodians' },
  consilium_custody_resharings_total: { help: 'Batches taken over into a new custody epoch' },
  process_cpu_seconds_total: { help: 'CPU time of the process, user and system' },
};

export type HistogramName =
  | 'consilium_rounds_per_height'
  | 'consilium_block_interval_seconds'
  | 'consilium_block_txs';

export const HISTOGRAMS: Readonly<Record<HistogramName, HistogramEntry>> = {
  consilium_rounds_per_height: {
    help: 'Rounds that a height took; 1 unless a proposer or the network was slow',
    buckets: [1, 2, 3, 4, 6, 8, 12, 20],
  },
  consilium_block_interval_seconds: {
    help: 'Time between two successive blocks, idle time included',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600],
  },
  consilium_block_txs: {
    help: 'Transactions of a block',
    buckets: [0, 1, 5, 10, 50, 100, 250, 500, 1_000, 2_000, 4_096],
  },
};
