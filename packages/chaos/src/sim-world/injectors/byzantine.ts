// Owns: hostile validators in the simulator: a hand on the wires of the target for every strategy that a hand plays, a
// second machine for a key that runs twice. Who was hostile once stays so for the checkers.
import { STRATEGIES } from '../../byzantine/strategies.ts';
import type { FaultName } from '../../faults/names.ts';
import type { ParamValue } from '../../scenario/scenario.ts';
import { each, type Inject, type Injectors } from '../injector.ts';
import { deafen, splitPeers } from '../twins.ts';

export const BYZANTINE_FAULTS: Injectors = {
  ...Object.fromEntries([...STRATEGIES.keys()].map((name) => [name, strategy(name)])),
  'false-shares': each(({ hands }, node) => hands.takeCustody(node, 'false-shares')),
  'release-without-permit': each(({ hands }, node) => hands.takeCustody(node, 'release-without-permit')),
  /** Neither hears of the other. */
  twin: each(({ cluster, history, hands }, node, { prng }) => {
    history.hostile.add(node.id);
    const twin = hands.twinOf(node);
    const before = node.wire;
    for (const machine of [node, twin]) deafen(cluster, machine);
    twin.start();
    const joinPeers = splitPeers(cluster, node, twin, prng);
    return () => {
      twin.kill();
      joinPeers();
      node.wire = before;
    };
  }),
  /** They hear each other's signatures, as two machines of one hospital would. */
  'copied-key': each(({ cluster, history, hands }, node, { prng }) => {
    history.hostile.add(node.id);
    const twin = hands.twinOf(node);
    twin.start();
    const joinPeers = splitPeers(cluster, node, twin, prng);
    return () => {
      twin.kill();
      joinPeers();
    };
  }),
};

function strategy(name: FaultName): Inject {
  return each((context, node, { params }) => {
    const chance = numberOf(params['chance']);
    return context.hands.take(node, name, { ...(chance === undefined ? {} : { chance }), params });
  });
}

function numberOf(value: ParamValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
