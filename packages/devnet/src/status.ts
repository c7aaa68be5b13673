// Owns: where each node of a network stands. Height and state root are shown by the node and checked from genesis; a node
// that does not run or does not answer shows none. Does not own: printing.
import type { Genesis, Hex32 } from '@consilium/core';
import { createClient, isConsiliumError } from '@consilium/sdk';
import type { DevnetFile } from './network/devnet-file.ts';
import type { NodeState } from './supervisor/node-process.ts';
import type { NodeStanding } from './supervisor/types.ts';

export interface NodeStatus {
  readonly name: string;
  readonly api: string;
  readonly metrics: string;
  readonly pid: number | null;
  readonly state: NodeState;
  readonly height: number | null;
  readonly stateRoot: Hex32 | null;
}

export interface NetworkStatus {
  readonly nodes: readonly NodeStatus[];
}

export async function networkStatus(
  { nodes }: DevnetFile,
  genesis: Genesis,
  standings: readonly NodeStanding[],
): Promise<NetworkStatus> {
  const nothing = { pid: null, state: 'stopped' } as const;
  const statuses = nodes.map(async ({ name, api, metrics }): Promise<NodeStatus> => {
    const { pid, state } = standings.find((standing) => standing.name === name) ?? nothing;
    const tip = state === 'running' ? await tipOf(api, genesis) : undefined;
    return {
      name,
      api,
      metrics,
      pid,
      state,
      height: tip?.height ?? null,
      stateRoot: tip?.stateRoot ?? null,
    };
  });
  return { nodes: await Promise.all(statuses) };
}

interface Tip {
  readonly height: number;
  readonly stateRoot: Hex32;
}

async function tipOf(api: string, genesis: Genesis): Promise<Tip | undefined> {
  const client = createClient({ node: api, genesis });
  try {
    const { height, stateRoot } = await client.tip();
    // Before the first block nothing is certified: the root is what the genesis says, in the node's own words.
    return { height, stateRoot: stateRoot ?? (await client.status()).stateRoot };
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
