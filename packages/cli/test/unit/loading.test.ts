// What a command loads, seen by a process of its own: a person who asks for help waits for nothing else.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../src/main.ts');

const PROGRAM = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
const { run } = await import(${JSON.stringify(main)});
const silent = { env: {}, cwd: '/', home: '/', now: Date.now, out: () => {}, err: () => {}, readInput: async () => '' };
const exitCode = await run(process.argv.slice(1), silent);
process.stdout.write(JSON.stringify({ exitCode, loaded }));
`;

function loadedBy(...words: string[]): { readonly exitCode: number; readonly loaded: readonly string[] } {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, '--', ...words], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

/** The daemon with libp2p, and the validator of FHIR with its definitions. */
const HEAVY =
  /libp2p|packages\/(?:node|devnet|sim|chaos)\/|@medplum|packages\/fhir\/src\/(?:index|validate\/(?!resource-types))/;

describe('what is heavy is loaded by the command that needs it, not before', () => {
  test.each([
    ['record --help', 0],
    ['record add --help', 0],
    ['record open --help', 0],
    ['patient history --help', 0],
    ['access log --help', 0],
    ['report access --help', 0],
    ['access verify nowhere.log --genesis nowhere.json', 78],
  ])('%s', (words, exitCode) => {
    const { loaded, ...ended } = loadedBy(...words.split(' '));
    expect(ended).toEqual({ exitCode });
    expect(loaded.length).toBeGreaterThan(50);
    expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
  });

  test('this test sees what is loaded: devnet loads the daemon', () => {
    const { loaded } = loadedBy('devnet', 'status', '--dir', '/nowhere');
    expect(loaded.some((url) => HEAVY.test(url))).toBe(true);
  });
});
