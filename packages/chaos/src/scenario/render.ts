// Owns: a scenario as text, so that it can be kept, replayed and shrunk. `parseScenario(renderScenario(s))` gives `s` again.
import { stringify } from 'smol-toml';
import { findFault } from '../faults/catalogue.ts';
import type { Scenario, Step, Trigger } from './scenario.ts';

export function renderScenario(scenario: Scenario): string {
  const { name, why, seed, nodes, guests, setChanges, durationMs, heights, workload, steps, expect } =
    scenario;
  const { heightsAfter, livenessWithinMs, sometimes, evidence, stall, violation } = expect;
  return stringify({
    ...{ name, why, seed, nodes, guests },
    set_changes: setChanges,
    duration: durationText(durationMs),
    heights,
    workload: { ...workload },
    step: steps.map(stepTable),
    expect: {
      heights_after: heightsAfter,
      liveness_within: durationText(livenessWithinMs),
      sometimes: [...sometimes],
      evidence: [...evidence],
      stall,
      ...(violation !== undefined && { violation }),
    },
  });
}

function stepTable({ trigger, everyMs, probability, fault, target, forMs, params }: Step) {
  return {
    ...triggerField(trigger),
    ...(everyMs !== undefined && { every: durationText(everyMs) }),
    ...(probability !== 1 && { probability }),
    do: fault,
    target: typeof target === 'string' ? target : [...target],
    ...(forMs !== undefined && { for: durationText(forMs) }),
    ...paramFields(fault, params),
  };
}

function triggerField(trigger: Trigger) {
  switch (trigger.kind) {
    case 'time':
      return { at: durationText(trigger.atMs) };
    case 'height':
      return { at_height: trigger.height };
    case 'round':
      return { at_round: trigger.round };
    case 'event':
      return { after: trigger.event };
  }
}

function paramFields(fault: string, params: Step['params']) {
  const specs = findFault(fault)?.params ?? [];
  return Object.fromEntries(
    specs.map(({ name, kind, default: otherwise }) => {
      const value = params[name] ?? otherwise;
      return [name, kind === 'duration' ? durationText(Number(value)) : value];
    }),
  );
}

function durationText(ms: number): string {
  return `${ms}ms`;
}
