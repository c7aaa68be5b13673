// Owns: where a run is kept: a folder of its own below the one that was named.
import { join } from 'node:path';
import { writeRun } from '../run/artifacts.ts';
import type { RunRecord } from '../run/verdict.ts';

/** Returns the folder. */
export async function keepRun(out: string, record: RunRecord): Promise<string> {
  const { scenario, world, seed } = record.verdict;
  const dir = join(out, `${scenario}-${world}-${seed}`);
  await writeRun(dir, record);
  return dir;
}
