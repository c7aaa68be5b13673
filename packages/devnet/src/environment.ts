// Owns: the variables by which commands in a shell find this network.
import type { DevnetFile } from './network/devnet-file.ts';

/** Whoever names nobody acts as the first hospital. */
export function environmentOf({ dir, genesis, nodes }: DevnetFile): Readonly<Record<string, string>> {
  const [first] = nodes;
  return {
    CONSILIUM_NODE: nodes.map(({ api }) => api).join(','),
    CONSILIUM_GENESIS: genesis,
    CONSILIUM_DEVNET_DIR: dir,
    ...(first === undefined ? {} : { CONSILIUM_KEY: first.accountKey }),
  };
}
