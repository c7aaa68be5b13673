import { actionOf, type Hex32, PROPOSER_SCHEDULE, readRow } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import { createFounders, SIM_PARAMS, type SimNode, signTransaction, submit } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, type Network, network } from '../support/network.ts';

/** A message may travel for 200 ms here, and does for most of that: what waits for a block is old enough to be skipped. */
const PARAMS = { ...SIM_PARAMS, precisionMs: 20, delayMs: 200, demotionHeights: 30 };
const SLOW = { delayUsMin: 140_000, delayUsMax: 170_000 };

function slowNetwork(seed: number): Network {
  const net = network({ seed, founders: createFounders(4, PARAMS) });
  for (const from of net.nodes)
    for (const to of net.nodes) if (from !== to) net.cluster.net.setLink(from.station, to.station, SLOW);
  return net;
}

function demotedAt(node: SimNode): readonly Hex32[] {
  const demoted = readRow(stateReader(node.kv.reader), PROPOSER_SCHEDULE)?.demoted ?? [];
  return demoted.map(({ validator }) => validator);
}

/** Who reports whom, from now on. */
function listen(net: Network): Set<string> {
  const seen = new Set<string>();
  net.cluster.taps.reported.push((node, { code, author }) => {
    if (code === 'skip.reported') seen.add(`${nameOf(net, node)} of ${nameOf(net, String(author))}`);
  });
  return seen;
}

function nameOf(net: Network, id: Hex32): string {
  return net.cluster.hospitals.find((hospital) => hospital.id === id)?.name ?? id;
}

describe('A proposer that keeps skipping is demoted from committed data', () => {
  test('on all honest hospitals alike, and nobody else is; what it left out is committed by others', () => {
    const net = slowNetwork(41);
    const censor = net.node(3);
    const reported = listen(net);
    const prng = net.cluster.prng.fork('injection');
    net.world().inject({ fault: 'censor', targets: ['n4'], params: {}, prng });
    keepSubmitting(net, [0, 1, 2, 3], 300);
    const victim = net.noop(0);
    submit(net.cluster, net.node(0), victim);
    const honest = net.nodes.slice(0, 3);
    net.until(() => honest.some((node) => demotedAt(node).includes(censor.id)), 120_000);
    const height = Math.max(...honest.map((node) => node.height));
    net.untilHeight(height + 3, 30_000, honest);
    for (const node of honest) expect(demotedAt(node)).toEqual([censor.id]);
    expect(net.resultOf(victim.id)?.code).toBe('OK');
    // What the censor itself says counts for one of four.
    const named = [...reported].filter((line) => !line.startsWith('n4')).sort();
    expect(named).toEqual(['n1 of n4', 'n2 of n4', 'n3 of n4']);
    net.expectNoViolation();
  });

  test('and f liars that report falsely demote nobody', () => {
    const net = slowNetwork(42);
    const { cluster } = net;
    const liar = cluster.hospitals[3] as (typeof cluster.hospitals)[number];
    const reported = listen(net);
    keepSubmitting(net, [0, 1, 2, 3], 300);
    const nonces = cluster.prng.fork('lies');
    let lies = 0;
    cluster.taps.committed.push((node, { block, execution }) => {
      lies += execution.results.filter(({ code }, index) => {
        const [action] = execution.txs[index]?.actions ?? [];
        return code === 'OK' && action?.type === 'institutions.reportSkip';
      }).length;
      if (node !== liar.id) return;
      for (const { id: proposer } of cluster.hospitals.slice(0, 3)) {
        const body = { proposer, height: block.header.height, transaction: 'ab'.repeat(32) };
        const actions = [actionOf('institutions.reportSkip', body)];
        submit(cluster, net.node(3), signTransaction(cluster, liar, actions, nonces.bytes(16)));
      }
    });
    net.untilHeight(40, 120_000);
    expect(lies).toBeGreaterThan(100);
    expect([...reported]).toEqual([]);
    for (const node of net.nodes) expect(demotedAt(node)).toEqual([]);
    net.expectNoViolation();
  });
});
