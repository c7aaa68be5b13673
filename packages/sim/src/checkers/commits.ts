// Owns: checkers 1 to 3 as commits happen: one block id and state root for each height over all nodes, no gap on a node
// and none taken back by a crash, a valid certificate of the set of that height, each transaction submitted and
// committed once, evidence against hostile nodes only.
import {
  accusedOf,
  genesisValidators,
  type Hex32,
  isValidCertificate,
  type ValidatorSet,
  type Verify,
} from '@consilium/core';
import type { Committed, Tip } from '@consilium/node/replica';
import { type History, violate } from '../cluster/history.ts';
import type { Founders } from '../cluster/identities.ts';

export interface CommitChecker {
  committed(node: Hex32, committed: Committed): void;
  /** A node came up on what its store holds. */
  opened(node: Hex32, tip: Tip): void;
}

export function createCommitChecker(history: History, founders: Founders, verify: Verify): CommitChecker {
  const nextByNode = new Map<Hex32, number>();
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
      checkEvidence(committed);
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

  const checkEvidence = ({ block }: Committed): void => {
    for (const accused of block.evidence.map(accusedOf)) {
      if (!history.hostile.has(accused)) violate(history, 'accountability', `${accused} is named`);
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

  const committed = (node: Hex32, commit: Committed): void => {
    if (history.hostile.has(node)) return;
    const { height } = commit.block.header;
    const expected = nextByNode.get(node) ?? 1;
    if (height !== expected) {
      violate(history, 'agreement', `gap on ${node.slice(0, 8)}: ${height} after ${expected - 1}`);
    }
    nextByNode.set(node, height + 1);
    checkChain(node, commit);
    checkCertificate(node, commit);
  };

  /** The batch of one more height may have landed before the crash, told to nobody. */
  const opened = (node: Hex32, { height, blockId }: Tip): void => {
    if (history.hostile.has(node)) return;
    const told = (nextByNode.get(node) ?? 1) - 1;
    const lost = height < told && !history.excused.has(node);
    if (lost || height > told + 1) {
      violate(history, 'stores', `${node.slice(0, 8)} told of height ${told} and came up at ${height}`);
    }
    nextByNode.set(node, height + 1);
    const first = history.chain.get(height);
    if (first !== undefined && first.blockId !== blockId) {
      violate(history, 'agreement', `${node.slice(0, 8)} came up on another block at ${height}`);
    }
  };

  return { committed, opened };
}
