// Owns: checker 3: every block carries valid signatures of more than two thirds of the power of the set of that height.
import { type Hex32, isValidCertificate, type ValidatorSet, type Verify } from '@consilium/core';
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

export interface CertificateRules {
  readonly genesisHash: Hex32;
  /** The set of height 1. */
  readonly validators: ValidatorSet;
  readonly verify: Verify;
}

export function createCertificateChecker(history: History, rules: CertificateRules): Checker {
  const { genesisHash, validators, verify } = rules;
  // The set of each height, from the executions that agreed: set(H+1) is told by the commit of H.
  const sets = new Map<number, ValidatorSet>([[1, validators]]);
  return {
    /** All may have died with a commit durable and told to nobody: its set is told by who comes up on it. */
    opened: (node, { height, nextValidators }) => {
      if (history.hostile.has(node) || nextValidators === undefined || sets.has(height + 1)) return;
      sets.set(height + 1, nextValidators);
    },
    committed: (node, { block, blockId, certificate, nextValidators }) => {
      if (history.hostile.has(node)) return;
      const { height } = block.header;
      const set = sets.get(height);
      const { type, height: ofHeight, blockId: ofBlock } = certificate;
      const names = type === 'precommit' && ofHeight === height && ofBlock === blockId;
      const valid = names && set !== undefined && isValidCertificate(verify, genesisHash, set, certificate);
      if (!valid) violate(history, 'certificates', `height ${height}`, { height, nodes: [node] });
      if (!sets.has(height + 1)) sets.set(height + 1, nextValidators);
    },
  };
}
