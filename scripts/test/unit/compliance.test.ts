// docs/compliance.md makes claims about laws: each line names what shows it, and all that it names exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const repository = join(import.meta.dirname, '../../..');
const page = readFileSync(join(repository, 'docs/compliance.md'), 'utf8');

/** The cells of every line of every table but its head. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| paragraph') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

function testSources(): string {
  return readdirSync(join(repository, 'packages'))
    .map((name) => join(repository, 'packages', name, 'test'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(folder, file), 'utf8')),
    )
    .join('\n')
    .replaceAll('\\', '');
}

it('Each paragraph of docs/compliance.md says what the software does, what shows it, and what the hospital must still do', () => {
  expect(rows.length).toBeGreaterThanOrEqual(40);
  for (const row of rows) {
    expect(row, row[0]).toHaveLength(4);
    for (const cell of row) expect(cell.length, row[0]).toBeGreaterThan(5);
    expect(row[2], row[0]).toMatch(/`consilium |"/);
  }
});

it('what docs/compliance.md names is there: every command, and every test by its title', () => {
  const shown = rows.map((row) => row[2] ?? '').join('\n');
  const commands = [...shown.matchAll(/`consilium ([a-z]+)(?: ([a-z-]+))?`/g)].map(([, noun = '', verb]) =>
    verb === undefined ? noun : `${noun}-${verb}`,
  );
  expect(commands.length).toBeGreaterThan(20);
  const files = readdirSync(join(repository, 'packages/cli/src/commands'));
  expect(commands.filter((command) => !files.includes(`${command}.ts`))).toEqual([]);
  const titles = rows.flatMap((row) => titlesIn(row[2] ?? ''));
  expect(titles.length).toBeGreaterThan(30);
  const sources = testSources();
  expect(titles.filter((title) => !sources.includes(title))).toEqual([]);
});

/** A quotation mark inside a title has a backslash before it. */
function titlesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/(?<!\\)"(.*?)(?<!\\)"(?=$|,)/g)].map(([, title = '']) =>
    title.replaceAll('\\"', '"'),
  );
}
