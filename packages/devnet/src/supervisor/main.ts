// The supervisor as a process of its own, leader of a new session: `node main.ts DIR`. Owns: telling its parent that the
// network is ready, or why not, and ending when a signal asks. A parent that goes before it was told takes it along.
import { codeOf, type ErrorData, isConsiliumError } from '@consilium/core';
import { readDevnetFile } from '../network/devnet-file.ts';
import { startSupervisor } from './supervisor.ts';
import type { Supervisor } from './types.ts';

/** What the parent gets, once. */
export type Told =
  | { readonly ready: true }
  | {
      readonly ready: false;
      readonly code: string;
      readonly message: string;
      readonly data: ErrorData;
    };

async function main(dir: string): Promise<void> {
  let supervisor: Supervisor | undefined;
  const aborter = new AbortController();
  const end = (): void => {
    aborter.abort();
    void supervisor?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  process.once('disconnect', end);
  const file = await readDevnetFile(dir);
  if (file === undefined) throw new Error('invariant: prepared before it is supervised');
  supervisor = await startSupervisor(file, aborter.signal);
  process.off('disconnect', end);
  tell({ ready: true });
  await supervisor.stopped;
}

function tell(told: Told): void {
  if (process.connected) process.send?.(told, () => process.disconnect());
}

try {
  await main(process.argv[2] ?? '');
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const data = isConsiliumError(error) ? error.data : {};
  process.exitCode = 1;
  tell({ ready: false, code: codeOf(error) ?? 'INTERNAL_ERROR', message, data });
}
