import { accusedOf, checkEvidence, type Evidence, type Hex32, isLedgerKey } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { findFork, type KeptChain } from '../../src/checkers/fork.ts';
import { chainsOf, forked, rulesOf } from '../support/forks.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

/** On the ledger of an honest node, whose word decides what is evidence. */
function isAccepted(net: Network, evidence: Evidence): boolean {
  const { founders, keys } = net.cluster;
  const { genesis, genesisHash } = founders;
  const rules = { genesis, genesisHash, verify: keys.verify, isLedgerKey };
  checkEvidence(stateReader(net.node(0).kv.reader), rules, evidence, net.node(0).height + 1);
  return true;
}

describe('Twins', () => {
  test('With f+1 twins the checker names the fork and the guilty.', () => {
    const proofs = new Set<string>();
    for (const [seed, common] of [
      [1, 0],
      [2, 3],
      [3, 4],
      [7, 5],
      [5, 6],
    ] as const) {
      const net = forked(seed, common);
      const twins = [net.node(2).id, net.node(3).id].sort();
      const fork = findFork(rulesOf(net), chainsOf(net, [0, 1]));
      expect(fork?.height).toBe(common + 1);
      expect([...(fork?.sides.values() ?? [])]).toEqual([[net.node(0).id], [net.node(1).id]]);
      expect([...(fork?.guilty.keys() ?? [])].sort()).toEqual(twins);
      expect(fork?.isExplained).toBe(true);
      for (const [id, evidence] of fork?.guilty ?? []) {
        expect(accusedOf(evidence)).toBe(id);
        expect(isAccepted(net, evidence)).toBe(true);
        proofs.add(evidence.type);
      }
      net.end();
      const named = net.history.violations.filter(({ what }) => what.startsWith('fork at height'));
      expect(named.map(({ checker, nodes }) => [checker, [...(nodes ?? [])].sort()])).toEqual([
        ['agreement', twins],
      ]);
      // What was acknowledged on one side is lost on the other: a fork does that. But nobody innocent is named.
      const blamed = net.history.violations.filter(({ checker }) => checker === 'accountability');
      expect(blamed).toEqual([]);
    }
    // Sides that decide in one round show it by double votes, sides that decide in two by broken locks as well.
    expect([...proofs].sort()).toEqual(['double-vote', 'lock-violation']);
  });

  test('Certificates that do not verify accuse nobody, and a fork without proofs is not explained.', () => {
    const net = forked(2, 3);
    const chains = chainsOf(net, [0, 1]);
    const bent = chains.map(
      (chain): KeptChain => ({
        ...chain,
        certificatesAt: (height) =>
          chain
            .certificatesAt(height)
            .map((certificate) => ({ ...certificate, round: certificate.round + 1 })),
      }),
    );
    const fork = findFork(rulesOf(net), bent);
    expect(fork?.height).toBe(4);
    expect(fork?.guilty.size).toBe(0);
    expect(fork?.isExplained).toBe(false);
  });

  test('Chains of which one is shorter are no fork.', () => {
    const net = network();
    keepSubmitting(net, [0, 1], 100);
    net.untilHeight(5, 20_000);
    net.node(3).kill();
    net.untilHeight(9, 20_000, net.nodes.slice(0, 3));
    expect(findFork(rulesOf(net), chainsOf(net, [0, 1, 2, 3]))).toBeUndefined();
    net.expectNoViolation();
  });

  test('One twin of four forks nothing, and is named by all.', () => {
    const net = network({ hostile: ['n4'] });
    const world = net.world();
    keepSubmitting(net, [0, 1, 2], 100);
    net.untilHeight(3, 20_000);
    const accused = (): Hex32[] =>
      [...net.history.chain.values()].flatMap(({ block }) => block.evidence.map(accusedOf));
    const undo = world.inject({
      fault: 'twin',
      targets: ['n4'],
      params: {},
      prng: net.cluster.prng.fork('twin'),
    });
    net.until(() => accused().length > 0, 120_000);
    undo();
    net.untilHeight(net.node(0).height + 10, 60_000);
    expect(new Set(accused())).toEqual(new Set([net.node(3).id]));
    net.expectNoViolation();
  });
});
