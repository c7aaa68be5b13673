// Owns: hostile hands in a simulated cluster: one for each hospital that was ever hostile, on the wires of its node.
import type { Cluster, Hospital, SimNode } from '@consilium/sim';
import { createForge, type Forge } from '../byzantine/forge.ts';
import { createHand, type Hand, type StrategyOptions } from '../byzantine/hand.ts';
import type { FaultName } from '../faults/names.ts';
import type { History } from '../history/history.ts';
import type { Undo } from '../run/world.ts';

export function forgeOf({ keys, founders }: Pick<Cluster, 'keys' | 'founders'>, owner: Hospital): Forge {
  return createForge({
    self: owner.id,
    genesisHash: founders.genesisHash,
    sign: (bytes) => keys.sign(owner.validator, bytes),
  });
}

export function hospitalOf({ hospitals }: Cluster, node: SimNode): Hospital {
  const hospital = hospitals.find(({ id }) => id === node.id);
  if (hospital === undefined) throw new Error('invariant: a node of another cluster');
  return hospital;
}

/** Strategies that stand, the last one on top. */
interface Held {
  readonly hand: Hand;
  readonly standing: { readonly name: FaultName; readonly options: StrategyOptions }[];
}

export interface Hands {
  /** From now on the node's hospital is hostile for ever, and follows the strategy until it is undone. */
  take(node: SimNode, name: FaultName, options: StrategyOptions): Undo;
  /** The one second machine with the keys of the node's hospital: it keeps its disk while it is off. */
  twinOf(node: SimNode): SimNode;
}

export function createHands(cluster: Cluster, history: History): Hands {
  const byNode = new Map<SimNode, Held>();
  const twins = new Map<SimNode, SimNode>();

  const handOf = (node: SimNode): Held => {
    const known = byNode.get(node);
    if (known !== undefined) return known;
    const held: Held = { hand: handIn(cluster, node), standing: [] };
    byNode.set(node, held);
    node.wire = held.hand;
    return held;
  };

  return {
    twinOf: (node) => {
      const twin = twins.get(node) ?? cluster.addTwin(node);
      twins.set(node, twin);
      return twin;
    },
    take: (node, name, options) => {
      history.hostile.add(node.id);
      const { hand, standing } = handOf(node);
      const item = { name, options };
      standing.push(item);
      hand.setStrategy(name, options);
      return () => {
        const wasLast = standing.at(-1) === item;
        standing.splice(standing.indexOf(item), 1);
        const last = standing.at(-1);
        if (wasLast) hand.setStrategy(last?.name, last?.options);
      };
    },
  };
}

function handIn(cluster: Cluster, node: SimNode): Hand {
  const { net, nodes, scheduler, prng, trace } = cluster;
  const hospital = hospitalOf(cluster, node);
  return createHand({
    self: node.id,
    forge: forgeOf(cluster, hospital),
    prng: prng.fork(`hand ${hospital.name}`),
    peers: () => nodes.filter(({ id }) => id !== node.id).map(({ id }) => id),
    height: () => node.height + 1,
    send: (to, channel, bytes) => {
      if (node.isUp) net.inject(node.station, to, channel, bytes);
    },
    after: (delayMs, fire) => scheduler.after(delayMs * 1000, fire),
    note: (state) => trace.say(`hand ${node.id.slice(0, 8)} ${state}`),
  });
}
