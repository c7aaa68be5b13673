import { describe, expect, it } from 'vitest';
import { actionOf, checkBlock } from '../../../src/index.ts';
import { createChain, type Hospital } from '../../kit/chain.ts';

describe('a block', () => {
  it('that was built passes the check, and both give the same execution', () => {
    const chain = createChain();
    const [aare] = chain.hospitals as [Hospital];
    const noop = chain.tx(aare.id, aare.account, [actionOf('chain.noop', {})]);
    const { block, execution, refused } = chain.build([noop]);
    expect(refused.size).toBe(0);
    expect(execution.results.map((result) => result.code)).toEqual(['OK']);
    expect(checkBlock(chain.deps, chain.view(), block)).toEqual(execution);
    chain.commit([noop]);
    expect(chain.commit([]).block.header.height).toBe(2);
  });
});
