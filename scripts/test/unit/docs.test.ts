import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/tree.ts';

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

/** Paths in code quotes that begin with a folder or file of the root. */
function namedPaths(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map(([, path]) => path ?? '');
  const roots = readdirSync(repository);
  return quoted.filter((path) => path.includes('/') && roots.includes(path.split('/')[0] ?? ''));
}

function linkedFiles(file: string): string[] {
  return [...read(file).matchAll(/\]\(([^)#\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !target.includes('://'))
    .map((target) => join(dirname(file), target));
}

describe('the documents', () => {
  it('Every path named in `docs/architecture.md` exists.', () => {
    const paths = namedPaths(read('docs/architecture.md'));
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

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
