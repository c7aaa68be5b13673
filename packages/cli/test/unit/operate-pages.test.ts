// Each line of shell on the operator's pages is run by packages/node/test/e2e/operate.test.ts. Here: that no command escapes it,
// and that each one that is named in a sentence exists as it is written.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Called, commandsIn } from '../support/page-commands.ts';

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url));
const PAGES = ['operate.md', ...readdirSync(join(DOCS, 'operate')).map((name) => `operate/${name}`)];
const page = PAGES.map((name) => readFileSync(join(DOCS, name), 'utf8')).join('\n');

/** Shown and not run by the walk, each with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'podman build':
    'needs a container engine; the words are held against the Containerfile by a test of scripts',
  'podman run': 'the same',
  'npx consilium token add': 'needs an authority of certificates; token.test.ts runs it',
  'npx consilium status': 'needs an authority of certificates; client-door.test.ts runs it',
};
/** Named in a sentence, and run there as `--version`. */
const NAMED_ONLY: readonly string[] = ['version'];

const blocks = [...page.matchAll(/^ *```(?<kind>\w*)\n(?<text>.*?)^ *```$/gms)].map(
  ({ groups: { kind = '', text = '' } = {} }) => ({ kind, text }),
);
const linesOf = (kind: string): string[] =>
  blocks
    .filter((block) => block.kind === kind)
    .flatMap(({ text }) => text.split('\n').map((line) => line.trim()))
    .filter((line) => line !== '');
const sentences = page.replaceAll(/^ *```(?:\w*)\n.*?^ *```$/gms, '');

const shell = linesOf('sh').join('\n');

describe('docs/operate.md and the pages under it', () => {
  test('have commands in blocks that are run, and in others only where a reason stands here', () => {
    expect([...new Set(blocks.map(({ kind }) => kind))].sort()).toEqual(['console', 'sh', 'toml']);
    const shown = linesOf('console');
    expect(shown.length).toBeGreaterThan(0);
    const isExcused = (line: string): boolean =>
      Object.keys(ELSEWHERE).some((words) => line.startsWith(`${words} `));
    expect(shown.filter((line) => !isExcused(line))).toEqual([]);
  });

  test('name no command and no option that does not exist', () => {
    const wrong = [...commandsIn(shell), ...commandsIn(linesOf('console').join('\n'))];
    expect(wrong.length).toBeGreaterThan(60);
    expect([...wrong, ...namedInSentences()].flatMap((each) => each.wrong)).toEqual([]);
  });

  test('run what they name in a sentence', () => {
    const run = new Set([...commandsIn(shell).map(({ verb }) => verb), ...NAMED_ONLY]);
    const named = namedInSentences().map(({ verb }) => verb);
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((verb) => !run.has(verb))).toEqual([]);
  });

  test('a command or an option that does not exist is found', () => {
    const wrong = (text: string): string[] => commandsIn(text).flatMap((each) => each.wrong);
    expect(wrong('npx consilium node start --hoome x')).toEqual(['node start --hoome']);
    expect(wrong('`npx consilium node stop`')).toEqual(['no command node stop']);
    expect(wrong('npx consilium whi')).toEqual(['no command whi']);
  });
});

function namedInSentences(): Called[] {
  const spans = [...sentences.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return spans.flatMap((span) => commandsIn(span));
}
