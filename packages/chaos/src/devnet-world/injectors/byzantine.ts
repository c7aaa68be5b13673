// Owns: hostile validators on a devnet: the daemon of the target plays the strategy. Who was hostile once stays so for the
// checkers.
import type { CustodyLie } from '../../byzantine/custody-lies.ts';
import { STRATEGIES } from '../../byzantine/strategies.ts';
import type { FaultName } from '../../faults/names.ts';
import { each, type Inject, type Injectors, order } from '../injector.ts';

export const BYZANTINE_FAULTS: Injectors = {
  ...Object.fromEntries([...STRATEGIES.keys()].map((name) => [name, strategy(name)])),
  'false-shares': lyingCustodian('false-shares'),
  'release-without-permit': lyingCustodian('release-without-permit'),
};

function lyingCustodian(lie: CustodyLie): Inject {
  return each((context, node, { prng }) => {
    context.history.hostile.add(node.id);
    return order(context, node, { kind: 'custodian', lie, seed: prng.below(2 ** 31) });
  });
}

function strategy(name: FaultName): Inject {
  return each((context, node, { params, prng }) => {
    context.history.hostile.add(node.id);
    const chance = Number(params['chance'] ?? 1);
    return order(context, node, { kind: 'hand', strategy: name, chance, params, seed: prng.below(2 ** 31) });
  });
}
