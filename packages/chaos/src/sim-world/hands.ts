// Owns: hostile hands in a simulated cluster: one for each hospital that was ever hostile, on the wires of its node.
import type { Cluster, Hospital, SimNode, Wire } from '@consilium/sim';
import { type CustodyLiar, type CustodyLie, createCustodyLiar } from '../byzantine/custody-lies.ts';
import { createForge, type Forge } from '../byzantine/forge.ts';
import { createHand, type Hand, type StrategyOptions } from '../byzantine/hand.ts';
import type { FaultName } from '../faults/names.ts';
import type { History } from '../history/history.ts';
import type { Undo } from '../run/world.ts';
import { gripOn } from './custody-grip.ts';

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

/** Strategies that stand, the last one on top; of agreement and of custody, each on its own channels. */
interface Held {
  readonly hand: Hand;
  readonly standing: { readonly name: FaultName; readonly options: StrategyOptions }[];
  liar: CustodyLiar | undefined;
}

export interface Hands {
  /** From now on the node's hospital is hostile for ever, and follows the strategy until it is undone. */
  take(node: SimNode, name: FaultName, options: StrategyOptions): Undo;
  /** The same of a custodian's lie; where nobody keeps records there is nothing to lie about. */
  takeCustody(node: SimNode, lie: CustodyLie): Undo;
  /** The one second machine with the keys and a copy of the disk of the node: it keeps its disk while it is off. */
  twinOf(node: SimNode): SimNode;
}

export function createHands(cluster: Cluster, history: History): Hands {
  const byNode = new Map<SimNode, Held>();
  const twins = new Map<SimNode, SimNode>();

  const hold = (node: SimNode): Held => {
    history.hostile.add(node.id);
    const held = byNode.get(node) ?? { hand: handIn(cluster, node), standing: [], liar: undefined };
    byNode.set(node, held);
    node.wire = wireOf(held);
    return held;
  };

  return {
    twinOf: (node) => {
      const known = twins.get(node);
      if (known !== undefined) return known;
      const twin = cluster.addTwin(node);
      // As a machine that was copied: one with an empty home sees by the blocks that its key has signed, and watches.
      twin.home.restore(node.home.copy());
      twins.set(node, twin);
      return twin;
    },
    take: (node, name, options) => {
      const { hand, standing } = hold(node);
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
    takeCustody: (node, lie) => {
      const held = hold(node);
      const liar = cluster.custody === undefined ? undefined : createCustodyLiar(gripOn(cluster, node), lie);
      held.liar = liar;
      return () => {
        if (held.liar === liar) held.liar = undefined;
      };
    },
  };
}

function wireOf(held: Held): Wire {
  const { hand } = held;
  return {
    tell: (to, channel, bytes) =>
      (channel === 'custody' ? held.liar?.tell(to, bytes) : undefined) ?? hand.tell(to, channel, bytes),
    hear: (from, channel, bytes) => {
      if (channel === 'custody') held.liar?.hear(from, bytes);
      return hand.hear(from, channel, bytes);
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
