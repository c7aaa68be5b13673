// Owns: the nodes of one network as processes, and devnet.json while it lives. Does not own: how a command reaches it
// (control-server.ts), or in which process it runs.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { READY_MS_MAX } from '../limits.ts';
import { type DevnetFile, type NodeEntry, nodeNamed, writeDevnetFile } from '../network/devnet-file.ts';
import { startControlServer } from './control-server.ts';
import { type DaemonProgram, spawnDaemon } from './daemon.ts';
import { createGuardian } from './guardian.ts';
import { createNodeProcess, type NodeProcess } from './node-process.ts';
import { untilProbe } from './probe.ts';
import type { Supervisor } from './types.ts';

export function logOf(dir: string, name: string): string {
  return join(dir, 'logs', `${name}.log`);
}

/**
 * Starts every node and waits until all founders are ready; of a network that goes on, where a founder may have been voted
 * out, until more than two thirds of its nodes are. Throws `DEVNET_NOT_READY` {name, log}, or `INTERRUPTED` when
 * the signal asks to give up; then everything is stopped again.
 */
export async function startSupervisor(
  prepared: DevnetFile,
  signal?: AbortSignal,
  program?: DaemonProgram,
): Promise<Supervisor> {
  const supervisor = await createSupervisor(prepared, program);
  const giveUp = (): void => void supervisor.stop();
  const resumed = prepared.nodes.some(({ home }) => existsSync(join(home, 'genesis.json')));
  signal?.addEventListener('abort', giveUp);
  try {
    const { nodes, founders } = prepared;
    await Promise.all(nodes.map(({ name }) => supervisor.command(name, 'start')));
    const patience = AbortSignal.any([AbortSignal.timeout(READY_MS_MAX), ...(signal ? [signal] : [])]);
    if (resumed) await requireReady(prepared.dir, nodes, Math.floor((2 * nodes.length) / 3) + 1, patience);
    else await requireReady(prepared.dir, nodes.slice(0, founders), founders, patience);
    return supervisor;
  } catch (error) {
    await supervisor.stop();
    throw signal?.aborted === true ? new ConsiliumError('INTERRUPTED') : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Until so many of the nodes are ready. */
async function requireReady(
  dir: string,
  nodes: readonly NodeEntry[],
  needed: number,
  patience: AbortSignal,
): Promise<void> {
  const enough = new AbortController();
  const signal = AbortSignal.any([patience, enough.signal]);
  const ready = new Set<string>();
  const probes = nodes.map(async ({ name, metrics }) => {
    if (await untilProbe(metrics, 'readyz', signal)) ready.add(name);
    if (ready.size >= needed) enough.abort();
  });
  await Promise.all(probes);
  const missing = nodes.find(({ name }) => !ready.has(name));
  if (ready.size >= needed || missing === undefined) return;
  throw new ConsiliumError('DEVNET_NOT_READY', { name: missing.name, log: logOf(dir, missing.name) });
}

async function createSupervisor(
  prepared: DevnetFile,
  program: DaemonProgram | undefined,
): Promise<Supervisor> {
  const guardian = createGuardian();
  const processes = new Map<string, NodeProcess>();
  const { promise: stopped, resolve: tellStopped } = Promise.withResolvers<void>();
  let file = prepared;
  let stopping: Promise<void> | undefined;

  const guard = (): void => {
    const pids = [...processes.values()].map((process) => process.pid());
    guardian.watch(pids.filter((pid) => pid !== null));
  };

  const adopt = (node: NodeEntry): void => {
    const { name, metrics } = node;
    const log = logOf(file.dir, name);
    const spawn = () => spawnDaemon(node, { genesis: file.genesis, log }, program);
    processes.set(name, createNodeProcess({ name, metrics, log, spawn, onChange: guard }));
  };

  const processOf = (named: string): NodeProcess => {
    const { name } = nodeNamed(file.nodes, named);
    return processes.get(name) as NodeProcess;
  };

  const keep = async (next: DevnetFile): Promise<void> => {
    file = next;
    await writeDevnetFile(file);
  };

  const stopAll = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((process) => process.close()));
    guardian.stop();
    await control.close();
    await keep({ ...file, supervisor: null });
    tellStopped();
  };

  const supervisor: Supervisor = {
    file: () => file,
    stopped,
    standings: () =>
      [...processes].map(([name, process]) => ({ name, pid: process.pid(), state: process.state() })),
    command: (name, command) => processOf(name)[command](),
    add: async ({ node, keys }) => {
      if (!processes.has(node.name)) {
        adopt(node);
        await keep({ ...file, nodes: [...file.nodes, node], keys: [...file.keys, ...keys] });
      }
      await processOf(node.name).start();
    },
    stop: () => {
      stopping ??= stopAll();
      return stopping;
    },
  };

  for (const node of file.nodes) adopt(node);
  const token = randomBytes(24).toString('hex');
  const control = await startControlServer(supervisor, token);
  await keep({ ...file, supervisor: { pid: process.pid, control: control.url, token } });
  return supervisor;
}
