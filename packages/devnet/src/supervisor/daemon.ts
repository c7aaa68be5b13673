// Owns: how a node's daemon is called, and with which environment. Does not own: its life (node-process.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOG_BYTES_MAX } from '../limits.ts';
import type { NodeEntry } from '../network/devnet-file.ts';
import { compileCache } from './warm-up.ts';

/**
 * Many daemons share one machine here. Left alone, the engine lets its space for young objects grow while it loads code,
 * and glibc gives each thread a heap of its own; both are kept: some 35 MB that an idle node never uses. Decoding and
 * keeping transactions was measured no slower with the smallest.
 */
const ENGINE_FLAGS = ['--max-semi-space-size=1'];
const SMALL_HEAP = { MALLOC_ARENA_MAX: '1' };

const COMMAND = fileURLToPath(new URL('../../../cli/bin/consilium.js', import.meta.url));

/** Another program in the place of the command: it is called with the same words. */
export interface DaemonProgram {
  /** File of its entry, asked for at each start. */
  readonly entry: () => string;
  /** Further words for a node's daemon, asked for at each of its starts: `['--set', 'log.level=debug']`. */
  readonly words: (node: NodeEntry) => readonly string[];
}

const PRODUCTION: DaemonProgram = { entry: () => COMMAND, words: () => [] };

export interface DaemonFiles {
  readonly genesis: string;
  readonly log: string;
}

/** Started as an operator would, with a pipe for its standard input: it stops when nobody holds the other end. */
export function spawnDaemon(
  node: NodeEntry,
  { genesis, log }: DaemonFiles,
  { entry, words }: DaemonProgram = PRODUCTION,
): ChildProcess {
  const output = openLog(log);
  try {
    const args = ['node', 'start', '--home', node.home, '--genesis', genesis, '--exit-with-parent'];
    return spawn(process.execPath, [...ENGINE_FLAGS, entry(), ...args, ...words(node)], {
      stdio: ['pipe', output, output],
      env: daemonEnvironment(),
    });
  } finally {
    closeSync(output);
  }
}

/** What configures one node of this shell's user would configure all nodes here, to the same ports. */
function daemonEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('CONSILIUM_'));
  return { ...Object.fromEntries(entries), ...SMALL_HEAP, ...compileCache() };
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (sizeOf(path) > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
