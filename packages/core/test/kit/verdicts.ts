// Owns: what is said of a transaction twice: by the pool beforehand, and by the block.
import { expect } from 'vitest';
import { type Action, checkTx, codeOf, type ErrorCode, type Tx } from '../../src/index.ts';
import type { Chain } from './chain.ts';
import type { Person } from './people.ts';

/** What the pool of a node says that has committed `height`; without one, the chain's. Its clock is the tip's time. */
export function advice(chain: Chain, tx: Tx, height: number = chain.view().tip.height): string {
  const { state, tip, isReplayed } = chain.view();
  try {
    checkTx(state, { ...chain.deps, isReplayed, height }, tx, tip.time);
    return 'OK';
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** What the pool says of it, and then the next block. Commits nothing. */
export function verdicts(chain: Chain, sender: Person, ...actions: readonly Action[]): [string, string] {
  const tx = chain.tx(sender.id, sender.key, actions);
  return [advice(chain, tx), chain.build([tx]).execution.results[0]?.code ?? 'left out'];
}

/** Refused with the code by the pool and by the block. */
export function expectRefused(
  chain: Chain,
  sender: Person,
  code: ErrorCode,
  ...actions: readonly Action[]
): void {
  expect(verdicts(chain, sender, ...actions)).toEqual([code, code]);
}
