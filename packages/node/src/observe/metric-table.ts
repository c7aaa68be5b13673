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
  | 'consilium_custody_erasures_waiting'
  | 'consilium_loop_busy_ratio'
  | 'consilium_stuck'
  | 'consilium_quorum_validators'
  | 'consilium_reached_validators'
  | 'consilium_validator_connected'
  | 'consilium_sync_lag_blocks'
  | 'consilium_clock_offset_seconds'
  | 'consilium_disk_free_bytes'
  | 'consilium_store_bytes'
  | 'consilium_vault_bytes'
  | 'consilium_mempool_oldest_tx_age_seconds'
  | 'consilium_emergencies_open'
  | 'consilium_emergencies_overdue'
  | 'nodejs_eventloop_lag_seconds'
  | 'nodejs_heap_size_used_bytes'
  | 'process_open_fds'
  | 'process_max_fds'
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
  consilium_custody_erasures_waiting: {
    help: 'Erasures of the ledger that are not carried out here yet; 0 unless the node was away, or its disk fails',
  },
  consilium_loop_busy_ratio: {
    help: 'Part of the time since the last scrape in which the main thread was busy; near 1 votes come late',
  },
  consilium_stuck: {
    help: 'Whether work has waited for longer than silent proposers and a slow network explain',
  },
  consilium_quorum_validators: { help: 'Validators that a decision needs' },
  consilium_reached_validators: {
    help: 'Validators of the running height that this node reaches, itself included',
  },
  consilium_validator_connected: {
    help: 'Whether this node has a link to that validator of the running height',
    labels: ['validator'],
  },
  consilium_sync_lag_blocks: {
    help: 'Blocks that the others have and this node lacks, as far as it is told',
  },
  consilium_clock_offset_seconds: {
    help: 'How far most clocks of the peers are from this one; 0 until enough are heard',
  },
  consilium_disk_free_bytes: { help: 'Free space where the home lies' },
  consilium_store_bytes: { help: 'What chain and ledger state take on the disk' },
  consilium_vault_bytes: { help: 'Ciphertext of sealed records kept here' },
  consilium_mempool_oldest_tx_age_seconds: {
    help: 'How long the oldest waiting transaction has been here; 0 when none waits',
  },
  consilium_emergencies_open: {
    help: "Times that this institution's clinicians broke the glass and nobody has reviewed yet",
  },
  consilium_emergencies_overdue: {
    help: 'Those of them whose review is overdue: their clinicians cannot break the glass meanwhile',
  },
  nodejs_eventloop_lag_seconds: { help: 'How long one turn of the main loop took, measured at the scrape' },
  nodejs_heap_size_used_bytes: { help: 'Heap of the process in use' },
  process_open_fds: { help: 'Open files and sockets; 0 where the system does not say' },
  process_max_fds: { help: 'How many it may have open; 0 where the system does not say' },
  process_resident_memory_bytes: { help: 'Memory of the process' },
  process_start_time_seconds: { help: 'Start of the process, since the epoch' },
};

export type CounterName =
  | 'consilium_txs_total'
  | 'consilium_events_total'
  | 'consilium_blocks_total'
  | 'consilium_validator_blocks_total'
  | 'consilium_validator_signatures_total'
  | 'consilium_validator_missed_signatures_total'
  | 'consilium_validator_skipped_txs_total'
  | 'consilium_late_votes_total'
  | 'consilium_timeouts_total'
  | 'consilium_p2p_received_bytes_total'
  | 'consilium_p2p_sent_bytes_total'
  | 'consilium_p2p_refused_connections_total'
  | 'consilium_custody_packages_total'
  | 'consilium_custody_receipts_total'
  | 'consilium_custody_releases_total'
  | 'consilium_custody_refusals_total'
  | 'consilium_custody_repairs_total'
  | 'consilium_custody_resharings_total'
  | 'consilium_emergencies_total'
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
  consilium_blocks_total: {
    help: 'Committed blocks, by own agreement (decision) or fetched (sync)',
    labels: ['by'],
  },
  consilium_validator_blocks_total: { help: 'Committed blocks by their author', labels: ['validator'] },
  consilium_validator_signatures_total: {
    help: 'Commit certificates with the signature of that validator',
    labels: ['validator'],
  },
  consilium_validator_missed_signatures_total: {
    help: 'Commit certificates without it; a quorum is enough, so some are normal',
    labels: ['validator'],
  },
  consilium_validator_skipped_txs_total: {
    help: 'Waiting transactions that blocks of this author left out although there was room',
    labels: ['validator'],
  },
  consilium_late_votes_total: { help: 'Votes that came after their height was decided here' },
  consilium_timeouts_total: {
    help: 'Timeouts of agreement: propose means a silent proposer, prevote and precommit votes that differ or are late',
    labels: ['step'],
  },
  consilium_p2p_received_bytes_total: {
    help: 'Bytes of messages from that validator',
    labels: ['validator', 'channel'],
  },
  consilium_p2p_sent_bytes_total: {
    help: 'Bytes of messages to that validator',
    labels: ['validator', 'channel'],
  },
  consilium_p2p_refused_connections_total: {
    help: 'Connections refused: of a stranger, or too many that had not shown their key (pending)',
    labels: ['reason'],
  },
  consilium_emergencies_total: {
    help: "Times that this institution's clinicians broke the glass, since the network began",
  },
  process_cpu_seconds_total: { help: 'CPU time of the process, user and system' },
};

export type HistogramName =
  | 'consilium_rounds_per_height'
  | 'consilium_block_interval_seconds'
  | 'consilium_block_txs'
  | 'consilium_tx_commit_age_seconds'
  | 'consilium_log_sync_seconds'
  | 'consilium_store_write_seconds';

/** From a good disk to one that holds up votes. */
const DISK_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export const HISTOGRAMS: Readonly<Record<HistogramName, HistogramEntry>> = {
  consilium_rounds_per_height: {
    help: 'Rounds that a height took; 1 unless a proposer or the network was slow',
    buckets: [1, 2, 3, 4, 6, 8, 12, 20],
  },
  consilium_block_interval_seconds: {
    help: 'Time between two successive blocks, idle time included',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600],
  },
  consilium_tx_commit_age_seconds: {
    help: 'From the first receipt of a transaction here to its commit',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  consilium_log_sync_seconds: {
    help: 'How long a sync of the write-ahead log or the signing record took',
    labels: ['file'],
    buckets: DISK_SECONDS,
  },
  consilium_store_write_seconds: {
    help: 'How long a synced batch of the store took; each commit is one',
    buckets: DISK_SECONDS,
  },
  consilium_block_txs: {
    help: 'Transactions of a block',
    buckets: [0, 1, 5, 10, 50, 100, 250, 500, 1_000, 2_000, 4_096],
  },
};
