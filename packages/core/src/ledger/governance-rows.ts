// Owns: what a row holds of what the hospitals govern by vote: proposals of changes, who follows without a vote, the
// parameters, the upgrades, network keys that are still let in. Does not own: by which rules they change (proposals.ts,
// changes.ts).
import type { Hex32 } from '../bytes.ts';
import { hex32, integer, list, nullable, oneOf, type Shape, struct, text, variants } from '../codec.ts';
import { type ConsensusParams, paramsShape, type ValidatorCard, validatorCardShape } from '../genesis.ts';
import {
  FOLLOWERS_MAX,
  NAME_LENGTH_MAX,
  OPEN_PROPOSALS_MAX,
  PROTOCOL_VERSION_LIMIT,
  VALIDATORS_MAX,
} from '../limits.ts';
import { type ImplicitPolicy, implicitPolicyShape } from './codes.ts';
import { heightFrom0 } from './rows.ts';

/** A hospital that will vote as soon as its node has caught up and says so. */
export interface AdmitChange {
  readonly type: 'admit';
  readonly card: ValidatorCard;
}

/** An institution that follows the chain and never votes: an auditor. */
export interface ObserveChange {
  readonly type: 'observe';
  readonly card: ValidatorCard;
}

/** `confirmName`: the name of the institution, given by people who know that the removal ends fault tolerance. */
export interface RemoveChange {
  readonly type: 'remove';
  readonly institution: Hex32;
  readonly confirmName: string | null;
}

/** Other keys and addresses for an institution that is in: those of the card, which bears its name. */
export interface RotateChange {
  readonly type: 'rotate';
  readonly institution: Hex32;
  readonly card: ValidatorCard;
}

/** `replaces`: hash of the parameters that these were made from (`paramsHash`). */
export interface ParamsChange {
  readonly type: 'params';
  readonly replaces: Hex32;
  readonly params: ConsensusParams;
}

/** From `height` on blocks are of this version of the protocol. */
export interface UpgradeChange {
  readonly type: 'upgrade';
  readonly height: number;
  readonly version: number;
}

/** What holds where no consent of a patient speaks. */
export interface PolicyChange {
  readonly type: 'policy';
  readonly policy: ImplicitPolicy;
}

export type GovernedChange =
  | AdmitChange
  | ObserveChange
  | RemoveChange
  | RotateChange
  | ParamsChange
  | UpgradeChange
  | PolicyChange;

export const governedChangeShape: Shape<GovernedChange> = variants<GovernedChange>({
  admit: struct<AdmitChange>({ type: oneOf('admit'), card: validatorCardShape }),
  observe: struct<ObserveChange>({ type: oneOf('observe'), card: validatorCardShape }),
  remove: struct<RemoveChange>({
    type: oneOf('remove'),
    institution: hex32,
    confirmName: nullable(text(NAME_LENGTH_MAX, 1)),
  }),
  rotate: struct<RotateChange>({ type: oneOf('rotate'), institution: hex32, card: validatorCardShape }),
  params: struct<ParamsChange>({ type: oneOf('params'), replaces: hex32, params: paramsShape }),
  upgrade: struct<UpgradeChange>({
    type: oneOf('upgrade'),
    height: heightFrom0,
    version: integer(1, PROTOCOL_VERSION_LIMIT),
  }),
  policy: struct<PolicyChange>({ type: oneOf('policy'), policy: implicitPolicyShape }),
});

export interface ChangeProposal {
  readonly change: GovernedChange;
  readonly proposer: Hex32;
  /** Institutions that approved, the proposer first. */
  readonly approvals: readonly Hex32[];
  readonly openedHeight: number;
  /** The last height at which it can be approved. */
  readonly lastHeight: number;
}

export const changeProposalShape: Shape<ChangeProposal> = struct<ChangeProposal>({
  change: governedChangeShape,
  proposer: hex32,
  approvals: list(hex32, VALIDATORS_MAX),
  openedHeight: heightFrom0,
  lastHeight: heightFrom0,
});

/** What must be known of an open proposal without fetching it. In the order of opening. */
export interface OpenProposal {
  readonly id: Hex32;
  readonly proposer: Hex32;
  readonly changeHash: Hex32;
  readonly lastHeight: number;
}

export const openProposalsShape: Shape<readonly OpenProposal[]> = list(
  struct<OpenProposal>({ id: hex32, proposer: hex32, changeHash: hex32, lastHeight: heightFrom0 }),
  OPEN_PROPOSALS_MAX,
);

/** `learner`: admitted, and not in the set until its node asks for it. `observer`: never in the set. */
export type FollowerRole = 'learner' | 'observer';

export interface Follower {
  readonly institution: Hex32;
  readonly role: FollowerRole;
  /** Height whose block decided it. */
  readonly sinceHeight: number;
}

/** In the order of admission. */
export const followersShape: Shape<readonly Follower[]> = list(
  struct<Follower>({ institution: hex32, role: oneOf('learner', 'observer'), sinceHeight: heightFrom0 }),
  FOLLOWERS_MAX,
);

export interface ScheduledParams {
  readonly fromHeight: number;
  readonly params: ConsensusParams;
}

/** Ascending: those in force at the next height, and those of the one after. Absent: those of genesis, for ever. */
export const scheduledParamsShape: Shape<readonly ScheduledParams[]> = list(
  struct<ScheduledParams>({ fromHeight: heightFrom0, params: paramsShape }),
  2,
  1,
);

export interface ScheduledUpgrade {
  readonly height: number;
  readonly version: number;
}

/** Ascending: the last one that has happened, and the one that is to come. Absent: the first version, for ever. */
export const scheduledUpgradesShape: Shape<readonly ScheduledUpgrade[]> = list(
  struct<ScheduledUpgrade>({ height: heightFrom0, version: integer(1, PROTOCOL_VERSION_LIMIT) }),
  2,
  1,
);

/** A network key that was rotated away, and the last height at which it is let in. */
export interface FormerNetworkKey {
  readonly institution: Hex32;
  readonly key: Hex32;
  readonly lastHeight: number;
}

export const formerNetworkKeysShape: Shape<readonly FormerNetworkKey[]> = list(
  struct<FormerNetworkKey>({ institution: hex32, key: hex32, lastHeight: heightFrom0 }),
  FOLLOWERS_MAX + VALIDATORS_MAX,
);
