// Owns: whether this node does its part, and in words why not. Pure: facts in, reasons out. Does not own: serving it.
import { isQuorum } from '@consilium/core';
import { DISK_FREE_BYTES_MIN } from '../limits.ts';
import { isClockOff } from '../replica/watch.ts';
import { forWords } from './words.ts';

export type ReadinessCode =
  | 'NOT_SYNCED'
  | 'NOT_SIGNING'
  | 'SIGNER_AWAY'
  | 'QUORUM_UNREACHABLE'
  | 'DISK_LOW'
  | 'DISK_FULL'
  | 'DIVERGED'
  | 'CLOCK_OFF'
  | 'STUCK';

export interface ReadinessReason {
  readonly code: ReadinessCode;
  /** One sentence: what is wrong and what to do. */
  readonly text: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly ReadinessReason[];
}

export interface ReadinessFacts {
  readonly synced: boolean;
  /** Own height and the highest that a peer told. */
  readonly height: number;
  readonly heightKnown: number;
  /** An observer has no vote, and none is missed. */
  readonly signing: 'signing' | 'hearing' | 'observing' | 'stopped' | 'observer' | 'away';
  /** Power of the connected validators and, if it is one, of this node. */
  readonly reachablePower: number;
  readonly totalPower: number;
  /** Of the file system that holds the home. undefined: unknown. */
  readonly diskFreeBytes: number | undefined;
  /** It rests: nothing can be written. */
  readonly diskFull: boolean;
  /** A quorum decided what this node finds invalid. */
  readonly diverged: boolean;
  /** How far the clocks of most peers are from this one. undefined: too few were heard. Milliseconds. */
  readonly clockOffsetMs: number | undefined;
  /** Of the parameters in force: how far two honest clocks may differ. */
  readonly clockPrecisionMs: number;
  /** How long the running height has had work without a block, once that is longer than it may take; else undefined. */
  readonly stuckForMs: number | undefined;
}

const DISK_FULL: ReadinessReason = {
  code: 'DISK_FULL',
  text: 'its disk is full: it votes and writes nothing, and answers reads; free space, and it goes on by itself',
};

export function readinessOf(facts: ReadinessFacts): Readiness {
  // Everything else follows from it, or is as old as it.
  if (facts.diskFull) return { ready: false, reasons: [DISK_FULL] };
  const reasons = [
    ...syncReasons(facts),
    ...signingReasons(facts),
    ...quorumReasons(facts),
    ...diskReasons(facts),
    ...clockReasons(facts),
    ...stuckReasons(facts),
  ];
  return { ready: reasons.length === 0, reasons };
}

type Reasons = readonly ReadinessReason[];

function syncReasons({ synced, height, heightKnown }: ReadinessFacts): Reasons {
  if (synced) return [];
  return [{ code: 'NOT_SYNCED', text: `at height ${height}, fetching blocks up to ${heightKnown}; wait` }];
}

function signingReasons({ signing, diverged }: ReadinessFacts): Reasons {
  if (diverged) {
    const text =
      'its result differs from what a quorum decided: it stopped voting, its answers are stale; see the log';
    return [{ code: 'DIVERGED', text }];
  }
  if (signing === 'hearing') {
    const text =
      'it has just started: it votes as soon as it has heard how far a quorum of validators is; wait';
    return [{ code: 'NOT_SIGNING', text }];
  }
  if (signing === 'observing') {
    const text = 'the signing record is missing or behind: watching before it votes again; wait';
    return [{ code: 'NOT_SIGNING', text }];
  }
  if (signing === 'away') {
    const text =
      'its signer does not answer: it votes again by itself as soon as consilium signer start runs';
    return [{ code: 'SIGNER_AWAY', text }];
  }
  if (signing !== 'stopped') return [];
  const text = 'it stopped voting: its key signed elsewhere; make sure that it runs once, see the log';
  return [{ code: 'NOT_SIGNING', text }];
}

function quorumReasons({ reachablePower, totalPower }: ReadinessFacts): Reasons {
  if (isQuorum(reachablePower, totalPower)) return [];
  const text = `reaches ${reachablePower} of ${totalPower} validators, which is no quorum: no block can be made; check links and peers`;
  return [{ code: 'QUORUM_UNREACHABLE', text }];
}

function diskReasons({ diskFreeBytes }: ReadinessFacts): Reasons {
  if (diskFreeBytes === undefined || diskFreeBytes >= DISK_FREE_BYTES_MIN) return [];
  const megabytes = Math.floor(diskFreeBytes / 1_048_576);
  return [{ code: 'DISK_LOW', text: `${megabytes} MB are free on its disk; free space before it stops` }];
}

function clockReasons({ clockOffsetMs, clockPrecisionMs }: ReadinessFacts): Reasons {
  if (clockOffsetMs === undefined || !isClockOff(clockOffsetMs, clockPrecisionMs)) return [];
  const direction = clockOffsetMs > 0 ? 'behind' : 'ahead of';
  const text = `the clock is ${Math.abs(clockOffsetMs)} ms ${direction} its peers, ${clockPrecisionMs} ms are allowed; check NTP`;
  return [{ code: 'CLOCK_OFF', text }];
}

/** While it fetches blocks, those are its blocks. */
function stuckReasons({ stuckForMs, synced }: ReadinessFacts): Reasons {
  if (stuckForMs === undefined || !synced) return [];
  const text = `there has been work for ${forWords(stuckForMs)} and no block; run \`consilium why\``;
  return [{ code: 'STUCK', text }];
}
