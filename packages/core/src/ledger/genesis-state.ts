// Owns: the state before the first block: the founding hospitals as accounts, institutions and validators.
import type { Hex32 } from '../bytes.ts';
import { accountIdOf, type Genesis, genesisHash, genesisValidators } from '../genesis.ts';
import { type HashBlocks64, hashBlocks64 } from '../hash.ts';
import { createMemoryTree } from '../memory-tree.ts';
import type { TreeWrite } from '../state-tree-update.ts';
import { advanceCustody } from './custody.ts';
import { type LedgerTip, treeChange } from './execute.ts';
import { enterInstitution } from './institutions.ts';
import { initProposers } from './proposers.ts';
import { createOverlay, type StateChange } from './state.ts';
import { initValidatorSets } from './validator-sets.ts';

export interface GenesisState {
  readonly changes: readonly StateChange[];
  readonly treeNodes: readonly TreeWrite[];
  readonly stateRoot: Hex32;
}

/** A function of the genesis alone. The genesis has been checked (`checkGenesis`). */
export function genesisState(genesis: Genesis, hashBlocks: HashBlocks64 = hashBlocks64): GenesisState {
  const state = createOverlay({ get: () => undefined });
  const founders = genesisValidators(genesis);
  for (const card of genesis.validators)
    enterInstitution(state, accountIdOf(card.accountKey), card, {
      height: 0,
      membership: 1,
      status: 'active',
    });
  initValidatorSets(state, founders);
  initProposers(state, founders);
  advanceCustody(state, 0);
  const changes = state.changes();
  const tree = treeChange(createMemoryTree(), changes, hashBlocks);
  return { changes, treeNodes: tree.nodes, stateRoot: tree.root };
}

/** What stands below block 1. */
export function genesisTip(genesis: Genesis): LedgerTip {
  return { height: 0, id: genesisHash(genesis), time: genesis.time };
}
