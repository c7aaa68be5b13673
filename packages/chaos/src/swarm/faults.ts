// Owns: drawing faults and undoing them: crashes, power cuts, partitions, bad links, wrong clocks. Each fault is undone by
// itself after a drawn time; `heal` undoes whatever stands.
import { type Cluster, GOOD_LINK, type LinkFault, type Prng, type SimNode } from '@consilium/sim';
import { type History, reached } from '../history/history.ts';

export interface FaultPlan {
  /** Ends the drawing and undoes everything: every node up, every link good, every clock right. */
  heal(): void;
}

interface FaultContext {
  readonly cluster: Cluster;
  readonly prng: Prng;
  /** Undoes after a drawn time, unless the run has healed by then. */
  undoAfter(minMs: number, maxMs: number, undo: () => void): void;
}

type Fault = (context: FaultContext) => void;

export function startFaults(cluster: Cluster, history: History): FaultPlan {
  const prng = cluster.prng.fork('faults');
  let active = true;
  const context: FaultContext = {
    cluster,
    prng,
    undoAfter: (minMs, maxMs, undo) => {
      cluster.scheduler.after(prng.between(minMs, maxMs) * 1000, () => {
        if (active) undo();
      });
    },
  };
  const arm = (): void => {
    cluster.scheduler.after(prng.between(50, 2_000) * 1000, () => {
      if (!active) return;
      const [name, fault] = drawFault(prng);
      cluster.trace.say(`fault ${name}`);
      reached(history, `fault:${name}`);
      fault(context);
      arm();
    });
  };
  arm();
  return {
    heal: () => {
      active = false;
      cluster.trace.say('heal');
      healWorld(cluster);
    },
  };
}

/** Every fault with its weight. */
const FAULTS: readonly (readonly [name: string, weight: number, fault: Fault])[] = [
  ['kill-one', 4, (context) => crash(context, [pickNode(context)], 'kill')],
  ['power-cut-one', 4, (context) => crash(context, [pickNode(context)], 'losePower')],
  ['power-cut-all', 2, (context) => crash(context, context.cluster.nodes, 'losePower')],
  ['kill-all', 1, (context) => crash(context, context.cluster.nodes, 'kill')],
  ['isolate', 3, (context) => partition(context, [pickNode(context)])],
  ['halves', 2, (context) => partition(context, context.cluster.nodes.slice(0, 2))],
  ['one-way', 3, oneWay],
  ['link-cut', 2, linkCut],
  ['bad-links', 4, badLinks],
  ['clock-off', 2, clockOff],
];

function drawFault(prng: Prng): readonly [string, Fault] {
  const total = FAULTS.reduce((sum, [, weight]) => sum + weight, 0);
  let drawn = prng.below(total);
  for (const [name, weight, fault] of FAULTS) {
    if (drawn < weight) return [name, fault];
    drawn -= weight;
  }
  throw new Error('invariant: weights do not add up');
}

function pickNode({ cluster, prng }: FaultContext): SimNode {
  return prng.pick(cluster.nodes);
}

function crash(context: FaultContext, nodes: readonly SimNode[], how: 'kill' | 'losePower'): void {
  for (const node of nodes) {
    if (!node.isUp) continue;
    node[how]();
    context.undoAfter(20, 4_000, () => node.start());
  }
}

/** Cuts a group off from the rest: silently, or so that both sides see their connections end. */
function partition(context: FaultContext, group: readonly SimNode[]): void {
  const { cluster, prng } = context;
  const noticed = prng.chance(0.5);
  const rest = cluster.nodes.filter((node) => !group.includes(node));
  const setCut = (cut: boolean): void => {
    for (const inside of group) for (const outside of rest) cutPair(cluster, inside, outside, cut, noticed);
  };
  setCut(true);
  context.undoAfter(100, 6_000, () => setCut(false));
}

function cutPair(cluster: Cluster, a: SimNode, b: SimNode, cut: boolean, noticed: boolean): void {
  cluster.net.link(a.id, b.id).cut = cut;
  cluster.net.link(b.id, a.id).cut = cut;
  if (noticed) cluster.net.setConnected(a.id, b.id, !cut);
}

function oneWay(context: FaultContext): void {
  const { cluster, prng } = context;
  const from = prng.pick(cluster.nodes);
  const others = cluster.nodes.filter((node) => node !== from);
  const targets = prng.chance(0.5) ? others : [prng.pick(others)];
  const setCut = (cut: boolean): void => {
    for (const to of targets) cluster.net.link(from.id, to.id).cut = cut;
  };
  setCut(true);
  context.undoAfter(100, 6_000, () => setCut(false));
}

function linkCut(context: FaultContext): void {
  const { cluster, prng } = context;
  const [a, b] = [prng.pick(cluster.nodes), prng.pick(cluster.nodes)];
  if (a === b) return;
  cutPair(cluster, a, b, true, true);
  context.undoAfter(500, 10_000, () => cutPair(cluster, a, b, false, true));
}

function badLinks(context: FaultContext): void {
  const { cluster, prng } = context;
  const bad: Partial<LinkFault> = {
    delayUsMax: prng.between(2_000, prng.pick([20_000, 300_000, 1_500_000])),
    loss: prng.chance(0.5) ? prng.fraction() * 0.3 : 0,
    reorder: prng.chance(0.5) ? prng.fraction() : 0,
    duplicate: prng.chance(0.3) ? prng.fraction() * 0.3 : 0,
  };
  const links = pairsOf(cluster).filter(() => prng.chance(0.6));
  for (const link of links) Object.assign(link, bad);
  const { delayUsMax, loss, reorder, duplicate } = GOOD_LINK;
  context.undoAfter(500, 8_000, () => {
    for (const link of links) Object.assign(link, { delayUsMax, loss, reorder, duplicate });
  });
}

function pairsOf({ net, nodes }: Cluster): LinkFault[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => net.link(from.id, to.id)));
}

/** Beyond the precision that honest clocks are assumed to keep: its proposals are untimely until it is set right. */
function clockOff(context: FaultContext): void {
  const node = pickNode(context);
  node.clockFault.offsetMs = context.prng.between(-8_000, 8_000);
  context.undoAfter(500, 8_000, () => {
    node.clockFault.offsetMs = 0;
  });
}

function healWorld(cluster: Cluster): void {
  const { net, nodes } = cluster;
  for (const link of pairsOf(cluster)) Object.assign(link, GOOD_LINK);
  for (const a of nodes) for (const b of nodes) if (a !== b) net.setConnected(a.id, b.id, true);
  for (const node of nodes) {
    node.clockFault.offsetMs = 0;
    node.start();
  }
}
