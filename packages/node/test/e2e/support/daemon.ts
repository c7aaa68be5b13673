// One daemon as a process of its own: started as an operator starts it, killed as a power cut or an init system does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './waiting.ts';

export const CONSILIUM_BIN: string = fileURLToPath(
  new URL('../../../../cli/bin/consilium.js', import.meta.url),
);

export interface DaemonOptions {
  readonly home: string;
  readonly genesisFile: string;
  readonly apiUrl: string;
  readonly metricsUrl: string;
  /** What it prints, over all its starts. */
  readonly logFile: string;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Daemon {
  readonly running: boolean;
  readonly pid: number;
  /**
   * `set`: settings for this start, as `api.port=4200`; `words`: further words of `node start`. Resolves as soon as the
   * process exists.
   */
  start(set?: readonly string[], words?: readonly string[]): Promise<void>;
  /** Starts the command of another release from now on. */
  install(bin: string): void;
  /** Milliseconds since the epoch of the last start. */
  readonly startedAtMs: number;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  exited(): Promise<Exit>;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  /** SIGTERM, and gone. */
  stop(): Promise<Exit>;
  /** Whether its probe says so. */
  isReady(): Promise<boolean>;
  ready(): Promise<void>;
  log(): string;
}

export function createDaemon(options: DaemonOptions): Daemon {
  let child: ChildProcess | undefined;
  let end: Promise<Exit> | undefined;
  let startedAtMs = 0;
  let command = CONSILIUM_BIN;

  const current = (): ChildProcess => {
    if (child === undefined) throw new Error('invariant: the daemon was started');
    return child;
  };
  const isRunning = (): boolean =>
    child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const log = (): string => readFileSync(options.logFile, 'utf8');
  const exited = async (): Promise<Exit> => {
    if (end === undefined) throw new Error('invariant: the daemon was started');
    return end;
  };
  const isReady = async (): Promise<boolean> => {
    try {
      return (await fetch(`${options.metricsUrl}/readyz`)).ok;
    } catch {
      return false;
    }
  };
  return {
    get running() {
      return isRunning();
    },
    get pid() {
      return current().pid ?? 0;
    },
    get startedAtMs() {
      return startedAtMs;
    },
    start: async (set = [], words = []) => {
      const output = openSync(options.logFile, 'a');
      const settings = set.flatMap((setting) => ['--set', setting]);
      startedAtMs = Date.now();
      // The pipe ends with this process, however that ends, and the daemon with the pipe.
      const started = spawn(
        process.execPath,
        [
          command,
          ...['node', 'start', '--home', options.home],
          ...['--genesis', options.genesisFile, '--exit-with-parent', ...settings, ...words],
        ],
        { stdio: ['pipe', output, output] },
      );
      closeSync(output);
      child = started;
      end = once(started, 'exit').then(([code, signal]) => ({ code, signal }));
      await once(started, 'spawn');
    },
    install: (bin) => {
      command = bin;
    },
    signal: (signal) => void current().kill(signal),
    exited,
    kill: async () => {
      current().kill('SIGKILL');
      await exited();
    },
    stop: async () => {
      current().kill('SIGTERM');
      return exited();
    },
    isReady,
    ready: () =>
      until(
        () => `${options.home} ready; its log ends: ${log().slice(-2_000)}`,
        () => {
          if (!isRunning()) throw new Error(`a daemon ended; its log ends: ${log().slice(-2_000)}`);
          return isReady();
        },
      ),
    log,
  };
}
