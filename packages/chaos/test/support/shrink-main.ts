// Owns: shrinking the scenario that a seed draws, in a planted copy of the tree: argv is the seed, JSON comes out.
import { failsAs, shrink } from '../../src/run/shrink.ts';
import { withDrawnTargets } from '../../src/run/shrink-forms.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { runInSim } from '../../src/sim-world/run.ts';
import { drawScenario } from '../../src/swarm/draw.ts';

const run = (scenario: Scenario) =>
  runInSim(scenario, { signatures: 'fast', record: false, keepTrace: false });

const drawn = drawScenario(Number(process.argv[2]));
const first = run(drawn);
const fails = failsAs(first.verdict, (scenario) => run(scenario).verdict);
const { scenario } = await shrink(withDrawnTargets(drawn, first.timeline), fails, { budget: 200 });
const { violations } = run(scenario).verdict;
process.stdout.write(
  JSON.stringify({
    stepsBefore: drawn.steps.length,
    steps: scenario.steps,
    checkers: [first.verdict.violations[0]?.checker, violations[0]?.checker],
  }),
);
