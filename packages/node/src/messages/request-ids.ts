// Owns: the numbers by which a question to a peer finds its answer: where a run of a process begins to count.
import type { Clock } from '../ports.ts';

export const REQUEST_ID_MAX = 0xffff_ffff;
/** Knuth's multiplier: what differs by a little comes out far apart. */
const SCATTER = 2_654_435_761;

/**
 * Another place for each run: a peer that was slow may answer, to this run, what the one before had asked, and that must not
 * pass for a false answer to another question.
 */
export function firstRequestId({ wallMs, monotonicMs }: Pick<Clock, 'wallMs' | 'monotonicMs'>): number {
  const moment = Math.floor(wallMs() + 7 * monotonicMs()) % 2 ** 32;
  return nextRequestId(Math.imul(moment, SCATTER) >>> 0);
}

export function nextRequestId(requestId: number): number {
  return (requestId % REQUEST_ID_MAX) + 1;
}
