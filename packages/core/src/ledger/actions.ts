// Owns: the registry of actions, `module.verb` with a version, and running one: known, well formed, permitted, within its
// quota, applied. Does not own: the rules of any module.

import type { PlainValue } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { TX_WORK_MAX } from '../limits.ts';
import type { Action } from '../tx.ts';
import { type AccessOpenBody, type AccessReadLogBody, accessOpen, accessReadLog } from './access.ts';
import { mustReadInstitution } from './accounts.ts';
import { type AuditCommitBody, auditCommit } from './aggregates.ts';
import { type AnchorCommitBody, anchorCommit } from './anchor.ts';
import { type ChainNoopBody, chainNoop } from './chain.ts';
import { type ConsentGrantBody, type ConsentRevokeBody, consentGrant, consentRevoke } from './consent.ts';
import type { ActionContext, ActionDefinition, CheckContext, Outcome } from './context.ts';
import { type CustodyAccuseBody, type CustodyConfirmBody, custodyAccuse, custodyConfirm } from './custody.ts';
import {
  type IdentityAppointDelegateBody,
  type IdentityEndDelegationBody,
  identityAppointDelegate,
  identityEndDelegation,
} from './delegations.ts';
import {
  type EmergencyReinstateBody,
  type EmergencyReviewBody,
  emergencyReinstate,
  emergencyReview,
} from './emergency.ts';
import {
  type CustodyErasedBody,
  custodyErased,
  type RecordEraseBody,
  type RecordRefuseErasureBody,
  recordErase,
  recordRefuseErasure,
  recordRequestErasure,
} from './erasure.ts';
import { type InstitutionsJoinBody, institutionsJoin } from './followers.ts';
import { type GroupPutBody, groupPut } from './groups.ts';
import {
  type IdentityEnrolPatientBody,
  type IdentityIssueCredentialBody,
  type IdentityRotateKeyBody,
  type IdentityWithdrawCredentialBody,
  identityEnrolPatient,
  identityIssueCredential,
  identityRotateKey,
  identityWithdrawCredential,
} from './identity.ts';
import {
  type InstitutionsProposeBody,
  institutionsApprove,
  institutionsPropose,
  institutionsWithdraw,
  type ProposalBody,
} from './proposals.ts';
import {
  type RecordRegisterBody,
  type RecordRetractBody,
  recordAmend,
  recordRegister,
  recordRetract,
} from './records.ts';
import { type InstitutionsMoveBody, institutionsMove } from './rotation.ts';
import type { Account } from './rows.ts';
import { type InstitutionsReportSkipBody, institutionsReportSkip } from './skip-reports.ts';
import type { StateReader } from './state.ts';

/** Every action of this network and its body. */
export interface ActionBodies {
  readonly 'access.open': AccessOpenBody;
  readonly 'access.readLog': AccessReadLogBody;
  readonly 'anchor.commit': AnchorCommitBody;
  readonly 'audit.commit': AuditCommitBody;
  readonly 'chain.noop': ChainNoopBody;
  readonly 'consent.grant': ConsentGrantBody;
  readonly 'consent.revoke': ConsentRevokeBody;
  readonly 'custody.accuse': CustodyAccuseBody;
  readonly 'custody.confirm': CustodyConfirmBody;
  readonly 'custody.erased': CustodyErasedBody;
  readonly 'emergency.reinstate': EmergencyReinstateBody;
  readonly 'emergency.review': EmergencyReviewBody;
  readonly 'group.put': GroupPutBody;
  readonly 'identity.appointDelegate': IdentityAppointDelegateBody;
  readonly 'identity.endDelegation': IdentityEndDelegationBody;
  readonly 'identity.enrolPatient': IdentityEnrolPatientBody;
  readonly 'identity.issueCredential': IdentityIssueCredentialBody;
  readonly 'identity.rotateKey': IdentityRotateKeyBody;
  readonly 'identity.withdrawCredential': IdentityWithdrawCredentialBody;
  readonly 'institutions.approve': ProposalBody;
  readonly 'institutions.join': InstitutionsJoinBody;
  readonly 'institutions.move': InstitutionsMoveBody;
  readonly 'institutions.propose': InstitutionsProposeBody;
  readonly 'institutions.reportSkip': InstitutionsReportSkipBody;
  readonly 'institutions.withdraw': ProposalBody;
  readonly 'record.amend': RecordRegisterBody;
  readonly 'record.erase': RecordEraseBody;
  readonly 'record.refuseErasure': RecordRefuseErasureBody;
  readonly 'record.register': RecordRegisterBody;
  readonly 'record.requestErasure': RecordEraseBody;
  readonly 'record.retract': RecordRetractBody;
}

export type ActionType = keyof ActionBodies;

const DEFINITIONS: { readonly [T in ActionType]: ActionDefinition<ActionBodies[T]> } = {
  'access.open': accessOpen,
  'access.readLog': accessReadLog,
  'anchor.commit': anchorCommit,
  'audit.commit': auditCommit,
  'chain.noop': chainNoop,
  'consent.grant': consentGrant,
  'consent.revoke': consentRevoke,
  'custody.accuse': custodyAccuse,
  'custody.confirm': custodyConfirm,
  'custody.erased': custodyErased,
  'emergency.reinstate': emergencyReinstate,
  'emergency.review': emergencyReview,
  'group.put': groupPut,
  'identity.appointDelegate': identityAppointDelegate,
  'identity.endDelegation': identityEndDelegation,
  'identity.enrolPatient': identityEnrolPatient,
  'identity.issueCredential': identityIssueCredential,
  'identity.rotateKey': identityRotateKey,
  'identity.withdrawCredential': identityWithdrawCredential,
  'institutions.approve': institutionsApprove,
  'institutions.join': institutionsJoin,
  'institutions.move': institutionsMove,
  'institutions.propose': institutionsPropose,
  'institutions.reportSkip': institutionsReportSkip,
  'institutions.withdraw': institutionsWithdraw,
  'record.amend': recordAmend,
  'record.erase': recordErase,
  'record.refuseErasure': recordRefuseErasure,
  'record.register': recordRegister,
  'record.requestErasure': recordRequestErasure,
  'record.retract': recordRetract,
};

export const ACTION_TYPES: readonly ActionType[] = Object.keys(DEFINITIONS) as ActionType[];

/** The action as it stands in a transaction. Throws `ENCODING_INVALID` when the body does not have its form. */
export function actionOf<T extends ActionType>(type: T, body: ActionBodies[T]): Action {
  const { version, shape } = DEFINITIONS[type];
  return { type, version, body: shape.toWire(body, '$') as PlainValue };
}

/** The body of a known action, typed, for those who show it. Throws `TX_ACTION_UNKNOWN`, `TX_ACTION_MALFORMED`. */
export function bodyOf<T extends ActionType>(action: Action & { readonly type: T }): ActionBodies[T] {
  return parseBody(definitionOf(action), action) as ActionBodies[T];
}

/** What can be said of an action without running it: known, well formed, the sender's to send, within its quota, fitting. */
export function checkAction(context: CheckContext, action: Action): void {
  checked(context, action);
}

/**
 * As `checkAction`, and then runs it on an overlay that is thrown away, for what is checked next. Gives false when a rule
 * refuses it there.
 */
export function rehearseAction(context: ActionContext, action: Action): boolean {
  const { definition, body } = checked(context, action);
  try {
    definition.apply(context, body);
    return true;
  } catch (error) {
    if (error instanceof ConsiliumError) return false;
    throw error;
  }
}

/** Throws `TX_TOO_COSTLY`. */
export function checkWork(actions: readonly Action[]): void {
  const work = workOf(actions);
  if (work > TX_WORK_MAX) throw new ConsiliumError('TX_TOO_COSTLY', { work, workMax: TX_WORK_MAX });
}

/** What the actions may have to look at, in rows. One that is unknown or malformed is refused elsewhere, and costs 1. */
export function workOf(actions: readonly Action[]): number {
  return actions.reduce((sum, action) => sum + workOfAction(action), 0);
}

function workOfAction(action: Action): number {
  const known = Object.hasOwn(DEFINITIONS, action.type) ? DEFINITIONS[action.type as ActionType] : undefined;
  const definition = known as ActionDefinition<unknown> | undefined;
  if (definition?.work === undefined || definition.version !== action.version) return 1;
  const body = tryParse(definition, action.body);
  return body === undefined ? 1 : Math.max(1, definition.work(body));
}

/** Runs an action, or throws the ConsiliumError by which it is refused. */
export function applyAction(context: ActionContext, action: Action): Outcome {
  const { definition, body } = checked(context, action);
  return definition.apply(context, body);
}

function checked(
  context: CheckContext,
  action: Action,
): { readonly definition: ActionDefinition<unknown>; readonly body: unknown } {
  const { state, account, sender, height } = context;
  const definition = definitionOf(action);
  const body = parseBody(definition, action);
  checkSender(state, account, sender, definition);
  checkQuota(state, sender, height, definition);
  definition.check?.(context, body);
  return { definition, body };
}

function definitionOf({ type, version }: Action): ActionDefinition<unknown> {
  const known = Object.hasOwn(DEFINITIONS, type) ? DEFINITIONS[type as ActionType] : undefined;
  if (known === undefined || known.version !== version) throw new ConsiliumError('TX_ACTION_UNKNOWN');
  return known as ActionDefinition<unknown>;
}

function parseBody(definition: ActionDefinition<unknown>, { body, type }: Action): unknown {
  const parsed = tryParse(definition, body);
  if (parsed === undefined || definition.isWellFormed?.(parsed) === false)
    throw new ConsiliumError('TX_ACTION_MALFORMED', { action: type });
  return parsed;
}

function tryParse(definition: ActionDefinition<unknown>, body: PlainValue): unknown {
  try {
    return definition.shape.fromWire(body, '$');
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}

function checkSender(
  reader: StateReader,
  account: Account,
  id: string,
  { senders, observers }: ActionDefinition<unknown>,
): void {
  if (senders === 'any') return;
  if (!senders.includes(account.kind))
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'kind of account' });
  if (account.kind !== 'institution') return;
  const { status } = mustReadInstitution(reader, id);
  if (status === 'removed') throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'removed institution' });
  if (status === 'observer' && observers !== true)
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'observer' });
}

function checkQuota(
  reader: StateReader,
  sender: string,
  height: number,
  { quota }: ActionDefinition<unknown>,
): void {
  const standing = quota?.(reader, sender, height);
  if (standing !== undefined && standing.used >= standing.max)
    throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max: standing.max });
}
