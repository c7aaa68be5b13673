// Owns: readers at work in a simulated network: an access is sent, its entry is waited for, shares are asked for through any
// node that is up. Does not own: who reads what, what the answers are worth (reading.ts).
import { type Hex32, isConsiliumError } from '@consilium/core';
import type { Prng } from '../world/prng.ts';
import type { Cluster } from './cluster.ts';
import { ledgerState } from './membership.ts';
import { accessTo, type Person } from './people.ts';
import { type Access, type Believed, believe, type ReadingWorld, releaseRequest } from './reading.ts';
import type { SimNode } from './sim-node.ts';
import { signTransaction, submit } from './transactions.ts';

export interface Readers {
  /** All of these records are the patient's. `entered` when the ledger has the entry; never when it was lost. */
  open(patient: Hex32, records: readonly Hex32[], reader: Person, entered: (access: Access) => void): void;
  /** `done` when a node answered; never when it died meanwhile. */
  ask(access: Access, done: (believed: Believed) => void): void;
}

export function createReaders(cluster: Cluster, prng: Prng): Readers {
  const { custody, taps } = cluster;
  if (custody === undefined) throw new Error('invariant: records need a cluster with custody');
  const world: ReadingWorld = { ...cluster, custody };
  const sent = new Map<Hex32, (index: number) => void>();
  taps.committed.push((_node, { execution }) => {
    for (const { txId, outcomes } of execution.results) {
      const entered = sent.get(txId);
      const index = outcomes[0]?.index;
      if (entered !== undefined && sent.delete(txId) && typeof index === 'number') entered(index);
    }
  });
  const anyOf = (nodes: readonly SimNode[]): SimNode | undefined =>
    nodes.length === 0 ? undefined : prng.pick(nodes);
  return {
    open: (patient, records, reader, entered) => {
      const node = anyOf(cluster.nodes.filter(({ pool }) => pool !== undefined));
      if (node === undefined) return;
      const tx = signTransaction(cluster, reader, [accessTo(patient, records, reader)], prng.bytes(16));
      const places = [...records.keys()];
      sent.set(tx.id, (index) => entered({ patient, index, reader, places }));
      submit(cluster, node, tx);
    },
    ask: (access, done) => {
      const node = anyOf(cluster.nodes.filter((each) => each.custody !== undefined));
      const request = releaseRequest(world, access, prng.bytes(16));
      node?.custody?.release(request, prng.chance(0.5) ? 'all' : 'enough', (answers) => {
        const state = ledgerState(cluster);
        if (state !== undefined && !isConsiliumError(answers)) done(believe(world, state, access, answers));
      });
    },
  };
}
