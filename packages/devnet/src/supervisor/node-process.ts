// Owns: the process of one node and the state that it is in. Does not own: which nodes there are (supervisor.ts).
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsiliumError } from '@consilium/core';
import { READY_MS_MAX, STOP_MS_MAX } from '../limits.ts';
import { untilProbe } from './probe.ts';

export type NodeState = 'failed' | 'killed' | 'paused' | 'running' | 'starting' | 'stopped';

/** Each command throws `DEVNET_NODE_STATE` {name, state, command} where it makes no sense. */
export interface NodeProcess {
  readonly state: () => NodeState;
  /** null while no process runs. */
  readonly pid: () => number | null;
  /** Resolves when it answers. Throws `DEVNET_NOT_READY` {name, log}. */
  start(): Promise<void>;
  /** SIGKILL, at once, whatever it is doing. */
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** In order; by force when that takes too long. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops at once, for good. */
  close(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  /** Base URL of its metrics listener. */
  readonly metrics: string;
  readonly log: string;
  readonly spawn: () => ChildProcess;
  /** After every change of state or process. */
  readonly onChange: () => void;
}

interface Life {
  state: NodeState;
  child: ChildProcess | undefined;
  /** What it will be called when the process has ended; undefined: by how it ended. */
  ending: NodeState | undefined;
  closed: boolean;
}

export function createNodeProcess(options: NodeProcessOptions): NodeProcess {
  const life: Life = { state: 'stopped', child: undefined, ending: undefined, closed: false };
  const oneAtATime = createQueue();

  const command =
    (verb: string, allowed: readonly NodeState[], run: () => void | Promise<void>) => async () => {
      const { name } = options;
      if (!allowed.includes(life.state))
        throw new ConsiliumError('DEVNET_NODE_STATE', { name, state: life.state, command: verb });
      await run();
    };
  const start = command('start', ['failed', 'killed', 'stopped'], () => bringUp(life, options));
  const kill = command('kill', ['paused', 'running', 'starting'], () => takeDown(life, 'killed', 'SIGKILL'));
  const pause = command('pause', ['running'], () => signal(life, options, 'SIGSTOP', 'paused'));
  const resume = command('resume', ['paused'], () => signal(life, options, 'SIGCONT', 'running'));
  const stop = (): Promise<void> => takeDown(life, 'stopped', 'SIGTERM');

  return {
    state: () => life.state,
    pid: () => life.child?.pid ?? null,
    start: () => oneAtATime(start),
    kill,
    pause: () => oneAtATime(pause),
    resume: () => oneAtATime(resume),
    stop: () => oneAtATime(stop),
    restart: () =>
      oneAtATime(async () => {
        await stop();
        await bringUp(life, options);
      }),
    close: () => {
      life.closed = true;
      return stop();
    },
  };
}

function createQueue(): (command: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (command) => {
    const run = last.then(command);
    last = run.catch(() => {});
    return run;
  };
}

async function bringUp(life: Life, options: NodeProcessOptions): Promise<void> {
  const { name, log, metrics } = options;
  const notReady = new ConsiliumError('DEVNET_NOT_READY', { name, log });
  if (life.closed) throw notReady;
  const child = options.spawn();
  const gone = new AbortController();
  const ended = (): void => {
    gone.abort();
    if (life.child !== child) return;
    life.child = undefined;
    become(life, options, life.ending ?? endOf(child));
  };
  child.stdin?.on('error', () => {});
  child.once('error', ended).once('exit', ended);
  life.child = child;
  life.ending = undefined;
  become(life, options, 'starting');
  const signal = AbortSignal.any([AbortSignal.timeout(READY_MS_MAX), gone.signal]);
  if (await untilProbe(metrics, 'livez', signal)) return become(life, options, 'running');
  if (life.child === child) await takeDown(life, 'failed', 'SIGKILL');
  throw notReady;
}

function endOf({ exitCode, signalCode }: ChildProcess): NodeState {
  if (signalCode === 'SIGKILL') return 'killed';
  return exitCode === 0 ? 'stopped' : 'failed';
}

async function takeDown(life: Life, state: NodeState, by: NodeJS.Signals): Promise<void> {
  const { child } = life;
  life.ending = state;
  if (child === undefined) {
    life.state = state;
    return;
  }
  const gone = once(child, 'exit');
  child.kill(by);
  // A paused process acts on a signal only once it goes on.
  child.kill('SIGCONT');
  if (by !== 'SIGKILL') await Promise.race([gone, killLater(child)]);
  await gone;
}

async function killLater(child: ChildProcess): Promise<void> {
  await delay(STOP_MS_MAX, undefined, { ref: false });
  child.kill('SIGKILL');
}

function signal(life: Life, options: NodeProcessOptions, by: NodeJS.Signals, state: NodeState): void {
  life.child?.kill(by);
  become(life, options, state);
}

function become(life: Life, { onChange }: NodeProcessOptions, state: NodeState): void {
  life.state = state;
  onChange();
}
