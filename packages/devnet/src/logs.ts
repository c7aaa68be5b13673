// Owns: reading a node's log as it stands, and as it grows. Does not own: writing it (the node).
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsiliumError } from '@consilium/core';
import { WATCH_INTERVAL_MS } from './limits.ts';
import type { DevnetFile } from './network/devnet-file.ts';
import { nodeNamed } from './network/devnet-file.ts';
import { logOf } from './supervisor/supervisor.ts';

/** What is in the log now; until the signal also what comes. `supervisor` has a log too. */
export async function* followLog(
  { dir, nodes }: DevnetFile,
  named: string,
  until?: AbortSignal,
): AsyncGenerator<string, void> {
  const path = logOf(dir, named === 'supervisor' ? named : nodeNamed(nodes, named).name);
  const decoder = new TextDecoder();
  let offset = 0;
  while (true) {
    const bytes = await readLog(path, offset);
    offset += bytes.length;
    if (bytes.length > 0) yield decoder.decode(bytes, { stream: true });
    if (until === undefined || until.aborted) return;
    await delay(WATCH_INTERVAL_MS, undefined, { signal: until }).catch(() => {});
  }
}

/** What stands in a file from this byte on; throws what the system does. */
export async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.max(0, size - offset));
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
  return bytes.subarray(0, bytesRead);
}

async function readLog(path: string, offset: number): Promise<Uint8Array> {
  try {
    return await readFrom(path, offset);
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file: path });
  }
}
