// Owns: one scenario on a devnet of its own.
import { ConsiliumError } from '@consilium/core';
import type { RunRecord } from '../run/verdict.ts';
import type { Scenario } from '../scenario/scenario.ts';

export interface DevnetRunOptions {
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export async function runOnDevnet(_scenario: Scenario, _options: DevnetRunOptions): Promise<RunRecord> {
  throw new ConsiliumError('CHAOS_BROKEN', { what: 'the devnet world is not there yet' });
}
