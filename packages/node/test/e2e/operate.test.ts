import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './support/operate-desk.ts';
import { readSections, type Section } from './support/operate-pages.ts';
import { TROUBLES } from './support/operate-troubles.ts';

const WALK_END = '6. The end of the walk';
const RUNBOOK = /^(?:10|[1-9])\. /;
const HOSPITALS = ['north', 'east', 'south', 'west'];

let sections: readonly Section[];
let desk: Desk;

beforeAll(async () => {
  sections = await readSections();
  desk = await openDesk();
});
afterAll(() => desk.close());

test('The walk of `docs/operate.md`, run as printed: four homes, one genesis, a committed transaction, no devnet involved.', async () => {
  const walk = sections.slice(0, indexOf(WALK_END));
  const shell = desk.run(scriptOf(walk));
  expect(await shell.ended, shell.told()).toBe(0);
  expect(shell.told()).toContain('valid: these bytes were anchored');
  expect(shell.told()).toMatch(/^Hospital West +DOWN /m);
  expect(shell.told()).toMatch(/certified +height 2\n/);
  // Ready is who reaches a quorum: the last link of the one that came back may be on its way.
  expect(shell.told().match(/signing +2 +[23] of 3/g), shell.told()).toHaveLength(4);
  for (const hospital of HOSPITALS)
    expect(await readFile(join(desk.folder, `consilium/${hospital}.log`), 'utf8')).not.toContain(
      '"level":"error"',
    );
}, 400_000);

test('`docs/operate.md`: install, first join, daily look, backup, upgrade, ten runbooks; each command in it is run by a test.', async () => {
  const headings = sections.map(({ heading }) => heading);
  expect(headings).toEqual(
    expect.arrayContaining(['Install', 'First join', 'Daily look', 'Backup', 'Upgrade']),
  );
  const runbooks = headings.slice(headings.indexOf('Runbooks') + 1).filter((each) => RUNBOOK.test(each));
  expect(runbooks).toHaveLength(10);
  expect(Object.keys(TROUBLES).filter((heading) => !headings.includes(heading))).toEqual([]);

  const end = indexOf(WALK_END);
  const others = sections.slice(end + 1);
  const shell = desk.run(
    [
      'export CONSILIUM_GENESIS=~/consilium/genesis.json',
      scriptOf([...others, ...sections.slice(end, end + 1)]),
    ].join('\n'),
  );
  expect(await shell.ended, shell.told().slice(-20_000)).toBe(0);
  for (const [heading, { says }] of Object.entries(TROUBLES))
    if (says !== undefined) expect(toldIn(shell.told(), heading), heading).toMatch(says);
}, 600_000);

function indexOf(wanted: string): number {
  const index = sections.findIndex(({ heading }) => heading === wanted);
  expect(index, wanted).toBeGreaterThan(0);
  return index;
}

/** Each section after its heading, each block after what goes wrong before it. */
function scriptOf(some: readonly Section[]): string {
  return some
    .filter(({ blocks }) => blocks.length > 0)
    .flatMap(({ heading, blocks }) => {
      const { before = {}, after = '' } = TROUBLES[heading] ?? {};
      return [
        `echo '== ${heading}'`,
        ...blocks.flatMap((block, index) => [before[index] ?? '', block]),
        after,
      ];
    })
    .join('\n');
}

function toldIn(told: string, heading: string): string {
  const [, section = ''] = told.split(`== ${heading}\n`);
  return section.split('\n== ')[0] ?? '';
}
