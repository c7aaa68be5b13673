// Real validators: homes in a temporary folder with one genesis, each a process, and all of it gone at the end.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Genesis, Hex32, ValidatorCard } from '@consilium/core';
import {
  type Client,
  type ClientOptions,
  createClient,
  parseKeyFile,
  type Signer,
  signerOf,
} from '@consilium/sdk';
import { verifySodium } from '../../../src/crypto/ed25519-sodium.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { type HomePaths, homePaths } from '../../../src/files/home.ts';
import { createGenesisFile, readGenesis } from '../../../src/setup/genesis.ts';
import { initHome } from '../../../src/setup/init.ts';
import { createDaemon, type Daemon } from './daemon.ts';
import { freePorts } from './ports.ts';

export const HOSPITALS = [
  'Hospital North',
  'Hospital East',
  'Hospital South',
  'Hospital West',
  'Hospital Lake',
];

export interface Validator extends Daemon {
  readonly name: string;
  readonly institution: Hex32;
  readonly paths: HomePaths;
  readonly card: ValidatorCard;
  readonly p2pPort: number;
  readonly apiUrl: string;
  readonly metricsUrl: string;
  /** Signs as the institution. */
  readonly signer: Signer;
}

export interface Network extends AsyncDisposable {
  readonly folder: string;
  readonly genesis: Genesis;
  readonly genesisFile: string;
  /** The founders, in the order of `HOSPITALS`. */
  readonly validators: readonly Validator[];
  /** A home with its own keys that is no founder; not started. */
  newcomer(name: string): Promise<Validator>;
  /** Starts the founders and waits until every one is ready. `set`: settings, as `log.level=debug`. */
  start(set?: readonly string[]): Promise<void>;
  /** Checks all that it is told, by the genesis. Asks every founder unless told otherwise. */
  client(options?: Partial<ClientOptions>): Client;
  /** Ends every daemon at once and removes the folder. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  readonly count?: number;
  readonly chainId?: string;
}

export async function createNetwork(options: NetworkOptions = {}): Promise<Network> {
  const { count = 4, chainId = 'lakeside-1' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'consilium-e2e-'));
  const genesisFile = join(folder, 'genesis.json');
  const all: Validator[] = [];
  const addHome = async (name: string): Promise<Validator> => {
    const validator = await createValidator(folder, genesisFile, name);
    all.push(validator);
    return validator;
  };
  for (const name of HOSPITALS.slice(0, count)) await addHome(name);
  const validators = [...all];
  const cards = validators.map(({ paths }) => paths.validatorCard);
  await createGenesisFile({ chainId, cards, out: genesisFile }, verifySodium);
  const genesis = await readGenesis(genesisFile, verifySodium);
  const close = async (): Promise<void> => {
    await Promise.all(all.filter(({ running }) => running).map((validator) => validator.kill()));
    await rm(folder, { recursive: true, force: true });
  };
  return {
    folder,
    genesis,
    genesisFile,
    validators,
    newcomer: addHome,
    start: async (set) => {
      await Promise.all(validators.map((validator) => validator.start(set)));
      await Promise.all(validators.map((validator) => validator.ready()));
    },
    client: (given = {}) => {
      const asked = given.node === undefined && given.nodes === undefined ? validators : [];
      return createClient({ nodes: asked.map(({ apiUrl }) => apiUrl), genesis, ...given });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function createValidator(folder: string, genesisFile: string, name: string): Promise<Validator> {
  const [p2pPort = 0, apiPort = 0, metricsPort = 0] = await freePorts(3);
  const home = join(folder, name.toLowerCase().replaceAll(' ', '-'));
  const settings = { 'api.port': apiPort, 'metrics.port': metricsPort };
  const { card } = await initHome({ home, name, listen: [`127.0.0.1:${p2pPort}`], settings }, systemRandom);
  const paths = homePaths(home);
  const signer = signerOf(parseKeyFile(await readFile(paths.accountKey, 'utf8')));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const metricsUrl = `http://127.0.0.1:${metricsPort}`;
  const daemon = createDaemon({ home, genesisFile, apiUrl, metricsUrl, logFile: `${home}.log` });
  const facts = { name, institution: signer.account, paths, card, p2pPort, apiUrl, metricsUrl, signer };
  // The daemon's getters stay getters.
  return Object.defineProperties(facts, Object.getOwnPropertyDescriptors(daemon)) as Validator;
}
