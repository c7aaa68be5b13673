// Owns: the verdict of a run out of its history and what the scenario expected. Pure; the same for both worlds.
import { accusedOf, type Hex32 } from '@consilium/core';
import { type History, topHeight, type Violation, violate } from '../history/history.ts';
import { CHECKS } from '../scenario/checks.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Outcome, Verdict, WorldName } from './verdict.ts';

export interface Judged {
  readonly scenario: Scenario;
  readonly world: WorldName;
  readonly history: History;
  readonly idsOf: (name: string) => Hex32 | undefined;
  /** Faults that the world could not do. */
  readonly lacking: readonly string[];
  readonly tookMs: number;
  readonly healedMs: number | undefined;
  readonly digest: string;
}

export function judge(judged: Judged): Verdict {
  const { scenario, world, history, lacking, tookMs, healedMs, digest } = judged;
  convictMissing(judged);
  const unseen = world === 'devnet' ? unseenStates(judged) : [];
  const unknown = [
    ...unseen,
    ...lacking.map((fault) => `the ${world} cannot do ${fault}`),
    ...history.unknown,
  ];
  return {
    scenario: scenario.name,
    world,
    seed: scenario.seed,
    outcome: outcomeOf(scenario, history.violations, unknown),
    checks: Object.fromEntries(CHECKS.map((check) => [check, outcomeOfCheck(scenario, history, check)])),
    violations: history.violations,
    unknown,
    sometimes: Object.fromEntries([...history.sometimes].sort(([a], [b]) => (a < b ? -1 : 1))),
    heights: topHeight(history),
    tookMs,
    healedMs,
    digest,
  };
}

function outcomeOf(
  { expect }: Scenario,
  violations: readonly Violation[],
  unknown: readonly string[],
): Outcome {
  const { violation } = expect;
  const convicted = violations.some(({ checker }) => checker === violation);
  if (violation === undefined ? violations.length > 0 : !convicted) return 'fail';
  return unknown.length > 0 ? 'unknown' : 'pass';
}

function outcomeOfCheck(
  { expect }: Scenario,
  { violations, looked, overborne }: History,
  check: string,
): Outcome | 'idle' {
  if (violations.some(({ checker }) => checker === check)) return 'fail';
  const asked: Readonly<Record<string, boolean>> = {
    stall: expect.stall,
    liveness: !overborne,
    coverage: expect.sometimes.length > 0,
    evidence: expect.evidence.length > 0,
    confidentiality: looked.has('confidentiality'),
    records: looked.has('records'),
    'consent-state': looked.has('consent-state'),
  };
  return asked[check] === false ? 'idle' : 'pass';
}

/** Rare states and evidence that the scenario promised and the run did not show. */
function convictMissing(judged: Judged): void {
  convictUnconvicted(judged);
  const { scenario, world, history, idsOf } = judged;
  const { evidence, violation } = scenario.expect;
  if (history.violations.length > 0 && violation === undefined) return;
  if (world === 'sim') for (const what of unseenStates(judged)) violate(history, 'coverage', what);
  const accused = new Set([...history.chain.values()].flatMap(({ block }) => block.evidence.map(accusedOf)));
  for (const name of evidence) {
    const id = idsOf(name);
    if (id === undefined || !accused.has(id)) violate(history, 'evidence', `none names ${name}`);
  }
}

/** In the simulator a scenario reaches them or not; on the devnet chance decides, and the run has shown nothing. */
function unseenStates({ scenario, history }: Judged): readonly string[] {
  return scenario.expect.sometimes
    .filter((state) => !history.sometimes.has(state))
    .map((state) => `${state} was never reached`);
}

/** A scenario for faults beyond what the network bears, whose checker saw nothing. */
function convictUnconvicted({ scenario: { expect }, history }: Judged): void {
  const { violation } = expect;
  if (violation === undefined || history.violations.some(({ checker }) => checker === violation)) return;
  violate(history, 'coverage', `the scenario expects that ${violation} convicts, and it did not`);
}
