// Owns: whether this node signs in a height: it is in the set, holds the key that the set names, did not diverge, and its
// guard lets it. Does not own: the guard (signing/), the signing.
import { findValidator, proposalPayload, type SignedProposal, type Vote, votePayload } from '@consilium/core';
import type { ReplicaDeps, SigningMode } from './types.ts';

export interface SigningRightDeps extends Pick<ReplicaDeps, 'self' | 'guard' | 'holdsKey' | 'report'> {
  readonly ledger: Pick<ReplicaDeps['ledger'], 'nextHeight'>;
  readonly diverged: () => boolean;
  /** Whether a quorum was heard since the start (4.8). */
  readonly arrived: () => boolean;
}

export class SigningRight {
  readonly #deps: SigningRightDeps;

  constructor(deps: SigningRightDeps) {
    this.#deps = deps;
  }

  mode(): SigningMode {
    const { ledger, self, guard, holdsKey, diverged, arrived } = this.#deps;
    const { height, validators } = ledger.nextHeight();
    const member = findValidator(validators, self);
    if (member === undefined) return 'observer';
    if (!holdsKey(member.key)) return 'stopped';
    const permission = guard.maySign(height);
    if (permission !== 'yes') return permission;
    if (diverged()) return 'stopped';
    return arrived() ? 'signing' : 'hearing';
  }

  /** To be asked once for each height: a key that is missing is reported. */
  maySign(height: number): boolean {
    const { ledger, self, guard, holdsKey, report, diverged } = this.#deps;
    const key = findValidator(ledger.nextHeight().validators, self)?.key;
    if (key !== undefined && !holdsKey(key)) {
      report({ level: 'error', code: 'signing.key-missing', height });
      return false;
    }
    return !diverged() && guard.maySign(height) === 'yes';
  }

  /** An own message that came from outside. `foreign`: another process signs with this key. */
  heardOwn(message: Vote | SignedProposal, heldByLog: boolean): 'normal' | 'foreign' {
    const isVote = 'type' in message;
    return this.#deps.guard.heardOwn({
      kind: isVote ? message.type : 'proposal',
      height: message.height,
      round: message.round,
      payload: isVote ? votePayload(message) : proposalPayload(message),
      heldByLog,
    });
  }
}
