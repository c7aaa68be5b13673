import { describe, expect, test } from 'vitest';
import { shrink } from '../../src/run/shrink.ts';
import { withDrawnTargets } from '../../src/run/shrink-forms.ts';
import type { Scenario, Step } from '../../src/scenario/scenario.ts';
import { drawScenario } from '../../src/swarm/draw.ts';

const BUDGET = 2_000;
const DRAWN = drawScenario(7);

function stepAt(atMs: number, change: Partial<Step> = {}): Step {
  return {
    trigger: { kind: 'time', atMs },
    everyMs: undefined,
    probability: 1,
    fault: 'kill',
    target: 'one',
    forMs: 1_000,
    params: {},
    ...change,
  };
}

/** Fails while a kill and a later cut are there, in a network that is loaded. */
function needsTwo({ steps, workload }: Scenario): boolean {
  const kill = steps.findIndex(({ fault }) => fault === 'kill');
  return kill >= 0 && steps.slice(kill).some(({ fault }) => fault === 'isolate') && workload.kind !== 'none';
}

describe('Shrinking', () => {
  test('leaves the steps that the failure needs, and these as simple as they may be.', async () => {
    const cut = stepAt(60_000, { fault: 'isolate', target: ['n1', 'n2'], everyMs: 700, probability: 0.5 });
    const steps = [...DRAWN.steps, stepAt(50_000), cut];
    const shrunk = await shrink({ ...DRAWN, steps, guests: 2, setChanges: true }, needsTwo, {
      budget: BUDGET,
    });
    expect(shrunk.isMinimal).toBe(true);
    expect(shrunk.scenario.steps.map(({ fault }) => fault)).toEqual(['kill', 'isolate']);
    for (const { trigger, everyMs, probability, forMs } of shrunk.scenario.steps)
      expect({ trigger, everyMs, probability, forMs }).toEqual({
        trigger: { kind: 'time', atMs: 0 },
        everyMs: undefined,
        probability: 1,
        forMs: 10,
      });
    const { guests, setChanges, heights, workload } = shrunk.scenario;
    expect({ guests, setChanges, heights, workload }).toEqual({
      guests: 0,
      setChanges: false,
      heights: 1,
      workload: { kind: 'noop', rate: 1, clients: 1, pause: 0 },
    });
  });

  test('takes the same path twice.', async () => {
    const paths = await Promise.all(
      [1, 2].map(async () => {
        const path: string[] = [];
        await shrink(DRAWN, needsTwo, {
          budget: BUDGET,
          onProgress: (best) => path.push(JSON.stringify(best)),
        });
        return path;
      }),
    );
    expect(paths[0]?.length).toBeGreaterThan(5);
    expect(paths[0]).toEqual(paths[1]);
  });

  test('ends with its budget, and says so.', async () => {
    let runs = 0;
    const shrunk = await shrink(
      DRAWN,
      (scenario) => {
        runs += 1;
        return needsTwo(scenario);
      },
      { budget: 5 },
    );
    expect(shrunk).toMatchObject({ runs: 5, isMinimal: false });
    expect(runs).toBe(5);
    expect(needsTwo(shrunk.scenario)).toBe(true);
  });

  test('names no hospital that is not there any more.', async () => {
    const scenario = { ...DRAWN, nodes: 7, steps: [stepAt(10, { target: ['n6'] })] };
    const { nodes } = (await shrink(scenario, ({ steps }) => steps.length === 1, { budget: BUDGET }))
      .scenario;
    expect(nodes).toBe(6);
  });

  test('keeps whom a word was drawn for, where the timeline says so.', () => {
    const steps = [stepAt(10), stepAt(20, { everyMs: 50 }), stepAt(30, { target: 'all' })];
    const entry = { kind: 'fault', fault: 'kill', params: {} } as const;
    const drawn = withDrawnTargets({ ...DRAWN, steps }, [
      { ...entry, atMs: 10, id: 1, targets: ['n3'] },
      { ...entry, atMs: 20, id: 2, targets: ['n1'] },
    ]);
    expect(drawn.steps.map(({ target }) => target)).toEqual([['n3'], 'one', 'all']);
  });
});
