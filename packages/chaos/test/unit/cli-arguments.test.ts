import { describe, expect, test } from 'vitest';
import { parseSimArguments } from '../../src/cli/arguments.ts';
import { simMain } from '../../src/cli/main.ts';

const CORES = 3;
const NOTHING_SAID = {
  seeds: 100,
  firstSeed: 1,
  jobs: CORES,
  trace: undefined,
  json: false,
  failFast: false,
};

function runOf(...argv: string[]) {
  const parsed = parseSimArguments(argv, CORES);
  if (parsed.kind !== 'run') throw new Error(`refused: ${JSON.stringify(parsed)}`);
  return parsed.run;
}

function refusalOf(...argv: string[]): string {
  const parsed = parseSimArguments(argv, CORES);
  if (parsed.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(parsed)}`);
  return parsed.sentence;
}

describe('The arguments of the simulator', () => {
  test('say how many seeds to run, from which on, and how many at once.', () => {
    const run = runOf('--seeds', '10000', '--first-seed', '7', '--jobs', '2');
    expect(run).toEqual({ ...NOTHING_SAID, seeds: 10_000, firstSeed: 7, jobs: 2 });
  });

  test('are a hundred seeds on every core when nothing is said.', () => {
    expect(runOf()).toEqual(NOTHING_SAID);
  });

  test('may name a file for the trace of one seed.', () => {
    expect(runOf('--seeds=1', '--first-seed=42', '--trace', 'trace.txt').trace).toBe('trace.txt');
  });

  test('are refused with a sentence when a trace is asked of many seeds.', () => {
    expect(refusalOf('--seeds', '2', '--trace', 'trace.txt')).toBe(
      '--trace FILE keeps one seed: add --seeds 1.',
    );
  });

  test.each([
    ['--seeds', '0'],
    ['--seeds', 'many'],
    ['--seeds', '1.5'],
    ['--seeds', '1e3'],
    ['--first-seed', '99999999999999999999'],
    ['--jobs', '0'],
  ])('are refused with a sentence for %s %s.', (name, value) => {
    expect(refusalOf(name, value)).toMatch(
      new RegExp(`^${name} takes a whole number from \\d on, not "${value}"\\.$`),
    );
  });

  test('are refused when the last seed would not be exact.', () => {
    expect(refusalOf('--first-seed', String(Number.MAX_SAFE_INTEGER))).toBe('--first-seed is too large.');
  });

  test.each([[['--sedes', '3']], [['7']], [['--seeds']]])('are refused with a sentence for %j.', (argv) => {
    expect(refusalOf(...argv)).toMatch(/^[A-Z].*\.$/);
  });

  test('that are bad end in status 64, with nothing on stdout.', async () => {
    const said = { out: '', err: '' };
    const status = await simMain(['--seeds', 'x'], {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
    });
    expect({ status, ...said }).toEqual({
      status: 64,
      out: '',
      err: '--seeds takes a whole number from 1 on, not "x".\n',
    });
  });
});
