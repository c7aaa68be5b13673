// Owns: one seed of the swarm: at least 40 heights under drawn faults, then healing, then ten heights more on every node,
// with every checker watching. Pure in its seed: the same seed gives the same trace.
import type { Verdict } from '../run/verdict.ts';
import { runInSim } from '../sim-world/run.ts';
import { drawScenario, signaturesOf } from './draw.ts';

export interface SeedResult {
  readonly seed: number;
  readonly verdict: Verdict;
  /** The last lines of the trace, or all of them when asked. */
  readonly trace: readonly string[];
}

export function runSeed(seed: number, { keepTrace }: { readonly keepTrace: boolean }): SeedResult {
  const options = { signatures: signaturesOf(seed), record: false, keepTrace };
  const { verdict, trace } = runInSim(drawScenario(seed), options);
  return { seed, verdict, trace };
}
