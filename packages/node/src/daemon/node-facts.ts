// Owns: the facts about a running node that metrics and probes show, gathered from its parts.
import { nextValidators } from '@consilium/core';
import type { NodeStatus } from '../api/deps.ts';
import type { CustodyStatus } from '../custody/custody.ts';
import { DISK_CHECK_MS, STORE_SIZE_CHECKS } from '../limits.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { NodeNet } from '../net/index.ts';
import { freeBytes } from '../observe/disk-space.ts';
import type { NodeFacts } from '../observe/metrics.ts';
import type { ReadinessFacts } from '../observe/readiness.ts';
import type { Cancel, Clock, Kv } from '../ports.ts';
import { readCertificate, stateReader } from '../replica/chain.ts';
import type { Replica } from '../replica/replica.ts';
import { bytesIn } from '../upkeep/folder-bytes.ts';
import type { LocalVault } from '../vault/vault.ts';
import { createEmergencyCounts } from './emergency-counts.ts';
import { namesOf } from './names.ts';

export interface NodeFactsSource {
  metrics(): Omit<NodeFacts, 'ready'>;
  readiness(): ReadinessFacts;
  stop(): void;
}

export interface NodeFactsDeps {
  readonly home: string;
  /** Folder of the store. */
  readonly data: string;
  readonly kv: Pick<Kv, 'get'>;
  readonly clock: Clock;
  readonly precisionMs: () => number;
  readonly status: () => NodeStatus;
  readonly replica: Pick<Replica, 'status' | 'heightFacts' | 'timeouts' | 'lateVotes'>;
  readonly custody: () => CustodyStatus;
  readonly pool: Pick<Mempool, 'oldestMs' | 'skips'>;
  readonly vault: Pick<LocalVault, 'stats'>;
  readonly net: Pick<NodeNet, 'stats'>;
}

export function createNodeFacts(deps: NodeFactsDeps): NodeFactsSource {
  const disk = watchDisk(deps);
  const emergencies = createEmergencyCounts(deps.kv, deps.status().institution);
  return {
    metrics: () => ({ ...metricsOf(deps, disk.now()), emergencies: emergencies(deps.clock.wallMs()) }),
    readiness: () => readinessFacts(deps, disk.now().freeBytes),
    stop: disk.stop,
  };
}

function metricsOf(deps: NodeFactsDeps, disk: DiskNow): Omit<NodeFacts, 'emergencies' | 'ready'> {
  const { kv, status, custody, replica, pool } = deps;
  const { claimedTip, clockOffsetMs } = replica.status();
  const { stuck, quorum, reached, validators: members } = replica.heightFacts();
  const { strangersRefused, pendingRefused } = deps.net.stats();
  const nameOf = namesOf(kv);
  const { height, time, round, awake, mempool, peers, synced, signing } = status();
  const validators = nextValidators(stateReader(kv)).length;
  const signed = readCertificate(kv, height)?.signatures.length ?? validators;
  return {
    height,
    blockTimeMs: time,
    round,
    awake,
    mempool,
    peers: peers.filter((peer) => peer.connected).length,
    validators,
    missingValidators: Math.max(0, validators - signed),
    synced,
    signing,
    custody: custody(),
    ...{ stuck, quorum, reached },
    links: members.map(({ institution, connected }) => ({ validator: nameOf(institution), connected })),
    syncLagBlocks: Math.max(0, claimedTip - height),
    clockOffsetMs: clockOffsetMs ?? 0,
    diskFreeBytes: disk.freeBytes,
    storeBytes: disk.storeBytes,
    vaultBytes: deps.vault.stats().bytes,
    oldestTxMs: pool.oldestMs() ?? 0,
    timeouts: replica.timeouts(),
    lateVotes: replica.lateVotes(),
    skippedTxs: [...pool.skips.all].map(([author, { txs }]) => ({ validator: nameOf(author), txs })),
    p2pRefused: { stranger: strangersRefused, pending: pendingRefused },
  };
}

function readinessFacts(
  { kv, precisionMs, status, replica }: NodeFactsDeps,
  diskFreeBytes: number | undefined,
): ReadinessFacts {
  const { height, synced, signing, peers, institution } = status();
  const { claimedTip, clockOffsetMs, diverged } = replica.status();
  const reachable = new Set([
    institution,
    ...peers.filter((peer) => peer.connected).map((peer) => peer.institution),
  ]);
  const validators = nextValidators(stateReader(kv));
  const { stuck, workForMs } = replica.heightFacts();
  return {
    synced,
    height,
    heightKnown: claimedTip,
    signing,
    diverged,
    reachablePower: validators.filter((validator) => reachable.has(validator.id)).length,
    totalPower: validators.length,
    diskFreeBytes,
    diskFull: false,
    clockOffsetMs,
    clockPrecisionMs: precisionMs(),
    stuckForMs: stuck && workForMs !== null ? workForMs : undefined,
  };
}

interface DiskNow {
  readonly freeBytes: number | undefined;
  readonly storeBytes: number | undefined;
}

/** Free space is looked at often; what the store takes, which is a walk over its files, every so many times. */
function watchDisk({ home, data, clock }: NodeFactsDeps): { now: () => DiskNow; stop: Cancel } {
  let now: DiskNow = { freeBytes: undefined, storeBytes: undefined };
  let looks = 0;
  let cancel: Cancel = () => undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const isTurn = looks % STORE_SIZE_CHECKS === 0;
    looks += 1;
    const storeBytes = isTurn ? await bytesIn(data).catch(() => undefined) : now.storeBytes;
    now = { freeBytes: await freeBytes(home), storeBytes };
    if (!stopped) cancel = clock.after(DISK_CHECK_MS, () => void look());
  };
  void look();
  return {
    now: () => now,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
