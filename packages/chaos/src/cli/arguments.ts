// Owns: what the words after `npm run sim --` mean. Does not own: doing it (main.ts).
import { parseArgs } from 'node:util';

export interface SimArguments {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly jobs: number;
  /** File that the whole trace of the one seed is written to. */
  readonly trace: string | undefined;
  readonly json: boolean;
  /** Runs no further seed after one has failed. */
  readonly failFast: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly run: SimArguments }
  | { readonly kind: 'help' }
  /** One sentence that says what to type instead. */
  | { readonly kind: 'refused'; readonly sentence: string };

export const USAGE = `Usage: npm run sim -- [options]

Runs seeds of the deterministic simulation: at least 40 heights under drawn faults, then healing, then 10 heights more.

  --seeds N         how many seeds to run (100)
  --first-seed S    the first of them; the rest follow it (1)
  --jobs J          how many to run at once (the number of cores)
  --trace FILE      writes every line of the trace; with --seeds 1
  --fail-fast       ends with the first seed that fails
  --json            prints one object and nothing else
  --help            prints this

Exit status: 0 every seed passed, 1 a seed failed, 64 bad arguments, 70 the simulation itself broke.

Examples:
  npm run sim -- --seeds 10000 --first-seed 1
  npm run sim -- --seeds 1 --first-seed 42 --trace trace.txt
`;

const DEFAULT_SEEDS = 100;
const DEFAULT_FIRST_SEED = 1;

/** `cores`: what `--jobs` is when it is not given. */
export function parseSimArguments(argv: readonly string[], cores: number): ParsedArguments {
  try {
    return interpret(read(argv), cores);
  } catch (error) {
    return { kind: 'refused', sentence: sentenceOf(error) };
  }
}

interface Words {
  readonly seeds?: string | undefined;
  readonly 'first-seed'?: string | undefined;
  readonly jobs?: string | undefined;
  readonly trace?: string | undefined;
  readonly json?: boolean | undefined;
  readonly 'fail-fast'?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function read(argv: readonly string[]): Words {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const numbers = { seeds: text, 'first-seed': text, jobs: text };
  const options = { ...numbers, trace: text, json: flag, 'fail-fast': flag, help: flag };
  return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
}

function interpret(words: Words, cores: number): ParsedArguments {
  if (words.help === true) return { kind: 'help' };
  const seeds = integerOf('--seeds', words.seeds, 1, DEFAULT_SEEDS);
  const firstSeed = integerOf('--first-seed', words['first-seed'], 0, DEFAULT_FIRST_SEED);
  const jobs = integerOf('--jobs', words.jobs, 1, cores);
  const { trace, json = false, 'fail-fast': failFast = false } = words;
  if (!Number.isSafeInteger(firstSeed + seeds - 1)) throw new Refused('--first-seed is too large.');
  if (trace !== undefined && seeds !== 1) throw new Refused('--trace FILE keeps one seed: add --seeds 1.');
  return { kind: 'run', run: { seeds, firstSeed, jobs, trace, json, failFast } };
}

/** Thrown and caught in this file only. */
class Refused extends Error {}

function integerOf(name: string, word: string | undefined, least: number, otherwise: number): number {
  if (word === undefined) return otherwise;
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Refused(`${name} takes a whole number from ${least} on, not "${word}".`);
  }
  return value;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!(error instanceof Error) || !code.startsWith('ERR_PARSE_ARGS')) throw error;
  return `${error.message.split('. ')[0]?.replace(/\.$/, '')}.`;
}
