// Owns: the facts about a running node that metrics and probes show, gathered from its parts.
import { nextValidators } from '@consilium/core';
import type { NodeStatus } from '../api/deps.ts';
import type { CustodyStatus } from '../custody/custody.ts';
import { DISK_CHECK_MS } from '../limits.ts';
import { freeBytes } from '../observe/disk-space.ts';
import type { NodeFacts } from '../observe/metrics.ts';
import type { ReadinessFacts } from '../observe/readiness.ts';
import type { Cancel, Clock, Kv } from '../ports.ts';
import { readCertificate, stateReader } from '../replica/chain.ts';
import type { HeightFacts } from '../replica/facts.ts';
import type { ReplicaStatus } from '../replica/replica.ts';

export interface NodeFactsSource {
  metrics(): Omit<NodeFacts, 'ready'>;
  readiness(): ReadinessFacts;
  stop(): void;
}

export interface NodeFactsDeps {
  readonly home: string;
  readonly kv: Pick<Kv, 'get'>;
  readonly clock: Clock;
  readonly precisionMs: () => number;
  readonly status: () => NodeStatus;
  readonly replica: () => ReplicaStatus;
  readonly custody: () => CustodyStatus;
  readonly height: () => HeightFacts;
}

export function createNodeFacts(deps: NodeFactsDeps): NodeFactsSource {
  const disk = watchDisk(deps);
  return {
    metrics: () => metricsOf(deps),
    readiness: () => readinessFacts(deps, disk.free()),
    stop: disk.stop,
  };
}

function metricsOf({ kv, status, custody }: NodeFactsDeps): Omit<NodeFacts, 'ready'> {
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
  };
}

function readinessFacts(
  { kv, precisionMs, status, replica, height: running }: NodeFactsDeps,
  diskFreeBytes: number | undefined,
): ReadinessFacts {
  const { height, synced, signing, peers, institution } = status();
  const { claimedTip, clockOffsetMs, diverged } = replica();
  const reachable = new Set([
    institution,
    ...peers.filter((peer) => peer.connected).map((peer) => peer.institution),
  ]);
  const validators = nextValidators(stateReader(kv));
  const { stuck, workForMs } = running();
  return {
    synced,
    height,
    heightKnown: claimedTip,
    signing,
    diverged,
    reachablePower: validators.filter((validator) => reachable.has(validator.id)).length,
    totalPower: validators.length,
    diskFreeBytes,
    clockOffsetMs,
    clockPrecisionMs: precisionMs(),
    stuckForMs: stuck && workForMs !== null ? workForMs : undefined,
  };
}

function watchDisk({ home, clock }: NodeFactsDeps): { free: () => number | undefined; stop: Cancel } {
  let free: number | undefined;
  let cancel: Cancel = () => undefined;
  let stopped = false;
  const look = (): void => {
    void freeBytes(home).then((bytes) => {
      free = bytes;
      if (!stopped) cancel = clock.after(DISK_CHECK_MS, look);
    });
  };
  look();
  return {
    free: () => free,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
