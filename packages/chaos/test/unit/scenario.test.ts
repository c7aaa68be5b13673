import { ConsiliumError } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { listFaults } from '../../src/commands/list-faults.ts';
import { FAULTS } from '../../src/faults/catalogue.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { renderScenario } from '../../src/scenario/render.ts';
import { drawScenario } from '../../src/swarm/draw.ts';
import { drawLive } from '../../src/swarm/draw-live.ts';

const HEAD = 'name = "one"\nduration = "5s"\n';

function refusalOf(text: string): { readonly where: unknown; readonly why: unknown } {
  try {
    parseScenario(text);
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'SCENARIO_INVALID') throw error;
    return { where: error.data['where'], why: error.data['why'] };
  }
  throw new Error('it was taken');
}

function step(...fields: string[]): string {
  return `${HEAD}\n[[step]]\n${fields.join('\n')}\n`;
}

describe('A scenario', () => {
  test('says what it means in few words, and what it leaves out has a default.', () => {
    const { steps, expect: expected, ...rest } = parseScenario(step('at = "1s"', 'do = "kill"'));
    expect(rest).toMatchObject({ name: 'one', nodes: 4, seed: 1, durationMs: 5_000, heights: 0 });
    expect(steps).toEqual([
      {
        trigger: { kind: 'time', atMs: 1_000 },
        everyMs: undefined,
        probability: 1,
        fault: 'kill',
        target: 'one',
        forMs: undefined,
        params: {},
      },
    ]);
    expect(expected).toMatchObject({ stall: false, evidence: [], violation: undefined });
  });

  test.each([
    ['byzantine', 'do = "byzantine"\nstrategy = "silent"', 'silent'],
    ['partition', 'do = "partition"\nmode = "ring"', 'ring'],
    ['a kill that loses what was not synced', 'do = "kill"\nlose_unsynced = true', 'power-cut'],
  ])('may name a fault by the word of its class: %s.', (_title, fields, fault) => {
    expect(parseScenario(step('at = "1s"', fields)).steps[0]?.fault).toBe(fault);
  });

  test.each([
    ['at = "250ms"', { kind: 'time', atMs: 250 }],
    ['at_height = 7', { kind: 'height', height: 7 }],
    ['at_round = 0', { kind: 'round', round: 0 }],
    ['after = "torn-tail"', { kind: 'event', event: 'torn-tail' }],
  ])('triggers a step by %s.', (field, trigger) => {
    expect(parseScenario(step(field, 'do = "kill"')).steps[0]?.trigger).toEqual(trigger);
  });

  test.each([
    ['no TOML', 'name = ', 'line 1'],
    ['no name', 'duration = "5s"', 'name'],
    ['a name that is no file name', 'name = "../x"\nduration = "5s"', 'name'],
    ['neither duration nor heights', 'name = "one"', 'duration'],
    ['a field that nobody knows', `${HEAD}nods = 4`, 'nods'],
    ['a number as a duration', 'name = "one"\nduration = 5', 'duration'],
    ['too many nodes', `${HEAD}nodes = 400`, 'nodes'],
    ['an unknown load', `${HEAD}workload = { kind = "music" }`, 'workload: kind'],
    ['a step without a trigger', step('do = "kill"'), 'step 1: at'],
    ['a step with two triggers', step('at = "1s"', 'at_height = 2', 'do = "kill"'), 'step 1: at_height'],
    ['an unknown fault', step('at = "1s"', 'do = "explode"'), 'step 1: do'],
    [
      'a strategy that is none',
      step('at = "1s"', 'do = "byzantine"', 'strategy = "kill"'),
      'step 1: strategy',
    ],
    ['a partition that is none', step('at = "1s"', 'do = "partition"', 'mode = "kill"'), 'step 1: mode'],
    ['a misspelt parameter', step('at = "1s"', 'do = "delay"', 'msec = "1s"'), 'step 1: msec'],
    ['a parameter out of its bounds', step('at = "1s"', 'do = "drop"', 'chance = 2'), 'step 1: chance'],
    ['a target that is not there', step('at = "1s"', 'do = "kill"', 'target = "n9"'), 'step 1: target'],
    [
      'two words for how long',
      step('at = "1s"', 'do = "kill"', 'for = "1s"', 'restart_after = "1s"'),
      'step 1: for',
    ],
    ['a duration that is no whole millisecond', 'name = "one"\nduration = "0.0000001ms"', 'duration'],
    ['a target that is nobody', step('at = "1s"', 'do = "kill"', 'target = []'), 'step 1: target'],
    ['a checker that is none', `${HEAD}[expect]\nviolation = "agrement"`, 'expect: violation'],
    ['evidence against nobody', `${HEAD}[expect]\nevidence = ["n9"]`, 'expect: evidence'],
    ['a check turned off', `${HEAD}[expect]\nagreement = false`, 'expect: agreement'],
  ])('is refused with the place for %s.', (_title, text, where) => {
    const refusal = refusalOf(text);
    expect(refusal.where).toBe(where);
    expect(refusal.why).toMatch(/\w/);
  });

  test('comes back from its own text as it was, whatever the swarm draws.', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const drawn = drawScenario(seed);
      expect(parseScenario(renderScenario(drawn))).toEqual(drawn);
      const live = drawLive(seed, 120_000);
      expect(parseScenario(renderScenario(live))).toEqual(live);
    }
  });
});

describe('The catalogue of faults', () => {
  test('`chaos list-faults --json`: at least 40 entries, each with `undo`, `needs`, `available`, `provable`.', () => {
    const { faults } = listFaults().data as { faults: Record<string, unknown>[] };
    expect(faults.length).toBeGreaterThanOrEqual(40);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const fault of faults) {
      expect(fault).toMatchObject({
        undo: expect.stringMatching(/\w/),
        needs: expect.stringMatching(/\w/),
        available: expect.any(Boolean),
      });
      expect([true, false, null]).toContain(fault['provable']);
    }
  });

  test('gives an example of each that a scenario takes as it stands.', () => {
    const { faults } = listFaults().data as { faults: { name: string; example: string }[] };
    for (const { name, example } of faults)
      expect(parseScenario(`${HEAD}${example}`).steps[0]?.fault).toBe(name);
  });

  test('says why a fault is not available in a world.', () => {
    for (const { sim, devnet } of FAULTS)
      for (const available of [sim, devnet]) expect(available === true || /\w/.test(available)).toBe(true);
  });
});
