// Owns: bringing a network up, in this process or in one of its own, finding one that runs, and taking its folder away.
// Does not own: the processes (supervisor/), the files (network/), what is asked of a network that runs (handle.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConsiliumError, ERRORS, type ErrorCode } from '@consilium/core';
import { createDevnet, type Devnet } from './handle.ts';
import { DEFAULT_DIR, type DevnetFile, readDevnetFile } from './network/devnet-file.ts';
import { type PlanOptions, planNetwork, refuseOther } from './network/plan.ts';
import { freeBase, type PortUse, portUses, requireFree, usesOf } from './network/ports.ts';
import { isHalfMade, prepareNetwork } from './network/prepare.ts';
import { readTopology, type Topology } from './network/topology.ts';
import { createControl } from './supervisor/control.ts';
import type { DaemonProgram } from './supervisor/daemon.ts';
import type { Told } from './supervisor/main.ts';
import { prebuiltOr } from './supervisor/prebuilt.ts';
import { logOf, startSupervisor } from './supervisor/supervisor.ts';
import { compileCache, warmUp } from './supervisor/warm-up.ts';

export interface DevnetOptions extends PlanOptions {
  /** Default: `devnet/run` in the current folder. A network that was made there before goes on. */
  readonly dir?: string;
  /** Without a base port of one's own: take the next free ports instead of refusing when the usual ones are taken. */
  readonly findPorts?: boolean;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export interface LaunchOptions extends DevnetOptions {
  /** Homes and genesis are there, no daemon is. */
  readonly onPrepared?: (file: DevnetFile) => Promise<void>;
  /** Instead of the command. */
  readonly program?: DaemonProgram;
}

/**
 * A network whose nodes are children of this process: they end with it, however it ends, or with `down`. Throws
 * `DEVNET_RUNNING`, `PORT_IN_USE` {port, freeBasePort}, `DEVNET_MISMATCH`, `DEVNET_FOLDER_INVALID`, `DEVNET_NOT_READY`.
 */
export async function launchDevnet(options: LaunchOptions = {}): Promise<Devnet> {
  const file = await prepareDevnet(options);
  await warmUp();
  await options.onPrepared?.(file);
  const supervisor = await startSupervisor(file, options.signal, options.program);
  return createDevnet(supervisor.file(), { stopped: supervisor.stopped });
}

/** The same under a supervisor of its own, which stays when this process ends. */
export async function detachDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const file = await prepareDevnet(options);
  await warmUp();
  const child = spawnSupervisor(file);
  const giveUp = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', giveUp);
  try {
    refuseUnready(await toldBy(child), logOf(file.dir, 'supervisor'));
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
  child.unref();
  return openDevnet(file.dir);
}

/** The network that runs in the folder. Throws `DEVNET_NOT_RUNNING` {dir}. */
export async function openDevnet(dir: string = DEFAULT_DIR): Promise<Devnet> {
  const file = await readDevnetFile(dir);
  if (file === undefined || !(await isSupervised(file)))
    throw new ConsiliumError('DEVNET_NOT_RUNNING', { dir: resolve(dir) });
  return createDevnet(file);
}

/** Stops what runs there and deletes the folder. Throws `DEVNET_FOLDER_INVALID` when it was not made by us. */
export async function resetDevnet(dir: string = DEFAULT_DIR): Promise<void> {
  const root = resolve(dir);
  const file = await readDevnetFile(root);
  if (file === undefined && !(await isHalfMade(root)))
    throw new ConsiliumError('DEVNET_FOLDER_INVALID', { dir: root });
  if (file !== undefined && (await isSupervised(file))) await (await openDevnet(root)).down();
  await rm(root, { recursive: true, force: true });
}

/** A base port from which a network of this size can be started now. */
export async function freeBasePort(nodes?: number): Promise<number> {
  const topology = await readTopology();
  const { founders, basePort } = planNetwork(topology, { ...(nodes !== undefined && { nodes }) });
  const names = founders.map(({ id }) => id);
  return freeBase((base) => portUses(base, names), basePort);
}

/** Everything that is needed before a process starts; ports are looked at before anything is written. */
async function prepareDevnet(options: DevnetOptions): Promise<DevnetFile> {
  const topology = await readTopology();
  const dir = options.dir ?? DEFAULT_DIR;
  const made = await readDevnetFile(dir);
  if (made === undefined) return makeNetwork(dir, topology, options);
  if (await isSupervised(made)) throw new ConsiliumError('DEVNET_RUNNING', { dir: made.dir });
  const { seed, basePort, founders } = made;
  refuseOther({ seed, basePort, nodes: founders }, options);
  await requireFree(made.nodes.flatMap(portsInUse), basePort);
  return made;
}

async function makeNetwork(dir: string, topology: Topology, options: DevnetOptions): Promise<DevnetFile> {
  const asked = planNetwork(topology, options);
  const usesAt = (basePort: number): readonly PortUse[] =>
    portUses(
      basePort,
      asked.founders.map(({ id }) => id),
    );
  const mayMove = options.findPorts === true && options.basePort === undefined;
  const basePort = mayMove ? await freeBase(usesAt, asked.basePort) : asked.basePort;
  await requireFree(usesAt(basePort), basePort);
  const plan = planNetwork(topology, { ...options, basePort });
  return prepareNetwork(dir, plan, topology.patients);
}

function portsInUse({ name, api, metrics, p2p }: DevnetFile['nodes'][number]): readonly PortUse[] {
  const portOf = (address: string): number => Number(/(\d+)$/.exec(address)?.[1]);
  return usesOf(name, { api: portOf(api), metrics: portOf(metrics), p2p: portOf(p2p) });
}

/** A supervisor that was killed is still named in the file; nobody answers for it. */
async function isSupervised({ supervisor }: DevnetFile): Promise<boolean> {
  if (supervisor === null) return false;
  return createControl(supervisor)
    .standings()
    .then(
      () => true,
      () => false,
    );
}

const SUPERVISOR = fileURLToPath(new URL('./supervisor/main.ts', import.meta.url));

function spawnSupervisor({ dir }: DevnetFile): ChildProcess {
  const log = logOf(dir, 'supervisor');
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  const output = openSync(log, 'a', 0o600);
  try {
    return spawn(process.execPath, [prebuiltOr('devnet-supervisor-main', SUPERVISOR), dir], {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      cwd: dir,
      env: { ...process.env, ...compileCache() },
    });
  } finally {
    closeSync(output);
  }
}

function toldBy(child: ChildProcess): Promise<Told | undefined> {
  return new Promise((resolve) => {
    child.once('message', (told) => resolve(told as Told));
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
}

function refuseUnready(told: Told | undefined, log: string): void {
  if (told?.ready === true) return;
  if (told === undefined || !Object.hasOwn(ERRORS, told.code))
    throw new ConsiliumError('DEVNET_NOT_READY', { name: 'supervisor', log });
  throw new ConsiliumError(told.code as ErrorCode, told.data, told.message);
}
