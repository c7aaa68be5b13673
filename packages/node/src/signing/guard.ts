// Owns: whether this node may sign at all (docs/protocol.md 4.5, 4.8c): with whole records, after watching with a doubtful
// one, never again in this process once somebody else was seen to sign with its key. Does not own: the record and the
// log themselves, or what is signed. The replica tells it what happens and asks before each own message.
import type { Hex32 } from '@consilium/core';
import { OBSERVE_MS_MIN, OBSERVE_REBROADCASTS } from '../limits.ts';
import type { Clock, Report } from '../ports.ts';
import { comparePositions, type SigningPosition, type SigningRecord } from './record.ts';
import type { RecordStatus } from './record-file.ts';

export interface GuardDeps {
  readonly clock: Clock;
  readonly report: Report;
}

export interface GuardOptions {
  /** `behind`: the chain holds a signature of this key that the record does not know. An old copy was brought back. */
  readonly status: RecordStatus | 'behind';
  readonly record: SigningPosition;
  /** The height that this node comes up in: its chain's height + 1. */
  readonly runningHeight: number;
  /** Whether the log of the record's height holds, as own message, what the record names. */
  readonly logHoldsRecord: boolean;
  /** How often validators rebroadcast. Milliseconds. */
  readonly rebroadcastMs: number;
}

/** A message under a valid signature of this node's key, heard from the network. */
export interface HeardMessage extends SigningPosition {
  /** As in the record: SHA-256 of the signed bytes. */
  readonly hash: Hex32;
}

export interface HeardContext {
  readonly record: SigningRecord;
  readonly runningHeight: number;
  /** The log of the running height holds exactly this message. */
  readonly heldByLog: boolean;
}

export type SigningPermission = 'yes' | 'observing' | 'stopped';

export interface Guard {
  maySign(height: number): SigningPermission;
  /**
   * A height began: by a decision of this running agreement, or by `sync` of blocks long decided. Only the former is
   * a height that this node saw begin. The height it came up in is given at creation.
   */
  heightBegan(height: number, by: 'decision' | 'sync'): void;
  /** `foreign`: this node did not make it; it stops signing, and the caller marks the record (`signer.distrust`). */
  heardOwn(message: HeardMessage, context: HeardContext): 'normal' | 'foreign';
  /**
   * A committed certificate holds a signature of this key. One above the record shows that an old copy was brought back,
   * with its chain: `behind`, and the node watches from now on as if it had just come up. `foreign` as in `heardOwn`: it
   * was made since this node has arrived.
   */
  foundCommitted(position: SigningPosition, record: SigningPosition): 'normal' | 'behind' | 'foreign';
  /** The arrival is over in this height, and nobody heard was ahead (4.8). */
  arrived(height: number): void;
  /** The operator's word that this key signed nothing at or above `height`: the watch ends, and signing begins there. */
  endObservation(height: number): void;
}

export function createGuard(deps: GuardDeps, options: GuardOptions): Guard {
  const { clock, report } = deps;
  const { status, record, runningHeight, logHoldsRecord, rebroadcastMs } = options;
  const watchEnd = (): number =>
    clock.monotonicMs() + Math.max(OBSERVE_REBROADCASTS * rebroadcastMs, OBSERVE_MS_MIN);
  let watchedAtMs = watchEnd();
  const isDoubtful = status !== 'whole';
  /** Up to here this key may have signed what the record does not know. */
  let doubtedHeight = isDoubtful ? runningHeight : 0;
  /** The highest height of an own signature heard while observing: evidence, which no operator's word undoes. */
  let heardHeight = 0;
  /** Up to here the log lacks what the record says was signed: damage, and none of its messages is missed there. */
  const unloggedHeight = record.height >= runningHeight && !logHoldsRecord ? record.height : 0;
  /** Nothing above was signed with this key before this node came up; the one before it may have been one height ahead. */
  let earlierUpTo = Number.POSITIVE_INFINITY;
  let mode: 'signing' | 'observing' | 'stopped' = isDoubtful ? 'observing' : 'signing';
  reportStart(report, options, unloggedHeight);

  const maySign = (height: number): SigningPermission => {
    if (mode === 'stopped') return 'stopped';
    const silentUpTo = Math.max(doubtedHeight, unloggedHeight);
    return mode === 'observing' || height <= silentUpTo ? 'observing' : 'yes';
  };

  const heightBegan: Guard['heightBegan'] = (height, by) => {
    if (mode !== 'observing') return;
    const isSeenToBegin = by === 'decision' && clock.monotonicMs() >= watchedAtMs && height > doubtedHeight;
    if (!isSeenToBegin) {
      if (by === 'sync') doubtedHeight = Math.max(doubtedHeight, height);
      return;
    }
    mode = 'signing';
    report({ level: 'info', code: 'signing.observed', height });
  };

  const isMadeNow = (position: SigningPosition, own: SigningPosition): boolean =>
    position.height > earlierUpTo && comparePositions(position, own) > 0;

  const stop = ({ height, round, kind }: SigningPosition): 'foreign' => {
    if (mode !== 'stopped') report({ level: 'error', code: 'signing.foreign', height, round, kind });
    mode = 'stopped';
    return 'foreign';
  };

  const heardOwn: Guard['heardOwn'] = (message, context) => {
    if (mode === 'observing') {
      // Whoever signs while this node watches does not do so with a record that it could ever wait for.
      if (isMadeNow(message, context.record)) return stop(message);
      heardHeight = Math.max(heardHeight, message.height);
      doubtedHeight = Math.max(doubtedHeight, heardHeight);
    }
    if (message.height <= doubtedHeight || !isForeign(message, context, unloggedHeight)) return 'normal';
    return stop(message);
  };

  const foundCommitted: Guard['foundCommitted'] = (position, own) => {
    if (mode === 'stopped' || comparePositions(position, own) <= 0) return 'normal';
    if (isMadeNow(position, own)) return stop(position);
    heardHeight = Math.max(heardHeight, position.height);
    doubtedHeight = Math.max(doubtedHeight, position.height);
    if (mode === 'observing') return 'normal';
    mode = 'observing';
    watchedAtMs = watchEnd();
    report({ level: 'warn', code: 'signing.observing', reason: 'behind', height: position.height });
    return 'behind';
  };

  const endObservation = (height: number): void => {
    if (mode !== 'observing') return;
    doubtedHeight = Math.max(heardHeight, height - 1);
    mode = 'signing';
    report({ level: 'warn', code: 'signing.observation.ended', height });
  };

  const arrived = (height: number): void => {
    earlierUpTo = height + 1;
  };

  return { maySign, heightBegan, heardOwn, foundCommitted, arrived, endObservation };
}

/** One above the record; one at its very place with other bytes; or one of the running height that the log lacks. */
function isForeign(message: HeardMessage, context: HeardContext, unloggedHeight: number): boolean {
  const { record, runningHeight, heldByLog } = context;
  const order = comparePositions(message, record);
  if (order > 0) return true;
  if (order === 0) return message.hash !== record.hash;
  return message.height === runningHeight && message.height > unloggedHeight && !heldByLog;
}

function reportStart(report: Report, options: GuardOptions, unloggedHeight: number): void {
  const { status, runningHeight } = options;
  if (status !== 'whole')
    report({ level: 'warn', code: 'signing.observing', reason: status, height: runningHeight });
  else if (unloggedHeight > 0)
    report({ level: 'warn', code: 'signing.observing', reason: 'log', height: unloggedHeight });
}
