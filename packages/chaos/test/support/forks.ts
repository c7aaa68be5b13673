// Owns: simulated networks that fork, and their chains as the analysis of forks takes them.
import { validatorsAt } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import type { SimNode } from '@consilium/sim';
import type { ForkRules, KeptChain } from '../../src/checkers/fork.ts';
import { storeOf } from '../../src/sim-world/watch.ts';
import { keepSubmitting, type Network, network } from './network.ts';

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

/** Two of four run twice: one machine of each with the first honest node, the other with the second. */
export function forked(seed: number, commonHeights: number): Network {
  const net = network({ seed, hostile: ['n3', 'n4'] });
  const { cluster } = net;
  const [left, right, third, fourth] = net.nodes as [SimNode, SimNode, SimNode, SimNode];
  keepSubmitting(net, [0, 1], 100);
  if (commonHeights > 0) net.untilHeight(commonHeights, 20_000);
  const twins = [cluster.addTwin(third), cluster.addTwin(fourth)] as const;
  const sides = [
    [left, third, fourth],
    [right, ...twins],
  ] as const;
  for (const a of sides[0])
    for (const b of sides[1]) cluster.net.setConnected(a.station, b.station, false, 'apart');
  // With an empty home each would see by the first blocks that its key has signed already, and watch.
  twins[0].home.restore(third.home.copy());
  twins[1].home.restore(fourth.home.copy());
  for (const twin of twins) twin.start();
  net.untilHeight(commonHeights + 5, 120_000, [left, right]);
  return net;
}
