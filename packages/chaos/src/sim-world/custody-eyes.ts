// Owns: how the checker of confidentiality looks into a simulated cluster: committed states, disks, keys, envelopes.
import { type Hex32, type Release, utf8 } from '@consilium/core';
import { asideKey, asideOf } from '@consilium/node/custody';
import { readTip, stateReader, TABLES } from '@consilium/node/replica';
import {
  type Cluster,
  type CustodyWorld,
  type Hospital,
  ledgerState,
  NO_AAD,
  personAt,
  type SimNode,
} from '@consilium/sim';
import type { CustodyEyes, StolenNode } from '../checkers/confidentiality.ts';

const PLACE_BYTES: number = asideKey('00'.repeat(32), 0).length - utf8('aside').length;

export function eyesOf(cluster: Cluster, { group, sealing }: CustodyWorld): CustodyEyes {
  const { nodes, hospitals } = cluster;
  const byId = new Map<Hex32, SimNode>(nodes.map((node) => [node.id, node]));
  return {
    group,
    nodes: nodes.map((node, at) => stolenNode(cluster, node, hospitals[at] as Hospital)),
    ledgerOf: (id) => {
      const reader = byId.get(id)?.kv.reader;
      const tip = reader === undefined ? undefined : readTip(reader);
      return reader === undefined || tip === undefined
        ? undefined
        : { state: stateReader(reader), time: tip.time };
    },
    furthest: () => ledgerState(cluster),
    look: (readerKey, info, { envelope }: Release) => {
      if (envelope === null) return undefined;
      const scope = { enc: envelope.enc, info, aad: NO_AAD, position: 0 };
      return sealing.registry.look(readerKey, scope, envelope.sealed);
    },
  };
}

function stolenNode(cluster: Cluster, { id, kv }: SimNode, hospital: Hospital): StolenNode {
  const doctor = personAt(cluster, hospital, 'doctor', 'one');
  return {
    node: id,
    custodyKey: hospital.custody,
    packages: () =>
      kv
        .rowsOf(TABLES.packages)
        .flatMap(({ key, value }) => (key.length === PLACE_BYTES ? [value] : asideOf(value))),
    readers: [{ id: doctor.id, key: doctor.encryption }],
  };
}
