// A person at a terminal with a folder of their own: runs commands in this process, keeps what they printed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Genesis, genesisToJson } from '@consilium/core';
import type { Io } from '../../src/io.ts';
import { run } from '../../src/main.ts';

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Desk extends Disposable {
  readonly folder: string;
  env: Record<string, string | undefined>;
  input: string;
  /** undefined: nobody is at the terminal. */
  askSecret: ((question: string) => Promise<Uint8Array>) | undefined;
  ask: ((question: string) => Promise<string>) | undefined;
  now: () => number;
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array, mode?: number) => string;
  readonly run: (...words: string[]) => Promise<Ended>;
  /** Runs with `--json`; the command must succeed and print one object and nothing else. */
  // biome-ignore lint/suspicious/noExplicitAny: what a command prints is looked at as it is
  readonly json: (...words: string[]) => Promise<Record<string, any>>;
}

export function createDesk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-cli-'));
  const desk: Desk = {
    folder,
    env: {},
    input: '',
    askSecret: undefined,
    ask: undefined,
    now: () => Date.now(),
    path: (name) => join(folder, name),
    write: (name, content, mode = 0o600) => {
      writeFileSync(join(folder, name), content, { mode });
      return join(folder, name);
    },
    run: async (...words) => {
      const printed = { stdout: '', stderr: '' };
      const io: Io = {
        env: desk.env,
        cwd: folder,
        home: join(folder, 'home'),
        now: () => desk.now(),
        out: (text) => {
          printed.stdout += text;
        },
        err: (text) => {
          printed.stderr += text;
        },
        readInput: async () => desk.input,
        ...(desk.ask !== undefined && { ask: desk.ask }),
        ...(desk.askSecret !== undefined && { askSecret: desk.askSecret }),
      };
      return { exitCode: await run(words, io), ...printed };
    },
    json: async (...words) => {
      const { exitCode, stdout, stderr } = await desk.run(...words, '--json');
      if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}`);
      if (stdout.indexOf('\n') !== stdout.length - 1) throw new Error(`more than one line: ${stdout}`);
      return JSON.parse(stdout);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  return desk;
}

/** The network that the commands of this desk talk to unless told otherwise. */
export function use(desk: Desk, url: string, genesis: Genesis): void {
  desk.env['CONSILIUM_NODE'] = url;
  desk.env['CONSILIUM_GENESIS'] = desk.write('genesis.json', genesisToJson(genesis));
}
