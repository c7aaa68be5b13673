import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { listFaults } from '../../src/commands/list-faults.ts';
import { CRASH_POINTS } from '../../src/faults/crash-points.ts';
import { CHECKS } from '../../src/scenario/checks.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { RARE_STATES } from '../../src/swarm/rare-states.ts';

const page = readFileSync(new URL('../../../../docs/testing.md', import.meta.url), 'utf8');

describe('docs/testing.md', () => {
  test('has every fault with what it does, its undo and the step that does it, as the catalogue says', () => {
    const { faults } = listFaults().data as {
      faults: { name: string; does: string; undo: string; example: string }[];
    };
    const missing = faults.filter(
      ({ name, does, undo, example }) =>
        !page.includes(`**${name}**: ${does} Undone: ${undo}.`) || !page.includes(example),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
    const told = [...page.matchAll(/^\*\*([a-z-]+)\*\*: /gm)].map(([, name]) => name);
    expect(told.toSorted()).toEqual(faults.map(({ name }) => name).toSorted());
  });

  test('has every crash point, every rare state and every checker', () => {
    const named = [...CRASH_POINTS, ...RARE_STATES].map(({ name }) => name);
    expect([...named, ...CHECKS].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('shows a first scenario that is one', () => {
    const [, text = ''] = /^cat > first\.toml <<'END'\n(.*?)^END$/ms.exec(page) ?? [];
    expect(parseScenario(text)).toMatchObject({ name: 'first', steps: [{}, {}] });
  });
});
