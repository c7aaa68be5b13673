import { describe, expect, it } from 'vitest';
import {
  ACCOUNTS,
  createGenesis,
  createMemoryTree,
  DEFAULT_PARAMS,
  genesisHash,
  genesisState,
  genesisTip,
  genesisValidators,
  INSTITUTION_NAMES,
  INSTITUTIONS,
  KEYS,
  nextValidators,
  proposerOrder,
  readRow,
  treeRoot,
  validatorsAfterNext,
  validatorsAt,
  verifyEd25519,
} from '../../../src/index.ts';
import { createChain, createTestGenesis, FOUNDERS, GENESIS_TIME, hospital } from '../../kit/chain.ts';

describe('the state before the first block', () => {
  it('holds the founders as accounts, institutions and validators of the first heights', () => {
    const chain = createChain();
    const { state } = chain.view();
    for (const { id, name, card } of chain.hospitals) {
      expect(readRow(state, ACCOUNTS, id)).toMatchObject({ kind: 'institution', key: card.accountKey });
      expect(readRow(state, INSTITUTIONS, id)).toMatchObject({ name, admittedHeight: 0, membership: 1 });
      expect(readRow(state, INSTITUTION_NAMES, name)).toBe(id);
      expect(readRow(state, KEYS, card.validatorKey)).toMatchObject({ account: id, use: 'validator' });
      expect(readRow(state, KEYS, card.networkKey)).toMatchObject({ account: id, use: 'network' });
    }
    const founders = genesisValidators(chain.genesis);
    expect(nextValidators(state)).toEqual(founders);
    expect(validatorsAfterNext(state)).toEqual(founders);
    expect(validatorsAt(state, 1)).toEqual(founders);
    expect(validatorsAt(state, 0)).toBeUndefined();
    expect(proposerOrder(state, 1)).toHaveLength(4);
  });

  it('is the same on every machine, in whatever order the cards were handed in', () => {
    const names = FOUNDERS.slice(0, 4);
    const one = genesisState(createTestGenesis(names));
    const cards = [...names].reverse().map((name) => hospital(name).card);
    const other = createGenesis('dev-test', GENESIS_TIME, cards, DEFAULT_PARAMS, verifyEd25519);
    expect(genesisState(other)).toEqual(one);
  });

  it('has the root of its own tree, and the genesis as the parent of block 1', () => {
    const genesis = createTestGenesis(FOUNDERS.slice(0, 4));
    const { treeNodes, stateRoot } = genesisState(genesis);
    const tree = createMemoryTree();
    tree.write(treeNodes);
    expect(treeRoot(tree)).toBe(stateRoot);
    expect(genesisTip(genesis)).toEqual({ height: 0, id: genesisHash(genesis), time: GENESIS_TIME });
  });
});
