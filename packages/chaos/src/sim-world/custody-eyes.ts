// Owns: how the checker of confidentiality looks into a simulated cluster: committed states, disks, keys, envelopes.
import { currentEpoch, type Hex32, type Release, utf8 } from '@consilium/core';
import { asideKey, asideOf, erasuresOf } from '@consilium/node/custody';
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
import type { CustodyEyes, StolenNode } from '../checkers/custody-eyes.ts';
import type { History } from '../history/history.ts';

const PLACE_BYTES: number = asideKey('00'.repeat(32), 0).length - utf8('aside').length;

export function eyesOf(
  cluster: Cluster,
  { group, sealing }: CustodyWorld,
  history: Pick<History, 'hostile' | 'excused'>,
): CustodyEyes {
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
        : { state: stateReader(reader), time: tip.time, height: tip.height };
    },
    furthest: () => ledgerState(cluster),
    quorumHeight: () => quorumHeight(cluster, history),
    look: (readerKey, info, { envelope }: Release) => {
      if (envelope === null) return undefined;
      const scope = { enc: envelope.enc, info, aad: NO_AAD, position: 0 };
      return sealing.registry.look(readerKey, scope, envelope.sealed);
    },
  };
}

/** Of a set that never changed: which quorum counts is another question while it changes. */
function quorumHeight(cluster: Cluster, { hostile, excused }: Pick<History, 'hostile' | 'excused'>): number {
  const state = ledgerState(cluster);
  if (state === undefined || currentEpoch(state) > 0) return 0;
  const heights = cluster.nodes
    .filter(({ id }) => !hostile.has(id) && !excused.has(id))
    .map(({ kv }) => readTip(kv.reader)?.height ?? 0)
    .toSorted((a, b) => b - a);
  return heights[quorumCount(cluster.nodes.length) - 1] ?? 0;
}

function quorumCount(nodes: number): number {
  return Math.floor((2 * nodes) / 3) + 1;
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
    erasures: () => erasuresOf(kv.reader.get(TABLES.erasures, new Uint8Array(0))),
    readers: [{ id: doctor.id, key: doctor.encryption }],
  };
}
