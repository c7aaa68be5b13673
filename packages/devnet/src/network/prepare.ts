// Owns: making the folder of a network: homes, genesis, demo keys, and devnet.json last, so that a folder that was not
// finished is known. Does not own: starting anything.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { accountIdOf, ConsiliumError, verifyEd25519 } from '@consilium/core';
import { createGenesisFile, homePaths, initHome } from '@consilium/node/setup';
import { createKeyFile, formatKeyFile, formatWallet } from '@consilium/sdk';
import { type DevnetFile, isMissing, type KeyEntry, type NodeEntry, writeDevnetFile } from './devnet-file.ts';
import { chainIdOf, clinicianSecret, hospitalSecrets, patientWallet } from './keys.ts';
import type { Plan, PlannedHospital } from './plan.ts';
import { LOOPBACK } from './ports.ts';
import type { Person } from './topology.ts';

/** There while the folder is being made. */
const MAKING = '.devnet-making';

/** Throws `DEVNET_FOLDER_INVALID` {dir} when something else is in the folder. */
export async function prepareNetwork(
  dir: string,
  plan: Plan,
  patients: readonly Person[],
): Promise<DevnetFile> {
  const root = resolve(dir);
  await claimFolder(root);
  const nodes: NodeEntry[] = [];
  for (const hospital of plan.founders) nodes.push(await prepareHome(root, plan.seed, hospital));
  const chainId = chainIdOf(plan.seed);
  const genesis = join(root, 'genesis.json');
  const cards = nodes.map(({ home }) => homePaths(home).validatorCard);
  const { hash } = await createGenesisFile({ chainId, cards, out: genesis }, verifyEd25519);
  const file: DevnetFile = {
    version: 1,
    chainId,
    seed: plan.seed,
    basePort: plan.basePort,
    founders: nodes.length,
    genesis,
    genesisHash: hash,
    dir: root,
    supervisor: null,
    nodes,
    keys: [...(await writeHospitalKeys(root, plan)), ...(await writeWallets(root, plan.seed, patients))],
  };
  await writeDevnetFile(file);
  await rm(join(root, MAKING));
  return file;
}

/** The home of one hospital, in the folder of the network. */
export async function prepareHome(root: string, seed: string, hospital: PlannedHospital): Promise<NodeEntry> {
  const { id, name, ports } = hospital;
  const secrets = hospitalSecrets(seed, id);
  await initHome(
    {
      home: join(root, 'homes', id),
      name,
      listen: [`${LOOPBACK}:${ports.p2p}`],
      settings: { 'api.port': ports.api, 'metrics.port': ports.metrics },
      developmentKeys: secrets,
    },
    { bytes: () => refuseRandom() },
  );
  return entryAt(root, seed, hospital);
}

/** As it is, or will be once it is made. */
export function entryAt(root: string, seed: string, { id, name, ports }: PlannedHospital): NodeEntry {
  const { home, accountKey } = homePaths(join(root, 'homes', id));
  return {
    name: id,
    title: name,
    institution: accountIdOf(hospitalSecrets(seed, id).account.publicKey),
    api: `http://${LOOPBACK}:${ports.api}`,
    metrics: `http://${LOOPBACK}:${ports.metrics}`,
    p2p: `/ip4/${LOOPBACK}/tcp/${ports.p2p}`,
    ...{ home, accountKey },
  };
}

function refuseRandom(): never {
  throw new Error('invariant: a devnet is a function of its seed');
}

async function writeHospitalKeys(root: string, { seed, founders }: Plan): Promise<readonly KeyEntry[]> {
  const keys = await Promise.all(founders.map((hospital) => writeKeysOf(root, seed, hospital)));
  return keys.flat();
}

/** The institution's key lies in its home; its clinicians' beside. */
export async function writeKeysOf(
  root: string,
  seed: string,
  hospital: PlannedHospital,
): Promise<readonly KeyEntry[]> {
  const home = homePaths(join(root, 'homes', hospital.id));
  const clinicians = hospital.clinicians.map(async ({ id }): Promise<KeyEntry> => {
    const key = { ...createKeyFile(id, 'clinician', clinicianSecret(seed, id)), development: true };
    return { name: id, role: 'clinician', file: await writeSecret(root, id, formatKeyFile(key)) };
  });
  return [
    { name: hospital.id, role: 'institution', file: home.accountKey },
    ...(await Promise.all(clinicians)),
  ];
}

function writeWallets(root: string, seed: string, patients: readonly Person[]): Promise<readonly KeyEntry[]> {
  return Promise.all(
    patients.map(async ({ id }): Promise<KeyEntry> => {
      const wallet = formatWallet(patientWallet(seed, id));
      return { name: id, role: 'patient', file: await writeSecret(root, id, wallet) };
    }),
  );
}

async function writeSecret(root: string, name: string, content: string): Promise<string> {
  const folder = join(root, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.json`);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function claimFolder(root: string): Promise<void> {
  const entries = await entriesOf(root);
  if (entries.includes(MAKING)) await rm(root, { recursive: true, force: true });
  else if (entries.length > 0) throw new ConsiliumError('DEVNET_FOLDER_INVALID', { dir: root });
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeFile(join(root, MAKING), '');
}

/** Whether an earlier start was cut short while it made this folder. */
export async function isHalfMade(root: string): Promise<boolean> {
  return (await entriesOf(root)).includes(MAKING);
}

export async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw new ConsiliumError('DEVNET_FOLDER_INVALID', { dir: folder });
  }
}
