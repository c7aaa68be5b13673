// Owns: the chains of a simulated network as the analysis of forks takes them.
import { validatorsAt } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import type { ForkRules, KeptChain } from '../../src/checkers/fork.ts';
import { storeOf } from '../../src/sim-world/watch.ts';
import type { Network } from './network.ts';

export function chainsOf(net: Network, nodes: readonly number[]): KeptChain[] {
  return nodes.map((index) => {
    const { node, tip, blockIdAt, certificatesAt } = storeOf(net.node(index));
    return { node, tip: tip?.height ?? 0, blockIdAt, certificatesAt };
  });
}

export function rulesOf(net: Network): ForkRules {
  const { founders, keys } = net.cluster;
  return {
    genesisHash: founders.genesisHash,
    verify: keys.verify,
    validatorsAt: (height) => validatorsAt(stateReader(net.node(0).kv.reader), height),
  };
}
