import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/tree.ts';

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

interface Link {
  readonly file: string;
  readonly anchor: string;
}

function linksOf(file: string): Link[] {
  return [...read(file).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .filter(([, target = '', anchor]) => !target.includes('://') && target + (anchor ?? '') !== '')
    .map(([, target = '', anchor = '']) => ({
      file: target === '' ? file : join(dirname(file), target),
      anchor,
    }));
}

/** As GitHub makes them of headings, and those that a page sets itself. */
function anchorsOf(file: string): string[] {
  const page = read(file);
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...page.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
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
  it('link to files and headings that exist', () => {
    const pages = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' });
    const files = ['README.md', ...pages.map((name) => join('docs', name))];
    const links = files.filter((file) => file.endsWith('.md')).flatMap(linksOf);
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter(({ file }) => !existsSync(join(repository, file)))).toEqual([]);
    const lost = links.filter(
      ({ file, anchor }) => anchor !== '' && file.endsWith('.md') && !anchorsOf(file).includes(anchor),
    );
    expect(lost).toEqual([]);
  });

  it('name scripts and trials that exist', () => {
    const pages = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' });
    const text = ['README.md', ...pages.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
      .map(read)
      .join('\n');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s |--silent )?([a-z][a-z-]*)/g)].map(
      ([, name = '']) => name,
    );
    const trials = [...text.matchAll(/npm run trial -- ([a-z][a-z-]*)/g)].map(([, name = '']) => name);
    expect(trials.length).toBeGreaterThan(3);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    expect(trials.filter((name) => !existsSync(join(repository, `scripts/trials/${name}.ts`)))).toEqual([]);
  });

  it('number decisions once, in the file name as in the title', () => {
    const files = readdirSync(join(repository, 'docs/adr')).sort();
    const titles = files.map((file) => /^# (\d+)\. \S/.exec(read(join('docs/adr', file)))?.[1]);
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
    expect(titles).toEqual(files.map((_, index) => String(index + 1)));
  });

  it('give a room of docs/architecture.md to every folder of the daemon', () => {
    const page = read('docs/architecture.md');
    const folders = readdirSync(join(repository, 'packages/node/src'), { withFileTypes: true });
    const rooms = folders.filter((each) => each.isDirectory()).map(({ name }) => `packages/node/src/${name}`);
    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((room) => !page.includes(`| \`${room}\``))).toEqual([]);
  });

  it('have a row of docs/api.md for every route, and none for others', () => {
    const folder = 'packages/node/src/api/routes';
    const source = readdirSync(join(repository, folder)).map((file) => read(join(folder, file)));
    const routes = source.flatMap((text) => text.match(/(?<=')\/v1\/[a-z/:]+(?=')/g) ?? []);
    const rows = [...read('docs/api.md').matchAll(/^\| `(?:GET|POST) (\/v1\/[^`]+)`/gm)];
    expect(rows.map(([, route = '']) => route.replaceAll(/\{(\w+)\}/g, ':$1')).sort()).toEqual(
      [...new Set(routes)].sort(),
    );
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
