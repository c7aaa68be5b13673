// Owns: checker 3: every block carries valid signatures of more than two thirds of the power of the set of that height. It
// counts by itself: a judge that asks the accused how to count acquits whoever counts wrongly.
import {
  type Certificate,
  type Hex32,
  type ValidatorSet,
  type Verify,
  verifyPayload,
  votePayload,
} from '@consilium/core';
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

export interface CertificateRules {
  readonly genesisHash: Hex32;
  /** The set of height 1. */
  readonly validators: ValidatorSet;
  readonly verify: Verify;
}

export function createCertificateChecker(history: History, rules: CertificateRules): Checker {
  // The set of each height, from the executions that agreed: set(H+1) is told by the commit of H.
  const sets = new Map<number, ValidatorSet>([[1, rules.validators]]);
  return {
    /** All may have died with a commit durable and told to nobody: its set is told by who comes up on it. */
    opened: (node, { height, nextValidators }) => {
      if (history.hostile.has(node) || nextValidators === undefined || sets.has(height + 1)) return;
      sets.set(height + 1, nextValidators);
    },
    committed: (node, { block, blockId, certificate, nextValidators }) => {
      if (history.hostile.has(node)) return;
      const { height } = block.header;
      const set = sets.get(height) ?? [];
      const { type, height: ofHeight, blockId: ofBlock } = certificate;
      const where = { height, nodes: [node] };
      if (type !== 'precommit' || ofHeight !== height || ofBlock !== blockId)
        violate(history, 'certificates', `height ${height}: it is of something else`, where);
      else if (!isEnough(signersOf(rules, set, certificate), set))
        violate(history, 'certificates', `height ${height}: too few have signed it`, where);
      if (!sets.has(height + 1)) sets.set(height + 1, nextValidators);
    },
  };
}

/** Places in the set whose signature is valid, each once. */
function signersOf(
  { genesisHash, verify }: CertificateRules,
  set: ValidatorSet,
  { signatures, ...content }: Certificate,
): ReadonlySet<number> {
  const payload = votePayload(content);
  const valid = signatures.filter(({ index, signature }) => {
    const key = set[index]?.key;
    return key !== undefined && verifyPayload(verify, key, signature, 'vote', genesisHash, payload);
  });
  return new Set(valid.map(({ index }) => index));
}

function isEnough(signers: ReadonlySet<number>, set: ValidatorSet): boolean {
  const total = set.reduce((sum, { power }) => sum + power, 0);
  const signed = set.reduce((sum, { power }, index) => sum + (signers.has(index) ? power : 0), 0);
  return total > 0 && 3 * signed > 2 * total;
}
