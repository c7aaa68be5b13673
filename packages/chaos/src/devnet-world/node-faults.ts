// Owns: what one daemon of the fault kit is told to do to itself, as a value in a file beside its home: read at its start, and
// again whenever the world says so. Does not own: doing it (daemon.ts and the parts that it puts in).
import { mkdir } from 'node:fs/promises';
import type { CustodyLie } from '../byzantine/custody-lies.ts';
import type { CrashPointName } from '../faults/crash-points.ts';
import type { FaultName } from '../faults/names.ts';
import type { ParamValue } from '../scenario/scenario.ts';

export interface Drift {
  /** Since when by the true clock. Milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly percent: number;
}

/** One fault on one daemon. Those that stand together add up. */
export type NodeFault =
  | { readonly kind: 'clock-jump'; readonly offsetMs: number }
  | { readonly kind: 'clock-drift'; readonly drift: Drift }
  | { readonly kind: 'clock-freeze'; readonly atMs: number }
  | { readonly kind: 'disk-failing' }
  | { readonly kind: 'disk-full' }
  | { readonly kind: 'disk-slow'; readonly factor: number }
  /**
   * At the first of these points. `power`: with its machine. `torn`: of the write that is asked for there, this part is on the
   * disk.
   */
  | {
      readonly kind: 'crash';
      readonly points: readonly CrashPointName[];
      readonly power: boolean;
      readonly torn: number | undefined;
    }
  | {
      readonly kind: 'hand';
      readonly strategy: FaultName;
      readonly chance: number;
      readonly params: Readonly<Record<string, ParamValue>>;
      readonly seed: number;
    }
  | { readonly kind: 'custodian'; readonly lie: CustodyLie; readonly seed: number };

/**
 * Where the kit keeps what passes between a daemon and the world: not in the home, whose disk may be full. It takes no part
 * in what happens to that.
 */
export function kitFolder(home: string): string {
  return `${home}.kit`;
}

export async function makeKitFolder(home: string): Promise<void> {
  await mkdir(kitFolder(home), { recursive: true, mode: 0o700 });
}

export const NODE_FAULTS_FILE = 'node-faults.json';
/** A socket beside it: whoever writes a line to it is answered with one when the file was read again. */
export const NODE_FAULTS_SOCKET = 'node-faults.sock';

export function parseNodeFaults(text: string): readonly NodeFault[] {
  return JSON.parse(text) as readonly NodeFault[];
}

/** What a clock under these faults shows when it is truly `nowMs`. Milliseconds since the epoch. */
export function wallAt(faults: readonly NodeFault[], nowMs: number): number {
  const frozen = faults.find((fault) => fault.kind === 'clock-freeze');
  const trueMs = frozen === undefined ? nowMs : frozen.atMs;
  const shifts = faults.map((fault) => {
    if (fault.kind === 'clock-jump') return fault.offsetMs;
    if (fault.kind !== 'clock-drift') return 0;
    return (Math.max(0, trueMs - fault.drift.sinceMs) * fault.drift.percent) / 100;
  });
  return Math.round(shifts.reduce((sum, shift) => sum + shift, trueMs));
}
