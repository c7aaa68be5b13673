// Owns: damage to the files of a home while its daemon is down. Does not own: taking it down.
import { cp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNING_RECORD_FILE, WAL_FILE } from '@consilium/node/replica';
import { type HomePaths, homePaths } from '@consilium/node/setup';
import type { Prng } from '@consilium/sim';

/** What `where` names; throws when there is no such file that could be damaged. */
async function fileOf(home: string, where: string, prng: Prng): Promise<string> {
  const paths = homePaths(home);
  if (where === 'log') return join(paths.state, WAL_FILE);
  if (where === 'signing-record') return join(paths.state, SIGNING_RECORD_FILE);
  const folder = where === 'vault' ? paths.vault : paths.data;
  const files = await filled(folder, where === 'vault' ? () => true : (name) => /\.(ldb|log)$/.test(name));
  if (files.length === 0) throw new Error(`there is nothing in ${where} yet`);
  return prng.pick(files);
}

async function filled(folder: string, isMeant: (name: string) => boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && isMeant(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return paths.filter((_, place) => (sizes[place] ?? 0) > 0);
}

export async function flipBit(home: string, where: string, prng: Prng): Promise<void> {
  const path = await fileOf(home, where, prng);
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  if (size === 0) throw new Error(`${where} is empty`);
  const at = prng.below(size);
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, at);
  await file.write(Uint8Array.of((byte[0] ?? 0) ^ (1 << prng.below(8))), 0, 1, at);
}

export async function cutEnd(home: string, where: string, prng: Prng): Promise<void> {
  const path = await fileOf(home, where, prng);
  const { size } = await stat(path);
  if (size === 0) throw new Error(`${where} is empty`);
  await truncate(path, size - prng.between(1, Math.min(size, 256)));
}

export async function loseLog(home: string): Promise<void> {
  await rm(join(homePaths(home).state, WAL_FILE), { force: true });
}

export async function loseSigningRecord(home: string): Promise<void> {
  await rm(join(homePaths(home).state, SIGNING_RECORD_FILE));
}

/** All but its keys, its configuration and its card. */
export async function loseDisk(home: string): Promise<void> {
  for (const folder of diskOf(homePaths(home))) await rm(folder, { recursive: true, force: true });
}

export async function copyDisk(home: string, to: string): Promise<void> {
  for (const folder of ['data', 'state', 'vault'])
    await cp(join(home, folder), join(to, folder), { recursive: true });
}

/** As it was when it was copied, whatever it has signed since. */
export async function restoreDisk(home: string, from: string): Promise<void> {
  await loseDisk(home);
  await copyDisk(from, home);
}

function diskOf({ data, state, vault }: HomePaths): readonly string[] {
  return [data, state, vault];
}
