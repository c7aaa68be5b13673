// When a node voted, as its disk shows it.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNING_RECORD_FILE } from '../../../src/replica/open.ts';
import type { Validator } from './network.ts';
import { eventually } from './waiting.ts';

/**
 * When it wrote its signing record for the first time since its start, which it does before each vote leaves.
 * Milliseconds since the epoch.
 */
export async function votedAt({ name, paths, startedAtMs, log }: Validator): Promise<number> {
  return eventually(
    () => `a vote of ${name}; its log ends: ${log().slice(-2_000)}`,
    async () => {
      const mtimeMs = await writtenAt(join(paths.state, SIGNING_RECORD_FILE));
      return mtimeMs > startedAtMs ? mtimeMs : undefined;
    },
  );
}

async function writtenAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
