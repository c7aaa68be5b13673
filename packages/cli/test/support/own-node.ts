// The home of a node on a desk, and what such a node says of itself.

import type { Gate } from '../../../node/src/api/roles.ts';
import { systemRandom } from '../../../node/src/crypto/system-random.ts';
import { openGate } from '../../../node/src/daemon/gate.ts';
import { homePaths } from '../../../node/src/files/home.ts';
import { readinessOf } from '../../../node/src/observe/readiness.ts';
import type { WhyReport } from '../../../node/src/observe/why.ts';
import { type WhyFacts, whyOf } from '../../../node/src/observe/why.ts';
import { createManualClock } from '../../../node/test/support/fakes.ts';
import type { Desk } from './desk.ts';

/** Makes the home; gives who is admitted to its API. */
export async function operatorOf(desk: Desk, name: string): Promise<Gate> {
  const home = desk.path(name);
  await desk.json('node', 'init', '--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', home);
  // Its clock stands still, so that nothing is left running.
  const clock = createManualClock();
  const paths = homePaths(home);
  return openGate({ paths, auth: 'open', random: systemRandom, clock, report: () => {}, note: () => {} });
}

export interface ReportOptions {
  readonly validators?: number;
  readonly down?: number;
  readonly idle?: boolean;
}

const MINUTES_5 = 300_000;

export function reportOf({ validators: count = 4, down = 0, idle = false }: ReportOptions): WhyReport {
  const facts = factsOf(count, down, idle);
  const { running, synced, height, claimedTip, signing } = facts;
  const readiness = readinessOf({
    synced,
    height,
    heightKnown: claimedTip,
    signing,
    reachablePower: running.reached,
    totalPower: count,
    diskFreeBytes: undefined,
    diverged: false,
    diskFull: false,
    clockOffsetMs: 0,
    clockPrecisionMs: 400,
    stuckForMs: running.stuck ? MINUTES_5 : undefined,
  });
  return { ...whyOf(facts), readiness, ...facts };
}

function factsOf(count: number, down: number, idle: boolean): WhyFacts {
  const validators = Array.from({ length: count }, (_, index) => ({
    name: `Hospital ${index + 1}`,
    institution: String(index).padStart(64, '0'),
    prevote: index < count - down ? ('value' as const) : ('missing' as const),
    precommit: 'missing' as const,
    heard: { height: 6, round: 0, agoMs: index < count - down ? 200 : MINUTES_5 },
    connected: index < count - down,
    linkForMs: index === 0 ? null : MINUTES_5,
    clockOffsetMs: index < count - down ? 3 : null,
  }));
  return {
    name: 'Hospital 1',
    height: 6,
    blockTimeMs: 1_800_000_000_000,
    nowMs: 1_800_000_300_000,
    running: {
      ...{ height: 7, round: 3, step: 'prevote' as const, awake: !idle, hasWork: !idle, proposed: true },
      proposer: validators[0]?.institution ?? null,
      validators,
      quorum: Math.floor((2 * count) / 3) + 1,
      reached: count - down,
      locked: { blockId: 'ab'.repeat(32), round: 1 },
      valid: null,
      timer: { kind: 'prevote', inMs: 400 },
      ...{ heightForMs: MINUTES_5, roundForMs: 9_000, workForMs: idle ? null : MINUTES_5 },
      ...{ stuckAfterMs: 15_000, stuck: !idle && down > 0, logFull: false },
    },
    ...{ synced: true, claimedTip: 6, signing: 'signing' as const, diverged: false },
    ...{ clockOffsetMs: 0, clockPrecisionMs: 400, diskFreeBytes: 90 * 1024 ** 3 },
    mempool: idle ? { txs: 0, bytes: 0, oldestMs: null } : { txs: 3, bytes: 912, oldestMs: MINUTES_5 },
    skips: [],
  };
}
