// Owns: the variables by which commands in a shell find this network.
import type { DevnetFile } from './network/devnet-file.ts';

export function environmentOf({ dir, genesis, nodes }: DevnetFile): Readonly<Record<string, string>> {
  return {
    CONSILIUM_NODE: nodes.map(({ api }) => api).join(','),
    CONSILIUM_GENESIS: genesis,
    CONSILIUM_DEVNET_DIR: dir,
  };
}
