// Owns: the proxies between all pairs of nodes, and faults on sets of directed pairs: partitions are made of these. Does
// not own: which pairs a shape has (faults/shapes.ts).
import type { Pair } from '../faults/shapes.ts';
import { createLane, type Lane, type LaneFault } from './lane.ts';
import { createLinkProxy, type LinkProxy } from './link-proxy.ts';

export interface Mesh {
  /** Where `from` dials `to`. */
  port(from: string, to: string): number;
  impose(pairs: readonly Pair[], fault: LaneFault): () => void;
  /** Connections between the two of each pair are reset, once, whoever dialled. */
  reset(pairs: readonly Pair[]): void;
  /** Connections that stand between two nodes, whoever dialled. */
  open(one: string, other: string): number;
  close(): Promise<void>;
}

export interface MeshNode {
  readonly name: string;
  readonly port: number;
}

/** `random`: uniform in [0, 1). */
export async function createMesh(nodes: readonly MeshNode[], random: () => number): Promise<Mesh> {
  const pairs = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
  const lanes = new Map(pairs.map(({ from, to }) => [keyOf(from.name, to.name), createLane()]));
  const laneOf = (from: string, to: string): Lane => found(lanes, from, to);
  const proxies = new Map<string, LinkProxy>();
  for (const { from, to } of pairs) {
    const deps = {
      targetPort: to.port,
      forward: laneOf(from.name, to.name),
      backward: laneOf(to.name, from.name),
      random,
    };
    proxies.set(keyOf(from.name, to.name), await createLinkProxy(deps));
  }
  const proxyOf = (from: string, to: string): LinkProxy => found(proxies, from, to);
  return {
    port: (from, to) => proxyOf(from, to).port,
    impose: (chosen, fault) => {
      const undos = chosen.map(([from, to]) => laneOf(from, to).impose(fault));
      return () => {
        for (const undo of undos) undo();
      };
    },
    reset: (chosen) => {
      for (const [from, to] of chosen) {
        proxyOf(from, to).reset();
        proxyOf(to, from).reset();
      }
    },
    open: (one, other) => proxyOf(one, other).open + proxyOf(other, one).open,
    close: async () => {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}

function keyOf(from: string, to: string): string {
  return `${from}>${to}`;
}

function found<T>(map: ReadonlyMap<string, T>, from: string, to: string): T {
  const value = map.get(keyOf(from, to));
  if (value === undefined) throw new Error(`invariant: there is a link from ${from} to ${to}`);
  return value;
}
