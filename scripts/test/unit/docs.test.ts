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
