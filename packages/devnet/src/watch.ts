// Owns: one event for every change of a node's state, height or root, for as long as somebody watches.
import { setTimeout as delay } from 'node:timers/promises';
import { isConsiliumError } from '@consilium/core';
import type { Devnet } from './handle.ts';
import { WATCH_INTERVAL_MS } from './limits.ts';
import type { NodeStatus } from './status.ts';

export interface Change extends NodeStatus {
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly time: number;
}

/** Begins with every node as it is. Ends with the signal, or when the network is down. */
export async function* watchDevnet(devnet: Devnet, signal: AbortSignal): AsyncGenerator<Change, void> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    const nodes = await statusIfUp(devnet);
    if (nodes === undefined) return;
    for (const node of nodes) {
      const shown = `${node.state} ${node.height} ${node.stateRoot}`;
      if (seen.get(node.name) === shown) continue;
      seen.set(node.name, shown);
      yield { time: Date.now(), ...node };
    }
    await delay(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

async function statusIfUp(devnet: Devnet): Promise<readonly NodeStatus[] | undefined> {
  try {
    return (await devnet.status()).nodes;
  } catch (error) {
    if (isConsiliumError(error, 'DEVNET_NOT_RUNNING')) return undefined;
    throw error;
  }
}
