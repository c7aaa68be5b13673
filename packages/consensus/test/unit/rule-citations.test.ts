import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
const TESTS = import.meta.dirname;
const PROTOCOL = join(import.meta.dirname, '../../../../docs/protocol.md');

const RULES = Array.from({ length: 17 }, (_, index) => index + 1);

/** `Rule 7`, `rules 6 and 9`, `rules 4, 5 and 7`, `Rules 12 to 14`: the numbers, ranges filled in. */
function rulesCitedIn(text: string): number[] {
  const citations = text.matchAll(/\brules? (\d+(?:(?:, | and | or | to )\d+)*)/gi);
  return [...citations].flatMap(([, list]) => numbersOf(list as string));
}

function numbersOf(list: string): number[] {
  const range = /^(\d+) to (\d+)$/.exec(list);
  if (range === null) return list.split(/, | and | or | to /).map(Number);
  const [first, last] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function textsIn(folder: string): Map<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

function headings(): Map<number, string> {
  const found = readFileSync(PROTOCOL, 'utf8').matchAll(/^### Rule (\d+): (.+)$/gm);
  return new Map([...found].map(([, number, title]) => [Number(number), title as string]));
}

describe('the rules of docs/protocol.md', () => {
  test('are 1 to 17, each under its own heading', () => {
    expect([...headings().keys()]).toEqual(RULES);
  });

  test('are each cited where they are coded', () => {
    const cited = new Set([...textsIn(SOURCE).values()].flatMap(rulesCitedIn));
    expect(RULES.filter((rule) => !cited.has(rule))).toEqual([]);
  });

  test('are the only ones that code cites', () => {
    const unknown = [...textsIn(SOURCE)].flatMap(([file, text]) =>
      rulesCitedIn(text)
        .filter((rule) => !headings().has(rule))
        .map((rule) => `${file}: rule ${rule}`),
    );
    expect(unknown).toEqual([]);
  });

  test('have every section that code cites by its name', () => {
    const names = [...textsIn(SOURCE).values()].flatMap((text) =>
      [...text.matchAll(/[Ss]ection (\d), "([^"]+)"/g)].map(([, , name]) => name as string),
    );
    const protocol = readFileSync(PROTOCOL, 'utf8');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !protocol.includes(`**${name}.**`))).toEqual([]);
  });

  test('are found in a citation however it is written', () => {
    const text = 'Rule 7; rules 6 and 9; rules 4, 5 and 7; Rules 12 to 14; rule10; overrules 3';
    expect(rulesCitedIn(text)).toEqual([7, 6, 9, 4, 5, 7, 12, 13, 14]);
  });

  test('name files that exist', () => {
    const protocol = readFileSync(PROTOCOL, 'utf8');
    const paths = [...protocol.matchAll(/`(packages\/[^`]+)`/g)].map(([, path]) => path as string);
    expect(paths.length).toBeGreaterThan(5);
    const root = join(TESTS, '../../../..');
    expect(paths.filter((path) => !isThere(join(root, path)))).toEqual([]);
  });
});

function isThere(path: string): boolean {
  try {
    return readdirSync(join(path, '..')).includes(path.split('/').at(-1) as string);
  } catch {
    return false;
  }
}
