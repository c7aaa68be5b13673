import { readFile } from 'node:fs/promises';
import { register } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createMetrics, type NodeFacts } from '../../../src/observe/metrics.ts';

const FACTS: NodeFacts = {
  height: 7,
  blockTimeMs: 1_700_000_000_500,
  round: 2,
  awake: true,
  mempool: { txs: 3, bytes: 900 },
  peers: 2,
  validators: 4,
  missingValidators: 1,
  synced: true,
  signing: 'signing',
  ready: false,
  stuck: true,
  quorum: 3,
  reached: 2,
  links: [
    { validator: 'Nord', connected: true },
    { validator: 'Sued', connected: false },
  ],
  syncLagBlocks: 4,
  clockOffsetMs: -250,
  diskFreeBytes: 5_000,
  storeBytes: 6_000,
  vaultBytes: 7_000,
  oldestTxMs: 1_500,
  timeouts: { propose: 2, prevote: 1, precommit: 0 },
  lateVotes: 8,
  skippedTxs: [{ validator: 'Sued', txs: 9 }],
  p2pRefused: { stranger: 10, pending: 11 },
  custody: { pending: 5, missing: 6, erasing: 7 },
  emergencies: { total: 12, open: 3, overdue: 1 },
};
const IDENTITY = { version: '0.1.0', chainId: 'dev-1', institution: 'Nord' };

const create = (facts: () => NodeFacts = () => FACTS) => createMetrics(IDENTITY, facts);

/** The samples of a text, without comments. */
async function samplesOf(metrics: { text(): Promise<string> }): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics of a node', () => {
  test('show what the node says at each scrape', async () => {
    let height = 7;
    const metrics = create(() => ({ ...FACTS, height }));
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'consilium_info{version="0.1.0",chain_id="dev-1",institution="Nord"} 1',
        'consilium_height 7',
        'consilium_block_time_seconds 1700000000.5',
        'consilium_round 2',
        'consilium_awake 1',
        'consilium_mempool_txs 3',
        'consilium_mempool_bytes 900',
        'consilium_peers 2',
        'consilium_validators 4',
        'consilium_missing_validators 1',
        'consilium_synced 1',
        'consilium_ready 0',
        'consilium_custody_pending_batches 5',
        'consilium_custody_missing_batches 6',
        'consilium_custody_erasures_waiting 7',
        'consilium_signing{state="signing"} 1',
        'consilium_signing{state="stopped"} 0',
      ]),
    );
    height = 8;
    expect(await samplesOf(metrics)).toContain('consilium_height 8');
  });

  test('show links, bounds and totals as the node has them', async () => {
    const metrics = create();
    const expected = [
      'consilium_stuck 1',
      'consilium_quorum_validators 3',
      'consilium_reached_validators 2',
      'consilium_validator_connected{validator="Nord"} 1',
      'consilium_validator_connected{validator="Sued"} 0',
      'consilium_sync_lag_blocks 4',
      'consilium_clock_offset_seconds -0.25',
      'consilium_disk_free_bytes 5000',
      'consilium_store_bytes 6000',
      'consilium_vault_bytes 7000',
      'consilium_mempool_oldest_tx_age_seconds 1.5',
      'consilium_timeouts_total{step="propose"} 2',
      'consilium_late_votes_total 8',
      'consilium_validator_skipped_txs_total{validator="Sued"} 9',
      'consilium_p2p_refused_connections_total{reason="stranger"} 10',
      'consilium_emergencies_total 12',
      'consilium_emergencies_open 3',
      'consilium_emergencies_overdue 1',
    ];
    expect(await samplesOf(metrics)).toEqual(expect.arrayContaining(expected));
    // A second scrape shows totals, it does not add them up.
    expect(await samplesOf(metrics)).toEqual(expect.arrayContaining(expected));
  });

  test('forget the links of who left the set', async () => {
    let links = FACTS.links;
    const metrics = create(() => ({ ...FACTS, links }));
    await metrics.text();
    links = links.slice(0, 1);
    expect(
      (await samplesOf(metrics)).filter((line) => line.startsWith('consilium_validator_connected')),
    ).toEqual(['consilium_validator_connected{validator="Nord"} 1']);
  });

  test('measure disk, ages and what peers send', async () => {
    const metrics = create();
    metrics.txCommitted(40);
    metrics.logSynced('agreement.wal', 0.002);
    metrics.storeWritten(0.02);
    metrics.messageMoved('received', 'Sued', 'agreement', 100);
    metrics.messageMoved('received', 'Sued', 'agreement', 20);
    metrics.messageMoved('sent', 'Sued', 'sync', 7);
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'consilium_tx_commit_age_seconds_sum 0.04',
        'consilium_log_sync_seconds_count{file="agreement.wal"} 1',
        'consilium_store_write_seconds_bucket{le="0.025"} 1',
        'consilium_p2p_received_bytes_total{validator="Sued",channel="agreement"} 120',
        'consilium_p2p_sent_bytes_total{validator="Sued",channel="sync"} 7',
      ]),
    );
  });

  test('count what custody did, refusals by code', async () => {
    const metrics = create();
    metrics.custodyCounted('receipt');
    metrics.custodyCounted('receipt');
    metrics.custodyCounted('refusal', 'ACCESS_EXPIRED');
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'consilium_custody_receipts_total 2',
        'consilium_custody_refusals_total{code="ACCESS_EXPIRED"} 1',
        'consilium_custody_releases_total 0',
      ]),
    );
  });

  test('count blocks: their rounds, transactions and the time between them', async () => {
    const metrics = create();
    const code = 'OK';
    const who = { by: 'decision', author: 'Nord', signed: ['Nord', 'Ost'], missed: ['Sued'] } as const;
    metrics.blockCommitted({ ...who, time: 1_000, round: 0, txs: [{ code }, { code: 'CONSENT_REVOKED' }] });
    metrics.blockCommitted({ ...who, time: 1_040, round: 3, txs: [{ code }] });
    metrics.blockCommitted({ ...who, time: 2_040, round: 0, txs: [], by: 'sync' });
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'consilium_rounds_per_height_count 3',
        'consilium_rounds_per_height_sum 6',
        'consilium_rounds_per_height_bucket{le="1"} 2',
        'consilium_rounds_per_height_bucket{le="4"} 3',
        'consilium_block_interval_seconds_count 2',
        'consilium_block_interval_seconds_bucket{le="0.05"} 1',
        'consilium_block_interval_seconds_sum 1.04',
        'consilium_block_txs_sum 3',
        'consilium_blocks_total{by="decision"} 2',
        'consilium_blocks_total{by="sync"} 1',
        'consilium_validator_blocks_total{validator="Nord"} 3',
        'consilium_validator_signatures_total{validator="Ost"} 3',
        'consilium_validator_missed_signatures_total{validator="Sued"} 3',
        'consilium_block_txs_bucket{le="0"} 1',
        'consilium_txs_total{code="OK"} 2',
        'consilium_txs_total{code="CONSENT_REVOKED"} 1',
      ]),
    );
  });

  test('count events by code, and nothing else of them', async () => {
    const metrics = create();
    metrics.eventReported({ level: 'warn', code: 'P2P_PEER_PENALIZED', peer: 'aa' });
    metrics.eventReported({ level: 'warn', code: 'P2P_PEER_PENALIZED', peer: 'bb' });
    const samples = await samplesOf(metrics);
    expect(samples).toContain('consilium_events_total{level="warn",code="P2P_PEER_PENALIZED"} 2');
    expect(samples.join()).not.toContain('"aa"');
  });

  test('measure the process without a timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const metrics = create();
    const sampleOf = async (name: string): Promise<number> => {
      const sample = (await samplesOf(metrics)).find((line) => line.startsWith(`${name} `));
      return Number(sample?.split(' ')[1]);
    };
    expect(await sampleOf('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(await sampleOf('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(await sampleOf('process_start_time_seconds')).toBeGreaterThan(1_700_000_000);
    const busy = await sampleOf('consilium_loop_busy_ratio');
    expect(busy >= 0 && busy <= 1).toBe(true);
    // The runner may have had one of its own, which has ended meanwhile.
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test('live in a registry of their own, so that two nodes share a process', async () => {
    const [a, b] = [create(), create(() => ({ ...FACTS, height: 99 }))];
    expect(await samplesOf(a)).toContain('consilium_height 7');
    expect(await samplesOf(b)).toContain('consilium_height 99');
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('are those of the table in docs/metrics.md, each with type, labels and meaning', async () => {
    const { registry } = create();
    const registered = registry.getMetricsAsArray().map((metric) => ({
      name: metric.name,
      type: String(metric.type),
      labels: labelNamesOf(metric),
      meaning: metric.help,
    }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(await documentedMetrics()).toEqual(registered.sort(byName));
  });
});

/** prom-client keeps them on the metric, and its types do not say so. */
function labelNamesOf(metric: object): readonly string[] {
  return (metric as { readonly labelNames: readonly string[] }).labelNames;
}

async function documentedMetrics() {
  const document = await readFile(new URL('../../../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = document.split('\n').filter((line) => /^\| `(?:consilium|process|nodejs)_/.test(line));
  const documented = rows.map((row) => {
    const [name = '', type = '', labels = '', meaning = ''] = row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return {
      name: name.replaceAll('`', ''),
      type,
      labels: labels === '' ? [] : labels.replaceAll('`', '').split(', '),
      meaning,
    };
  });
  return documented.sort((a, b) => (a.name < b.name ? -1 : 1));
}
