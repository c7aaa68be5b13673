// Owns: where a run is kept: a folder of its own below the one that was named, and with which versions it was made.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { writeRun } from '../run/artifacts.ts';
import type { RunRecord } from '../run/verdict.ts';

/** Returns the folder. A run of the same name that is there already stays as it is. */
export async function keepRun(out: string, record: RunRecord): Promise<string> {
  const { scenario, world, seed } = record.verdict;
  const versions = { consilium: manifest.version, node: process.version, ...record.versions };
  const dir = freeFolder(join(out, `${scenario}-${world}-${seed}`));
  await writeRun(dir, { ...record, versions });
  return dir;
}

function freeFolder(dir: string): string {
  for (let count = 2, free = dir; ; count += 1) {
    if (!existsSync(free)) return free;
    free = `${dir}-${count}`;
  }
}
