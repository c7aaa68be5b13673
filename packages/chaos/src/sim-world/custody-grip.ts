// Owns: what the adversary knows of a custodian of a simulated cluster. Does not own: what it does with it (byzantine/).
import { packageKey, storedPackage } from '@consilium/node/custody';
import { stateReader, TABLES } from '@consilium/node/replica';
import { type Cluster, createLife, createSimSealer, type SimNode } from '@consilium/sim';
import type { CustodyGrip } from '../byzantine/custody-lies.ts';

/** The cluster has custody. */
export function gripOn(cluster: Cluster, node: SimNode): CustodyGrip {
  const { custody, hospitals, nodes, founders, keys, prng, net, scheduler } = cluster;
  const hospital = hospitals[nodes.indexOf(node)];
  if (custody === undefined || hospital === undefined)
    throw new Error('invariant: a custodian of this cluster');
  const own = prng.fork(`custody lies ${hospital.name}`);
  return {
    self: hospital.id,
    genesisHash: founders.genesisHash,
    group: custody.group,
    // A machine of the adversary's own: it lives as long as the run.
    sealer: createSimSealer({ ...custody.sealing, prng: own }, hospital.custody, createLife(scheduler)),
    sign: (bytes) => keys.sign(hospital.validator, bytes),
    randomBytes: (length) => own.bytes(length),
    state: () => stateReader(node.kv.reader),
    package: (batch, epoch) => storedPackage(node.kv.reader.get(TABLES.packages, packageKey(batch, epoch))),
    send: (to, bytes) => {
      if (node.isUp) net.inject(node.station, to, 'custody', bytes);
    },
  };
}
