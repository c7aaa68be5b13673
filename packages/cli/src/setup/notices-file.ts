// Owns: up to where a patient has looked at the notices of emergencies, kept between runs. Names pseudonyms of one person:
// for its owner only.
import { join } from 'node:path';
import { ConsiliumError, type Hex32, isConsiliumError } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { checkOwnerOnly, readTextIfThere, SECRET_MODE, writeWhole } from './files.ts';
import { type Network, stateFolder } from './network.ts';

/** Pseudonym -> index of the first access that was not looked at. */
export type NoticePlaces = ReadonlyMap<Hex32, number>;

export function noticesPath(io: Io, network: Network): string {
  return join(stateFolder(io, network), `notices-${network.client.genesisHash}.json`);
}

/** A damaged file means that everything is shown again. Throws `KEY_FILE_MODE`. */
export async function readPlaces(io: Io, path: string): Promise<NoticePlaces> {
  const text = await readTextIfThere(path);
  if (text === undefined) return new Map();
  await checkOwnerOnly(path);
  try {
    return parsePlaces(text);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    io.err(`warning: ${path} is damaged and not used; what was shown before is shown again\n`);
    return new Map();
  }
}

export async function writePlaces(path: string, places: NoticePlaces): Promise<void> {
  const content = { version: 1, places: Object.fromEntries(places) };
  await writeWhole(path, `${JSON.stringify(content)}\n`, SECRET_MODE);
}

function parsePlaces(text: string): NoticePlaces {
  const invalid = new ConsiliumError('FILE_INVALID', { rule: 'places of notices' });
  const raw = tryParse(text);
  if (typeof raw !== 'object' || raw === null || !('version' in raw) || raw.version !== 1) throw invalid;
  const { places } = raw as { readonly places?: unknown };
  if (typeof places !== 'object' || places === null) throw invalid;
  const entries = Object.entries(places);
  if (!entries.every(([, next]) => Number.isSafeInteger(next) && (next as number) >= 0)) throw invalid;
  return new Map(entries as [Hex32, number][]);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
