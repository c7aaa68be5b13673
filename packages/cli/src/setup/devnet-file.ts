// Owns: finding and reading devnet.json, by which a command finds a running development network, its genesis and its
// demo keys. Does not own: writing it (packages/devnet).
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { pathOf, readTextIfThere } from './files.ts';

/** Where a development network lives unless `--dir` says otherwise. */
export const DEFAULT_DEVNET_DIR = 'devnet/run';
export const DEVNET_FILE = 'devnet.json';

export interface DevnetNode {
  /** Short. */
  readonly name: string;
  /** Of the institution. */
  readonly title?: string;
  /** Its account id. */
  readonly institution?: string;
  readonly api: string;
  /** Path of the institution's account key. */
  readonly accountKey: string;
}

export interface DevnetKey {
  readonly name: string;
  readonly role: string;
  readonly file: string;
}

export interface DevnetFile {
  /** Folder of the network. */
  readonly dir: string;
  /** Path of the genesis file. */
  readonly genesis: string;
  readonly nodes: readonly DevnetNode[];
  readonly keys: readonly DevnetKey[];
  /** Whether its supervisor lives: the file stays when the network is stopped, with keys and genesis of use. */
  readonly running: boolean;
}

/** null: stopped in order. */
interface Supervised {
  readonly supervisor?: { readonly pid: number } | null;
}

/** Undefined when no devnet was started in the folder. Throws `CONFIGURATION_INVALID` when its file is damaged. */
export async function findDevnet(io: Io, dir: string | undefined): Promise<DevnetFile | undefined> {
  const folder = pathOf(io, dir ?? io.env['CONSILIUM_DEVNET_DIR'] ?? DEFAULT_DEVNET_DIR);
  const path = join(folder, DEVNET_FILE);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const file = parseDevnetFile(text);
  if (file === undefined) throw new ConsiliumError('CONFIGURATION_INVALID', { file: path });
  return { ...file, dir: folder };
}

function parseDevnetFile(text: string): DevnetFile | undefined {
  try {
    const raw = JSON.parse(text) as DevnetFile & Supervised & { readonly version: number };
    const whole =
      raw.version === 1 &&
      typeof raw.genesis === 'string' &&
      raw.nodes.every(({ name, api, accountKey }) => areTexts(name, api, accountKey)) &&
      raw.keys.every(({ name, role, file }) => areTexts(name, role, file));
    return whole ? { ...raw, running: isSupervised(raw) } : undefined;
  } catch {
    return undefined;
  }
}

function isSupervised({ supervisor }: Supervised): boolean {
  if (supervisor === undefined || supervisor === null) return supervisor === undefined;
  try {
    return process.kill(supervisor.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}
