// Owns: checkers 1 to 3 as commits happen: one block id and state root for each height over all nodes,
// a valid certificate of the set of that height, each transaction submitted and committed once. Gaps are seen
// in the stores at the end (stores.ts): a commit that was durable when its node died was told to nobody.
import {
  genesisValidators,
  type Hex32,
  isValidCertificate,
  type ValidatorSet,
  type Verify,
} from '@consilium/core';
import type { Committed } from '@consilium/node/replica';
import { type History, violate } from '../cluster/history.ts';
import type { Founders } from '../cluster/identities.ts';

export type CommitChecker = (node: Hex32, committed: Committed) => void;

export function createCommitChecker(history: History, founders: Founders, verify: Verify): CommitChecker {
  const committedTxs = new Map<Hex32, number>();
  // The set of each height, from the executions that agreed: set(H+1) is told by the commit of H.
  const sets = new Map<number, ValidatorSet>([[1, genesisValidators(founders.genesis)]]);

  const checkChain = (node: Hex32, committed: Committed): void => {
    const { header } = committed.block;
    const first = history.chain.get(header.height);
    const name = `height ${header.height} on ${node.slice(0, 8)}`;
    if (first === undefined) {
      history.chain.set(header.height, committed);
      sets.set(header.height + 1, committed.execution.validators);
      checkTransactions(committed);
    } else if (first.blockId !== committed.blockId) {
      violate(history, 'agreement', `${name}: ${committed.blockId} beside ${first.blockId}`);
    } else if (first.execution.stateRoot !== committed.execution.stateRoot) {
      violate(history, 'agreement', `${name}: two state roots`);
    }
  };

  const checkTransactions = ({ block, execution }: Committed): void => {
    for (const tx of execution.txs) {
      const before = committedTxs.get(tx.id);
      if (before !== undefined)
        violate(history, 'validity', `${tx.id} at ${before} and ${block.header.height}`);
      if (!history.submitted.has(tx.id)) violate(history, 'validity', `${tx.id} was never submitted`);
      committedTxs.set(tx.id, block.header.height);
    }
  };

  const checkCertificate = (node: Hex32, { block, blockId, certificate }: Committed): void => {
    const { height } = block.header;
    const set = sets.get(height);
    const names =
      certificate.type === 'precommit' && certificate.height === height && certificate.blockId === blockId;
    const valid =
      names && set !== undefined && isValidCertificate(verify, founders.genesisHash, set, certificate);
    if (!valid) violate(history, 'certificates', `height ${height} on ${node.slice(0, 8)}`);
  };

  return (node, committed) => {
    checkChain(node, committed);
    checkCertificate(node, committed);
  };
}
