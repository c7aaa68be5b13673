// Owns: `npm start` as a program: its words, what it prints where, what it leaves running, its exit code.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConsiliumError, isConsiliumError } from '@consilium/sdk';
import { launchDevnet, openDevnet, resetDevnet } from '../devnet.ts';
import type { Devnet } from '../handle.ts';
import { readDevnetFile } from '../network/devnet-file.ts';
import { runJourney } from './journey.ts';
import type { JourneyResult, JourneyStep } from './types.ts';

const DEFAULT_STORY_DIR = 'devnet/story';
/** Stories side by side in one clone, each in a folder of its own. */
const STORIES_MAX = 9;

const HELP = `npm start -- [options]     four hospitals, and one story told step by step

  --input PATH       a FHIR R4 bundle, or a folder of them, instead of the shipped sample
  --exit             end after the story, with 0 or 1
  --keep             go on with the network of an earlier run
  --dir DIR          where the network lives (default ${DEFAULT_STORY_DIR})
  --base-port P      first of its ports (default: of devnet/devnet.toml, or the next free ones)
  --seed S           what its keys are made of
  --json             one JSON object on stdout and nothing else (npm start --silent -- --json)
`;

interface Words {
  readonly input?: string;
  readonly exit: boolean;
  readonly keep: boolean;
  readonly dir?: string;
  readonly basePort?: number;
  readonly seed?: string;
  readonly json: boolean;
}

/** Runs the story. Resolves to the exit code: 0, 1 when a step fails, 64 for words that it does not know. */
export async function runStart(argv: readonly string[]): Promise<number> {
  const words = wordsOf(argv);
  if (typeof words === 'string') {
    process.stderr.write(words);
    return words === HELP ? 0 : 64;
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new ConsiliumError('INTERRUPTED'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    return await tell(words, stop.signal);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}${dataOf(error)}\n`);
    return error.code === 'USAGE_INVALID' ? 64 : 1;
  }
}

function dataOf({ data }: ConsiliumError): string {
  const facts = Object.entries(data).map(([name, value]) => `${name}: ${value}`);
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}

function wordsOf(argv: readonly string[]): Words | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        input: { type: 'string' },
        exit: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        dir: { type: 'string' },
        'base-port': { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return HELP;
    const { input, exit, keep, dir, seed, json } = values;
    const port = values['base-port'];
    if (port !== undefined && !/^\d{1,5}$/.test(port))
      return `USAGE_INVALID: --base-port must be a port number\n`;
    return {
      exit,
      keep,
      json,
      ...(input === undefined ? {} : { input }),
      ...(dir === undefined ? {} : { dir }),
      ...(seed === undefined ? {} : { seed }),
      ...(port === undefined ? {} : { basePort: Number(port) }),
    };
  } catch (error) {
    return `USAGE_INVALID: ${error instanceof Error ? error.message : 'unknown option'}\n\n${HELP}`;
  }
}

async function tell(words: Words, signal: AbortSignal): Promise<number> {
  const say = words.json ? process.stderr : process.stdout;
  const dir = await folderFor(words);
  const { seed, basePort } = words;
  const asked = { ...(seed === undefined ? {} : { seed }), ...(basePort === undefined ? {} : { basePort }) };
  process.stderr.write(`starting four hospitals in ${dir}\n`);
  await using devnet = await launchDevnet({ dir, findPorts: true, signal, ...asked });
  const result = await runJourney(devnet, {
    signal,
    onStep: (step) => say.write(`${lineOf(step)}\n`),
    onProgress: (text) => process.stderr.write(`   ${text}\n`),
    ...(words.input === undefined ? {} : { input: words.input }),
  });
  const commands = commandsOf(dir, devnet.file.genesis, result);
  if (words.json) process.stdout.write(`${JSON.stringify(summaryOf(devnet, result, commands))}\n`);
  if (words.exit) return 0;
  say.write(`\nThe hospitals stay up until Ctrl-C. To try, in another terminal:\n\n`);
  for (const command of commands) say.write(`  ${command}\n`);
  await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  return 0;
}

/** The asked folder, emptied unless it is to be kept; by default the first in which no story runs. */
async function folderFor(words: Words): Promise<string> {
  const candidates =
    words.dir === undefined
      ? Array.from(
          { length: STORIES_MAX },
          (_, index) => `${DEFAULT_STORY_DIR}${index === 0 ? '' : `-${index + 1}`}`,
        )
      : [words.dir];
  for (const dir of candidates) {
    if (await isUp(dir)) continue;
    if (!words.keep && (await readDevnetFile(dir)) !== undefined) await resetDevnet(dir);
    return dir;
  }
  throw new ConsiliumError('DEVNET_RUNNING', { dir: resolve(candidates[0] ?? '') });
}

async function isUp(dir: string): Promise<boolean> {
  return openDevnet(dir).then(
    () => true,
    () => false,
  );
}

function lineOf({ step, text, height, time }: JourneyStep): string {
  const when = time === 0 ? 'genesis' : new Date(time).toISOString();
  return `${step}  ${text}  [height ${height}, ${when}]`;
}

function commandsOf(dir: string, genesis: string, { accessLog }: JourneyResult): readonly string[] {
  const here = (path: string): string => path.replace(`${process.cwd()}/`, '');
  return [
    `npx consilium devnet status --dir ${dir}`,
    `npx consilium patient history --as mara --dir ${dir}`,
    `npx consilium access verify ${here(accessLog)} --genesis ${here(genesis)}`,
  ];
}

function summaryOf(devnet: Devnet, result: JourneyResult, commands: readonly string[]) {
  const { dir, chainId, genesisHash, nodes } = devnet.file;
  const endpoints = nodes.map(({ name, title, api, metrics }) => ({ name, title, api, metrics }));
  return { ok: true, dir, chainId, genesis: genesisHash, nodes: endpoints, ...result, commands };
}
