// Owns: hostile validators on a devnet: the daemon of the target plays the strategy. Who was hostile once stays so for the
// checkers.
import { STRATEGIES } from '../../byzantine/strategies.ts';
import type { FaultName } from '../../faults/names.ts';
import { each, type Inject, type Injectors, order } from '../injector.ts';

export const BYZANTINE_FAULTS: Injectors = Object.fromEntries(
  [...STRATEGIES.keys()].map((name) => [name, strategy(name)]),
);

function strategy(name: FaultName): Inject {
  return each((context, node, { params, prng }) => {
    context.history.hostile.add(node.id);
    const chance = Number(params['chance'] ?? 1);
    return order(context, node, { kind: 'hand', strategy: name, chance, params, seed: prng.below(2 ** 31) });
  });
}
