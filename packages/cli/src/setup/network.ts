// Owns: which network a command talks to and what it knows of it: node, genesis, and the newest height seen, kept
// between runs. Does not own: asking (the SDK).
import { join } from 'node:path';
import {
  type ChainMemory,
  type Client,
  ConsiliumError,
  createClient,
  type Fetch,
  type Genesis,
  genesisHash,
  isConsiliumError,
  parseChainMemory,
  parseGenesis,
  type ReadOptions,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { asUsage, collect, integerOf, listOf, usage } from '../usage.ts';
import { addDoorOptions, type DoorOptions, fetchThrough } from './client-door.ts';
import { DEFAULT_DEVNET_DIR, type DevnetFile, findDevnet } from './devnet-file.ts';
import { pathOf, readText, readTextIfThere, SECRET_MODE, writeWhole } from './files.ts';

export interface NetworkOptions extends DoorOptions {
  readonly node?: readonly string[];
  readonly dir?: string;
  readonly genesis?: string;
  readonly minHeight?: string;
  readonly fresh?: boolean;
  readonly trustNode?: boolean;
}

export function addNetworkOptions(command: Command): Command {
  return addDoorOptions(command)
    .option(
      '--node <url>',
      'API of one node or several (else CONSILIUM_NODE, else the devnet in --dir)',
      collect,
    )
    .option('--dir <folder>', `folder of the devnet (else CONSILIUM_DEVNET_DIR, else ${DEFAULT_DEVNET_DIR})`)
    .option('--genesis <file>', "genesis to check answers from (else CONSILIUM_GENESIS, else the devnet's)")
    .option('--min-height <height>', 'take no answer that is older than this height')
    .option('--fresh', 'ask a quorum of validators for what is newest first (name several nodes)')
    .option('--trust-node', 'take answers unchecked');
}

/** A network to ask, and how. `close` keeps what was seen. */
export interface Network {
  readonly client: Client;
  readonly genesis: Genesis;
  readonly devnet: DevnetFile | undefined;
  /** Whether the genesis is the devnet's, so that what is kept of this network lies in its folder. */
  readonly isDevnet: boolean;
  readonly read: ReadOptions;
}

const NO_NODE =
  'no node is named: give --node URL, set CONSILIUM_NODE, or start a devnet (npx consilium devnet up)';

const NO_GENESIS =
  'no genesis to check answers from: give --genesis FILE or set CONSILIUM_GENESIS (or --trust-node)';

/** Runs `use` with the network that the options name, and remembers the newest height seen, however it ends. */
export async function withNetwork<T>(
  io: Io,
  options: NetworkOptions,
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const devnet = await findDevnet(io, options.dir);
  const nodes = nodesOf(io, options, devnet);
  const fetch = await fetchThrough(io, options);
  const genesis = await genesisOf(io, options, devnet, { nodes, fetch });
  const stateFile = stateFileOf(io, options, devnet, genesis);
  const memory = options.trustNode === true ? undefined : await recall(io, stateFile);
  if (options.trustNode === true) io.err('warning: --trust-node, answers are not checked\n');
  const client = asUsage('--node', () =>
    createClient({
      nodes,
      genesis,
      trustNode: options.trustNode === true,
      now: io.now,
      ...(fetch !== undefined && { fetch }),
      ...(memory !== undefined && { memory }),
    }),
  );
  try {
    const isDevnet = isOfDevnet(io, options, devnet);
    return await use({ client, genesis, devnet, isDevnet, read: readOptionsOf(options) });
  } finally {
    if (options.trustNode !== true) await remember(io, stateFile, client.memory());
  }
}

function readOptionsOf({ minHeight, fresh }: NetworkOptions): ReadOptions {
  return {
    ...(minHeight !== undefined && { minHeight: integerOf(minHeight, '--min-height') }),
    ...(fresh === true && { fresh }),
  };
}

function nodesOf(io: Io, options: NetworkOptions, devnet: DevnetFile | undefined): readonly string[] {
  const named = listOf(options.node ?? [io.env['CONSILIUM_NODE'] ?? '']);
  if (named.length > 0) return named;
  if (devnet === undefined || !devnet.running || devnet.nodes.length === 0) throw usage(NO_NODE);
  return devnet.nodes.map(({ api }) => api);
}

async function genesisOf(
  io: Io,
  options: NetworkOptions,
  devnet: DevnetFile | undefined,
  { nodes, fetch }: { readonly nodes: readonly string[]; readonly fetch: Fetch | undefined },
): Promise<Genesis> {
  const path = genesisPathOf(io, options, devnet);
  if (path !== undefined) return readGenesis(path);
  if (options.trustNode === true) return fetchGenesis(nodes[0] as string, fetch ?? globalThis.fetch);
  throw usage(NO_GENESIS);
}

export function genesisPathOf(
  io: Io,
  { genesis }: NetworkOptions,
  devnet: DevnetFile | undefined,
): string | undefined {
  const named = genesis ?? io.env['CONSILIUM_GENESIS'];
  return named === undefined || named === '' ? devnet?.genesis : pathOf(io, named);
}

/** Throws `FILE_UNREADABLE` or `GENESIS_INVALID`. */
export async function readGenesis(path: string): Promise<Genesis> {
  return parseGenesis(await readText(path));
}

/** A genesis is a few KB. */
const GENESIS_TIMEOUT_MS = 10_000;

async function fetchGenesis(node: string, fetch: Fetch): Promise<Genesis> {
  try {
    const response = await fetch(`${node.replace(/\/+$/, '')}/v1/genesis`, {
      signal: AbortSignal.timeout(GENESIS_TIMEOUT_MS),
    });
    return parseGenesis(await response.text());
  } catch (error) {
    if (isConsiliumError(error)) throw error;
    throw new ConsiliumError('NODE_UNREACHABLE', { node });
  }
}

function isOfDevnet(io: Io, options: NetworkOptions, devnet: DevnetFile | undefined): boolean {
  return devnet !== undefined && genesisPathOf(io, options, devnet) === devnet.genesis;
}

function stateFileOf(
  io: Io,
  options: NetworkOptions,
  devnet: DevnetFile | undefined,
  genesis: Genesis,
): string {
  const folder = stateFolder(io, { devnet, isDevnet: isOfDevnet(io, options, devnet) });
  return join(folder, `seen-${genesisHash(genesis)}.json`);
}

/** Where commands keep what they remember. Of a devnet it lies in its folder, so that it goes with a reset. */
export function stateFolder(io: Io, { devnet, isDevnet }: Pick<Network, 'devnet' | 'isDevnet'>): string {
  const standard =
    devnet !== undefined && isDevnet ? join(devnet.dir, 'client') : join(io.home, '.consilium');
  return pathOf(io, io.env['CONSILIUM_STATE'] ?? standard);
}

async function recall(io: Io, path: string): Promise<ChainMemory | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    return parseChainMemory(text);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    io.err(`warning: ${path} is damaged and not used; an older answer may pass unnoticed this once\n`);
    return undefined;
  }
}

/** Another command may have seen more meanwhile: the higher one stays. Not being able to keep it ends nothing. */
async function remember(io: Io, path: string, memory: ChainMemory): Promise<void> {
  try {
    const text = await readTextIfThere(path);
    const known = text === undefined ? -1 : parseChainMemory(text).light.height;
    if (memory.light.height > known) await writeWhole(path, `${JSON.stringify(memory)}\n`, SECRET_MODE);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    if (error.code === 'FILE_INVALID') await writeWhole(path, `${JSON.stringify(memory)}\n`, SECRET_MODE);
    else io.err(`warning: the newest height seen could not be kept in ${path}\n`);
  }
}
