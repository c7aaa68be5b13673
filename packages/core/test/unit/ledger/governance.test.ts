import { describe, expect, it } from 'vitest';
import {
  actionOf,
  type Block,
  type ConsensusParams,
  checkBlock,
  codeOf,
  DEFAULT_PARAMS,
  type GovernedChange,
  type Hex32,
  INSTITUTIONS,
  openProposals,
  paramsAt,
  paramsHash,
  pendingUpgrade,
  protocolVersionAt,
  readRow,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital } from '../../kit/chain.ts';
import { approve, asPerson, codeOfSubmit, decide, propose } from '../../kit/people.ts';

const voting = (chain: Chain): readonly Hospital[] => chain.hospitals.slice(0, 3);
const first = (chain: Chain): Hospital => chain.hospitals[0] as Hospital;

function withdraw(chain: Chain, by: Hospital, proposal: Hex32): string {
  return codeOfSubmit(chain, asPerson(by), actionOf('institutions.withdraw', { proposal }));
}

describe('a withdrawal', () => {
  it('closes a proposal for good, by whoever opened it and by nobody else', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    const change: GovernedChange = { type: 'admit', card: hospital('Sihl').card };
    const id = propose(chain, a, change).outcomes[0]?.id as Hex32;
    approve(chain, b, id);
    expect(withdraw(chain, b, id)).toBe('TX_NOT_PERMITTED');
    expect(withdraw(chain, a, id)).toBe('OK');
    expect(openProposals(chain.view().state, chain.view().tip.height)).toEqual([]);
    expect(approve(chain, c, id).code).toBe('PROPOSAL_NOT_FOUND');
    expect(withdraw(chain, a, id)).toBe('PROPOSAL_NOT_FOUND');
    // Said again, it is another proposal, and the old approvals are gone.
    const again = propose(chain, a, change).outcomes[0]?.id as Hex32;
    expect(again).not.toBe(id);
    expect(approve(chain, c, again).code).toBe('OK');
    expect(readRow(chain.view().state, INSTITUTIONS, hospital('Sihl').id)).toBeUndefined();
  });
});

function paramsChange(chain: Chain, changes: Partial<ConsensusParams>): GovernedChange {
  const { state, tip } = chain.view();
  const current = paramsAt(state, chain.genesis, tip.height + 2);
  return { type: 'params', replaces: paramsHash(current), params: { ...current, ...changes } };
}

describe('other consensus parameters', () => {
  it('are in force from the second height after the decision, as ledger state; before, those of genesis are', () => {
    const chain = createChain();
    decide(chain, paramsChange(chain, { blockTxsMax: 7 }), voting(chain));
    const { state, tip } = chain.view();
    expect(paramsAt(state, chain.genesis, tip.height + 1)).toEqual(DEFAULT_PARAMS);
    expect(paramsAt(state, chain.genesis, tip.height + 2)).toEqual({ ...DEFAULT_PARAMS, blockTxsMax: 7 });
  });

  it('bound the blocks of their heights, and of no other', () => {
    const chain = createChain();
    const a = first(chain);
    const eight = () =>
      Array.from({ length: 8 }, () => chain.tx(a.id, a.account, [actionOf('chain.noop', {})]));
    decide(chain, paramsChange(chain, { blockTxsMax: 7 }), voting(chain));
    const before: Block = chain.commit(eight(), { txsMax: 8 }).block;
    expect(before.txs).toHaveLength(8);
    const { block } = chain.build(eight(), { txsMax: 8 });
    expect(block.txs).toHaveLength(7);
    const stretched = { ...block, txs: [...block.txs, ...eight().map((tx) => tx.bytes)] };
    expect(() => checkBlock(chain.deps, chain.view(), stretched)).toThrow(
      expect.objectContaining({ code: 'BLOCK_INVALID', data: { rule: 'txs' } }),
    );
  });

  it('follow each other, and two decided in one block leave the last', () => {
    const chain = createChain(['Aare']);
    const a = first(chain);
    const one = actionOf('institutions.propose', { change: paramsChange(chain, { blockTxsMax: 1_000 }) });
    const params = { ...DEFAULT_PARAMS, blockTxsMax: 500 };
    const replaces = paramsHash({ ...DEFAULT_PARAMS, blockTxsMax: 1_000 });
    const two = actionOf('institutions.propose', { change: { type: 'params', replaces, params } });
    expect(codeOfSubmit(chain, asPerson(a), one, two)).toBe('OK');
    decide(chain, paramsChange(chain, { blockTxsMax: 900 }), [a]);
    const maxima = (): number[] => {
      const { state, tip } = chain.view();
      return [1, 2].map((ahead) => paramsAt(state, chain.genesis, tip.height + ahead).blockTxsMax);
    };
    expect(maxima()).toEqual([500, 900]);
    chain.commit([]);
    expect(maxima()).toEqual([900, 900]);
  });

  it('are refused where they do not go together, change nothing, or were made from others than the last', () => {
    const chain = createChain();
    const a = first(chain);
    const codeFor = (change: GovernedChange) => propose(chain, a, change).code;
    expect(codeFor(paramsChange(chain, { precisionMs: 750 }))).toBe('VALUE_INVALID');
    expect(codeFor(paramsChange(chain, { delayMs: 14_200 }))).toBe('VALUE_INVALID');
    expect(codeFor(paramsChange(chain, {}))).toBe('VALUE_INVALID');
    const late = propose(chain, a, paramsChange(chain, { demotionMisses: 5 })).outcomes[0]?.id as Hex32;
    decide(chain, paramsChange(chain, { blockTxsMax: 7 }), voting(chain));
    const [, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    expect([approve(chain, b, late).code, approve(chain, c, late).code]).toEqual(['OK', 'PROPOSAL_OUTDATED']);
  });
});

const upgrade = (version: number, height: number): GovernedChange => ({ type: 'upgrade', version, height });

describe('an upgrade', () => {
  it('gives every block from its height on the decided version, and none before', () => {
    const chain = createChain();
    const deps = { ...chain.deps, protocolVersionMax: 2 };
    decide(chain, upgrade(2, 6), voting(chain));
    expect(pendingUpgrade(chain.view().state, chain.view().tip.height)).toEqual({ height: 6, version: 2 });
    while (chain.view().tip.height < 5) expect(chain.commit([]).block.header.version).toBe(1);
    expect(protocolVersionAt(chain.view().state, 6)).toBe(2);
    const { block, execution } = chain.build([], { deps });
    expect(block.header.version).toBe(2);
    expect(checkBlock(deps, chain.view(), block).stateRoot).toBe(execution.stateRoot);
    const old = { ...block, header: { ...block.header, version: 1 } };
    expect(() => checkBlock(deps, chain.view(), old)).toThrow(
      expect.objectContaining({ code: 'BLOCK_INVALID', data: { rule: 'version' } }),
    );
  });

  it('leaves a state machine that does not know the version without a word on the block, good or bad', () => {
    const chain = createChain();
    decide(chain, upgrade(2, 5), voting(chain));
    chain.commit([]);
    const { block } = chain.build([], { deps: { ...chain.deps, protocolVersionMax: 2 } });
    for (const attempt of [() => chain.build([]), () => checkBlock(chain.deps, chain.view(), block)]) {
      let caught: unknown;
      try {
        attempt();
      } catch (error) {
        caught = error;
      }
      expect(codeOf(caught)).toBe('PROTOCOL_UNSUPPORTED');
    }
  });

  it('is to the next version, at a height that no node has begun', () => {
    const chain = createChain(FOUNDERS.slice(0, 4));
    const a = first(chain);
    const next = () => chain.view().tip.height + 1;
    expect(propose(chain, a, upgrade(1, 100)).code).toBe('VALUE_INVALID');
    expect(propose(chain, a, upgrade(3, 100)).code).toBe('VALUE_INVALID');
    expect(propose(chain, a, upgrade(2, next() + 1)).code).toBe('VALUE_INVALID');
    expect(propose(chain, a, upgrade(2, next() + 2)).code).toBe('OK');
  });

  it('whose height has passed when it would be decided is refused then', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    const id = propose(chain, a, upgrade(2, 4)).outcomes[0]?.id as Hex32;
    expect([approve(chain, b, id).code, approve(chain, c, id).code]).toEqual(['OK', 'VALUE_INVALID']);
  });

  it('that has not come may be moved to another height', () => {
    const chain = createChain();
    decide(chain, upgrade(2, 10), voting(chain));
    decide(chain, upgrade(2, 1_000), voting(chain));
    const { state, tip } = chain.view();
    expect(pendingUpgrade(state, tip.height)).toEqual({ height: 1_000, version: 2 });
    expect(protocolVersionAt(state, 999)).toBe(1);
  });
});
