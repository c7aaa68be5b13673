// Owns: what a program does with a network that runs: commands to its nodes, one more hospital, its end, and an SDK client
// and signers for its demo people. Does not own: bringing it up (devnet.ts).
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsiliumError, type Genesis, isConsiliumError } from '@consilium/core';
import {
  type Client,
  type ClientOptions,
  createClient,
  parseGenesis,
  parseKeyFile,
  type Signer,
  signerOf,
} from '@consilium/sdk';
import { PROBE_INTERVAL_MS, STOP_MS_MAX } from './limits.ts';
import {
  type DevnetFile,
  type KeyEntry,
  type NodeEntry,
  nodeNamed,
  readDevnetFile,
} from './network/devnet-file.ts';
import { hospitalIndex, plannedHospital } from './network/plan.ts';
import { requireFree, usesOf } from './network/ports.ts';
import { entryAt, prepareHome, writeKeysOf } from './network/prepare.ts';
import { readTopology } from './network/topology.ts';
import { type NetworkStatus, networkStatus } from './status.ts';
import { createControl } from './supervisor/control.ts';
import type { NodeCommand, NodeStanding } from './supervisor/types.ts';

export interface Devnet extends AsyncDisposable {
  /** As it was last seen; `add` brings it up to date. */
  readonly file: DevnetFile;
  readonly genesis: Genesis;
  node(named: string): NodeEntry;
  standings(): Promise<readonly NodeStanding[]>;
  /** Where each node stands; heights and roots are certified. */
  status(): Promise<NetworkStatus>;
  /** Resolves when it is done. Throws `DEVNET_NODE_UNKNOWN`, `DEVNET_NODE_STATE`, `DEVNET_NOT_READY`. */
  command(named: string, command: NodeCommand): Promise<void>;
  /** Makes the home of a further hospital and starts its node: it watches until it is voted in. */
  add(named: string): Promise<NodeEntry>;
  /** Checks every answer from genesis. `nodes`: whom to ask, in this order; default all. */
  client(nodes?: readonly string[], options?: Partial<ClientOptions>): Client;
  /** The path of a demo key. Throws `KEY_NOT_FOUND` {key, known}. */
  keyFile(name: string): string;
  /** Of an institution or a clinician. */
  signer(name: string): Promise<Signer>;
  /** Stops every node, then the supervisor. */
  down(): Promise<void>;
  /** Resolves when the supervisor has stopped, whoever asked; undefined when it runs in another process. */
  readonly stopped: Promise<void> | undefined;
}

/** `stopped`: when the supervisor runs in this process. Throws `DEVNET_NOT_RUNNING` when there is none. */
export async function createDevnet(
  opened: DevnetFile,
  { stopped }: { readonly stopped?: Promise<void> } = {},
): Promise<Devnet> {
  if (opened.supervisor === null) throw new ConsiliumError('DEVNET_NOT_RUNNING', { dir: opened.dir });
  const control = createControl(opened.supervisor);
  const genesis = parseGenesis(await readFile(opened.genesis, 'utf8'));
  let file = opened;

  const down = async (): Promise<void> => {
    try {
      await control.stop();
    } catch (error) {
      // Somebody else was quicker.
      if (!isConsiliumError(error, 'DEVNET_NOT_RUNNING')) throw error;
    }
    await (stopped ?? untilGone(opened.supervisor?.pid));
  };
  const keyFile = (name: string): string => keyNamed(file.keys, name).file;
  return {
    get file() {
      return file;
    },
    genesis,
    node: (named) => nodeNamed(file.nodes, named),
    standings: () => control.standings(),
    status: async () => networkStatus(file, genesis, await control.standings()),
    command: (named, command) => control.command(nodeNamed(file.nodes, named).name, command),
    add: async (named) => {
      const addition = await prepareAddition(file, named);
      await control.add(addition);
      file = (await readDevnetFile(file.dir)) ?? file;
      return addition.node;
    },
    client: (nodes = file.nodes.map(({ name }) => name), options = {}) =>
      createClient({ ...options, nodes: nodes.map((named) => nodeNamed(file.nodes, named).api), genesis }),
    keyFile,
    signer: async (name) => signerOf(parseKeyFile(await readFile(keyFile(name), 'utf8'))),
    down,
    stopped,
    [Symbol.asyncDispose]: down,
  };
}

/** The first hospitals that `add` could bring up, as they would be. */
export async function couldJoin(
  { dir, seed, basePort, founders }: DevnetFile,
  count: number,
): Promise<readonly NodeEntry[]> {
  const topology = await readTopology();
  return Array.from({ length: count }, (_, place) =>
    entryAt(dir, seed, plannedHospital(topology, basePort, founders + place)),
  );
}

/** It answers before it ends: whoever deletes its folder next waits for that. */
async function untilGone(pid: number | undefined): Promise<void> {
  const patience = AbortSignal.timeout(STOP_MS_MAX);
  while (pid !== undefined && !patience.aborted && isAlive(pid)) await delay(PROBE_INTERVAL_MS);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Throws `DEVNET_NODE_UNKNOWN`, `DEVNET_NODE_STATE` for one that is there, `PORT_IN_USE`. */
async function prepareAddition(
  { dir, seed, basePort, nodes }: DevnetFile,
  named: string,
): Promise<{ readonly node: NodeEntry; readonly keys: readonly KeyEntry[] }> {
  const topology = await readTopology();
  const index = hospitalIndex(topology, named);
  if (index === undefined) throw new ConsiliumError('DEVNET_NODE_UNKNOWN', { name: named });
  const hospital = plannedHospital(topology, basePort, index);
  const { id, ports } = hospital;
  if (nodes.some(({ name }) => name === id))
    throw new ConsiliumError('DEVNET_NODE_STATE', { name: id, state: 'there already', command: 'add' });
  await requireFree(usesOf(id, ports), basePort);
  // An earlier try that was cut short before its node was known: it never ran.
  await rm(join(dir, 'homes', id), { recursive: true, force: true });
  const node = await prepareHome(dir, seed, hospital);
  return { node, keys: await writeKeysOf(dir, seed, hospital) };
}

function keyNamed(keys: readonly KeyEntry[], name: string): KeyEntry {
  const key = keys.find((known) => known.name === name);
  if (key !== undefined) return key;
  const known = keys.map((entry) => entry.name).join(' ');
  throw new ConsiliumError('KEY_NOT_FOUND', { key: name, known });
}
