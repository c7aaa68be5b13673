import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/tree.ts';

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

function linkedFiles(file: string): string[] {
  return [...read(file).matchAll(/\]\(([^)#\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !target.includes('://'))
    .map((target) => join(dirname(file), target));
}

/** The source of every test of the repository, without the backslashes of its quotes. */
function testSources(): string {
  const folders = readdirSync(join(repository, 'packages')).map((name) => `packages/${name}/test`);
  return [...folders, 'scripts/test']
    .filter((folder) => existsSync(join(repository, folder)))
    .flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => read(join(folder, file))),
    )
    .join('\n')
    .replaceAll('\\', '');
}

it('`docs/threat-model.md` says what is promised, what is not, and which test shows each promise; every test named there exists.', () => {
  const [, promised = '', denied = ''] = read('docs/threat-model.md').split(
    /^## What is (?:not )?promised$/m,
  );
  const titles = [...promised.matchAll(/^- (.*)$/gm)].map(([, title]) => title ?? '');
  expect(titles.length).toBeGreaterThanOrEqual(12);
  expect([...denied.matchAll(/^- \*\*/gm)].length).toBeGreaterThan(5);
  const sources = testSources();
  expect(titles.filter((title) => !sources.includes(title))).toEqual([]);
});

describe('the documents', () => {
  it('link to files that exist', () => {
    const files = ['README.md', ...readdirSync(join(repository, 'docs')).map((name) => join('docs', name))];
    const linked = files.filter((file) => file.endsWith('.md')).flatMap(linkedFiles);
    expect(linked.length).toBeGreaterThan(5);
    expect(linked.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
  });

  it('give a reason for every dependency in the README', () => {
    const manifests = [
      'package.json',
      ...readdirSync(join(repository, 'packages')).map((name) => `packages/${name}/package.json`),
    ];
    const names = manifests.flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file)) as Record<
        string,
        Record<string, string>
      >;
      return Object.keys({ ...dependencies, ...devDependencies });
    });
    const table = read('README.md');
    const external = [...new Set(names)].filter((name) => !name.startsWith('@consilium/'));
    expect(external.length).toBeGreaterThan(20);
    expect(external.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});
