// Owns: machines that run twice with one key in the simulator. Each is honest inside; whom of the peers reaches which of
// the two is drawn anew now and then (Bano and others, Twins: BFT Systems Made Robust, OPODIS 2021).
import type { Cluster, Prng, SimNode } from '@consilium/sim';
import { createEar, deafWire } from '../byzantine/ear.ts';
import type { Undo } from '../run/world.ts';
import { forgeOf, hospitalOf } from './hands.ts';

/** How long a split of the peers stands. Milliseconds. */
const SPLIT_MS_MIN = 300;
const SPLIT_MS_MAX = 4_000;

/** Keeps each of the two from hearing the other. */
export function deafen(cluster: Cluster, node: SimNode): void {
  const ear = createEar(node.id, forgeOf(cluster, hospitalOf(cluster, node)));
  node.wire = { ...deafWire(ear), isDeafToOwn: true };
}

/** Both, the one, or the other: for each peer. Undone, all are connected. */
export function splitPeers(cluster: Cluster, node: SimNode, twin: SimNode, prng: Prng): Undo {
  const { net, nodes, scheduler } = cluster;
  const peers = nodes.filter(({ id }) => id !== node.id);
  let active = true;
  const connect = (peer: SimNode, toNode: boolean, toTwin: boolean): void => {
    net.setConnected(node.station, peer.station, toNode, 'split');
    net.setConnected(twin.station, peer.station, toTwin, 'split');
  };
  const draw = (): void => {
    if (!active) return;
    for (const peer of peers) {
      const drawn = prng.below(3);
      connect(peer, drawn !== 0, drawn !== 1);
    }
    scheduler.after(prng.between(SPLIT_MS_MIN, SPLIT_MS_MAX) * 1000, draw);
  };
  draw();
  return () => {
    active = false;
    for (const peer of peers) connect(peer, true, true);
  };
}
