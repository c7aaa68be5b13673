// Owns: what the hospitals have decided and what is open, read together over proven rows of one block. Does not own: what
// a change would do to it (effect.ts).
import {
  type ConsensusParams,
  decidedParams,
  type FollowerRole,
  followers,
  type Genesis,
  type ImplicitPolicy,
  implicitPolicy,
  pendingUpgrade,
  protocolVersionAt,
  type ScheduledUpgrade,
  type StateReader,
} from '@consilium/core';
import {
  type InstitutionView,
  type ProposalView,
  readInstitution,
  readProposals,
  readValidators,
  type ValidatorView,
} from '../client/queries.ts';
import type { AsOf } from '../client/reading.ts';

export interface FollowerView extends InstitutionView {
  readonly role: FollowerRole;
  readonly sinceHeight: number;
}

export interface GovernanceView {
  readonly validators: readonly ValidatorView[];
  readonly learners: readonly FollowerView[];
  readonly observers: readonly FollowerView[];
  readonly proposals: readonly ProposalView[];
  /** The last ones decided: in force, or at the second height after their decision. */
  readonly params: ConsensusParams;
  /** Version of the protocol at the next height, and the upgrade that is decided and to come. */
  readonly version: number;
  readonly upgrade: ScheduledUpgrade | null;
  /** What holds where no consent of a patient speaks. */
  readonly policy: ImplicitPolicy;
}

export function readGovernance(state: StateReader, asOf: AsOf, genesis: Genesis): GovernanceView {
  const following = followers(state).flatMap(({ institution, role, sinceHeight }): FollowerView[] => {
    const view = readInstitution(state, institution);
    return view === null ? [] : [{ ...view, role, sinceHeight }];
  });
  return {
    validators: readValidators(state),
    learners: following.filter(({ role }) => role === 'learner'),
    observers: following.filter(({ role }) => role === 'observer'),
    proposals: readProposals(state, asOf),
    params: decidedParams(state, genesis),
    version: protocolVersionAt(state, asOf.height + 1),
    upgrade: pendingUpgrade(state, asOf.height + 1) ?? null,
    policy: implicitPolicy(state),
  };
}
