import { ACCUSED, type Hex32, readRow } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import type { SimNode } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../../src/faults/catalogue.ts';
import type { FaultEntry } from '../../src/faults/entry.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

const CUSTODY = ['false-shares', 'release-without-permit'];
/** Of agreement: what is done to custody is tested with custody. */
const AGREEMENT = FAULTS.filter(
  (entry) => entry.class === 'byzantine' && entry.sim === true && !CUSTODY.includes(entry.name),
);
const COPIED = FAULTS.filter(({ name }) => name === 'copied-key');
const ALL: readonly FaultEntry[] = [...AGREEMENT, ...COPIED];

const HEIGHTS = 20;
const LIAR = 3;

/** Whom the ledger of this node names. */
function namedBy(net: Network, node: SimNode): readonly Hex32[] {
  const state = stateReader(node.kv.reader);
  const ids = net.cluster.hospitals.map(({ id }) => id);
  return ids.filter((id) => readRow(state, ACCUSED, id) !== undefined);
}

describe('1 of 4 Byzantine with each strategy: safe, live, and named in evidence on all honest nodes where the strategy is provable, nobody else named.', () => {
  test.each(ALL)('$name', (entry) => {
    const net = network({ seed: 20 + ALL.indexOf(entry) });
    const { cluster } = net;
    const honest = net.nodes.slice(0, LIAR);
    const liar = net.node(LIAR).id;
    keepSubmitting(net, [0, 1, 2, LIAR], 100);
    net.untilHeight(2, 20_000);
    const params = Object.fromEntries(entry.params.map(({ name, default: value }) => [name, value]));
    const prng = cluster.prng.fork('injection');
    const undo = net.world().inject({ fault: entry.name, targets: ['n4'], params, prng });
    // One of the honest is away for a while, so that there are rounds without a quorum, and a node that syncs.
    net.untilHeight(net.node(0).height + HEIGHTS / 2, 240_000, honest);
    net.node(2).kill();
    net.pass(3_000);
    net.node(2).start();
    net.untilHeight(net.node(0).height + HEIGHTS / 2, 240_000, honest);

    if (entry.provable === true)
      net.until(() => honest.every((node) => namedBy(net, node).includes(liar)), 60_000);
    for (const node of honest) expect([[], [liar]]).toContainEqual(namedBy(net, node));

    undo();
    net.untilHeight(net.node(0).height + 10, 120_000, honest);
    net.expectNoViolation();
  });
});
