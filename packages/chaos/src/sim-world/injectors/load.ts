// Owns: faults of load in the simulator: clients that send more, or larger, than they should.
import type { Tx } from '@consilium/core';
import { type Cluster, type Hospital, type Prng, signTransaction, submit } from '@consilium/sim';
import { LARGE, SMALL, type Write } from '../../faults/writes.ts';
import { each, type Injectors, nothingToUndo } from '../injector.ts';

/** Transactions that stale clients choose from: the last ones, of which few are out of date. */
const STALE_MAX = 50;

export const LOAD_FAULTS: Injectors = {
  burst: each(({ cluster }, node, { params, prng }) => {
    const send = sender(cluster, node.id, SMALL, prng);
    for (let count = Number(params['count']); count > 0; count -= 1) send();
    return nothingToUndo;
  }),
  'abusive-sender': each(({ cluster }, node, { params, prng }) =>
    keepSending(cluster, Number(params['rate']), sender(cluster, node.id, SMALL, prng)),
  ),
  'large-transactions': each(({ cluster }, node, { params, prng }) =>
    keepSending(cluster, Number(params['rate']), sender(cluster, node.id, LARGE, prng)),
  ),
  'stale-clients': each(({ cluster }, node, { params, prng }) => {
    const known: Tx[] = [];
    cluster.taps.submitted.push((tx) => {
      known.push(tx);
      if (known.length > STALE_MAX) known.shift();
    });
    return keepSending(cluster, Number(params['rate']), () => {
      if (node.pool !== undefined && known.length > 0) submit(cluster, node, prng.pick(known));
    });
  }),
};

/** The institution's own node, as long as it is up. */
function sender(cluster: Cluster, id: string, write: Write, prng: Prng): () => void {
  const hospital = cluster.hospitals.find((known) => known.id === id) as Hospital;
  return () => {
    const node = cluster.nodes.find((known) => known.id === id);
    if (node?.pool === undefined) return;
    submit(cluster, node, signTransaction(cluster, hospital, write(prng), prng.bytes(16)));
  };
}

function keepSending({ scheduler }: Cluster, perSecond: number, send: () => void): () => void {
  let active = true;
  const tick = (): void => {
    if (!active) return;
    send();
    scheduler.after(1_000_000 / perSecond, tick);
  };
  tick();
  return () => {
    active = false;
  };
}
