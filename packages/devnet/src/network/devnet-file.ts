// Owns: devnet.json, by which every other program finds the network: endpoints, demo keys, and the supervisor with its
// token. Does not own: what is in the homes.
import { randomBytes } from 'node:crypto';
import { readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConsiliumError, type Hex32 } from '@consilium/core';
import { DEVNET_FILE_BYTES_MAX } from '../limits.ts';

export const DEVNET_FILE = 'devnet.json';
export const DEFAULT_DIR = 'devnet/run';

/** All paths are absolute. */
export interface DevnetFile {
  readonly version: 1;
  readonly chainId: string;
  readonly seed: string;
  readonly basePort: number;
  /** How many of the nodes founded the network; the others joined. */
  readonly founders: number;
  readonly genesis: string;
  readonly genesisHash: Hex32;
  readonly dir: string;
  /** null when it was stopped in order. One that was killed is still named. */
  readonly supervisor: SupervisorEntry | null;
  readonly nodes: readonly NodeEntry[];
  readonly keys: readonly KeyEntry[];
}

export interface SupervisorEntry {
  readonly pid: number;
  /** URL on this machine. */
  readonly control: string;
  /** Whoever has it may stop and start the nodes. */
  readonly token: string;
}

export interface NodeEntry {
  /** Short: `a`. */
  readonly name: string;
  /** Of the institution. */
  readonly title: string;
  /** Its account id. */
  readonly institution: Hex32;
  readonly api: string;
  readonly metrics: string;
  /** Multiaddr. */
  readonly p2p: string;
  readonly home: string;
  readonly accountKey: string;
}

export interface KeyEntry {
  readonly name: string;
  readonly role: 'institution' | 'clinician' | 'patient';
  readonly file: string;
}

export function devnetFilePath(dir: string): string {
  return join(resolve(dir), DEVNET_FILE);
}

/** undefined when there is none. Throws `CONFIGURATION_INVALID` {file} when it is damaged. */
export async function readDevnetFile(dir: string): Promise<DevnetFile | undefined> {
  const path = devnetFilePath(dir);
  try {
    if ((await stat(path)).size > DEVNET_FILE_BYTES_MAX) throw new SyntaxError('too large');
    const file = JSON.parse(await readFile(path, 'utf8')) as DevnetFile;
    if (file.version !== 1 || !Array.isArray(file.nodes)) throw new SyntaxError('form');
    if ((await realpath(file.dir)) !== (await realpath(dir))) throw new SyntaxError('moved');
    return file;
  } catch (error) {
    if (isMissing(error) && !(await exists(path))) return undefined;
    const detail = `${path} is damaged or was moved here; delete the folder by hand`;
    throw new ConsiliumError('CONFIGURATION_INVALID', { file: path }, detail);
  }
}

/** Replaces it whole; readable by its owner only. */
export async function writeDevnetFile(file: DevnetFile): Promise<void> {
  const path = devnetFilePath(file.dir);
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(beside, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await rename(beside, path);
}

/** By short name or by the institution's. Throws `DEVNET_NODE_UNKNOWN` {name, known}. */
export function nodeNamed(nodes: readonly NodeEntry[], named: string): NodeEntry {
  const node = nodes.find(({ name, title }) => name === named || title === named);
  if (node !== undefined) return node;
  const known = nodes.map(({ name }) => name).join(' ');
  throw new ConsiliumError('DEVNET_NODE_UNKNOWN', { name: named, known });
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
