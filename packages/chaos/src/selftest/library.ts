// Owns: reading the planted bugs that are kept beside the scenarios. Does not own: what one is (planted-bug.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { type PlantedBug, parsePlantedBug } from './planted-bug.ts';
import { ROOT } from './tree.ts';

export const PLANTED_FOLDER: string = join(ROOT, 'devnet/scenarios/planted');

/** By name. Throws `SCENARIO_INVALID` for a file that cannot be read as one. */
export function readPlantedBugs(folder: string = PLANTED_FOLDER): readonly PlantedBug[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.toml'))
    .sort()
    .map((name) => readPlantedBug(folder, name));
}

function readPlantedBug(folder: string, name: string): PlantedBug {
  try {
    return parsePlantedBug(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    if (!isConsiliumError(error, 'SCENARIO_INVALID')) throw error;
    throw new ConsiliumError('SCENARIO_INVALID', { ...error.data, where: `${name}: ${error.data['where']}` });
  }
}
