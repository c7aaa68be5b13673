// Owns: how long a round waits (rule 15) and when a proposal is timely (rule 4). Pure functions of the parameters.
import { type ConsensusParams, faultyMax } from '@consilium/core';
import type { TimeoutKind } from './types.ts';

/** Milliseconds: linear in the round, capped. */
export function timeoutMs(params: ConsensusParams, kind: TimeoutKind, round: number): number {
  const { baseMs, stepMs, maxMs } = params[kind];
  return Math.min(maxMs, baseMs + stepMs * round);
}

/**
 * How long a height with work may take before something is wrong: as many silent proposers in a row as may fail, one round
 * that decides, and one more for a network that was late. Milliseconds.
 */
export function stuckAfterMs(params: ConsensusParams, validatorsCount: number): number {
  let sum = 0;
  for (let round = 0; round <= faultyMax(validatorsCount) + 1; round += 1)
    for (const kind of ['propose', 'prevote', 'precommit'] as const) sum += timeoutMs(params, kind, round);
  return sum;
}

/** How long a proposal of this round may have travelled: grows by a tenth of the base each round. */
export function delayMs(params: ConsensusParams, round: number): number {
  return params.delayMs + Math.floor((params.delayMs * round) / 10);
}

export function isTimely(params: ConsensusParams, round: number, timeMs: number, arrivalMs: number): boolean {
  const earliest = arrivalMs - delayMs(params, round) - params.precisionMs;
  return timeMs >= earliest && timeMs <= arrivalMs + params.precisionMs;
}

/** Bounds of a fresh value of round r: halved each round, so that a network too slow for full blocks still decides. */
export function valueBounds(params: ConsensusParams, round: number): { txsMax: number; txBytesMax: number } {
  const divisor = 2 ** Math.min(round, 52);
  return {
    txsMax: Math.floor(params.blockTxsMax / divisor),
    txBytesMax: Math.floor(params.blockTxBytesMax / divisor),
  };
}
