import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isConsiliumError } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { PLANTED_FOLDER, readPlantedBugs } from '../../src/selftest/library.ts';
import { parsePlantedBug } from '../../src/selftest/planted-bug.ts';
import { ROOT } from '../../src/selftest/tree.ts';

const GOOD = `
name = "a-bug"
breaks = "A rule."
convicted_by = ["agreement"]
[[patch]]
file = "packages/core/src/vote.ts"
find = "this"
replace = "that"
[scenario]
heights = 4
`;

function refusalOf(text: string): unknown {
  try {
    parsePlantedBug(text);
  } catch (error) {
    if (isConsiliumError(error, 'SCENARIO_INVALID')) return `${error.data['where']}: ${error.data['why']}`;
    throw error;
  }
  return undefined;
}

describe('The text of a planted bug', () => {
  test('gives the bug, and its scenario bears its name.', () => {
    const { name, convictedBy, patches, scenario } = parsePlantedBug(GOOD);
    expect({ name, convictedBy, patches }).toEqual({
      name: 'a-bug',
      convictedBy: ['agreement'],
      patches: [{ file: 'packages/core/src/vote.ts', find: 'this', replace: 'that' }],
    });
    expect(scenario).toMatchObject({ name: 'a-bug', heights: 4, nodes: 4 });
  });

  test.each([
    ['an unknown checker', GOOD.replace('"agreement"', '"justice"'), /^convicted_by: justice is none of/],
    ['no checker', GOOD.replace('"agreement"', ''), /^convicted_by: names no checker/],
    ['no patch', GOOD.replace(/\[\[patch\]\][^[]*/, ''), /^patch: is missing/],
    ['no scenario', GOOD.replace('[scenario]\nheights = 4', ''), /^scenario: is missing/],
    ['a scenario without an end', GOOD.replace('heights = 4', ''), /^duration: is needed/],
    ['a misspelt field', GOOD.replace('breaks', 'brakes'), /^breaks: is missing/],
    ['a field too many', `more = 1\n${GOOD}`, /^more: is not known here/],
    ['no TOML', '= 3', /^file: /],
  ])('is refused with %s.', (_what, text, refusal) => {
    expect(refusalOf(text)).toMatch(refusal);
  });
});

describe('The bugs that are kept beside the scenarios', () => {
  test('are in files of their names, and patch files that are there.', () => {
    const bugs = readPlantedBugs();
    const files = readdirSync(PLANTED_FOLDER).filter((name) => name.endsWith('.toml'));
    expect(files.sort()).toEqual(bugs.map(({ name }) => `${name}.toml`).sort());
    for (const { patches, breaks } of bugs) {
      expect(breaks).toMatch(/^[A-Z].{20,}\.$/);
      for (const { file } of patches) expect(existsSync(join(ROOT, file))).toBe(true);
    }
  });
});
