// The public face of the ledger state machine.

export type {
  AccessOpenBody,
  AccessReadLogBody,
  EmergencyClaim,
} from './access.ts';
export { questionOf } from './access.ts';
export { type ReleaseQuestion, requireAccess, requireReleasable } from './access-release.ts';
export * from './access-rows.ts';
export { type AccessSelection, selectRecords } from './access-selection.ts';
export { possessionPayload, signPossession } from './accounts.ts';
export * from './actions.ts';
export * from './aggregate-rows.ts';
export type { AuditCommitBody } from './aggregates.ts';
export type { AnchorCommitBody } from './anchor.ts';
export * from './audit-entries.ts';
export * from './build-block.ts';
export type { ChainNoopBody } from './chain.ts';
export * from './check-block.ts';
export * from './check-tx.ts';
export * from './codes.ts';
export type { ConsentGrantBody, ConsentRevokeBody, ConsentState, StandingConsent } from './consent.ts';
export { consentState, standingConsents } from './consent.ts';
export * from './consent-rows.ts';
export { type LedgerRules, type Outcome, outcomeShape } from './context.ts';
export type { ConfirmedBatch, CustodyAccuseBody, CustodyConfirmBody, Receipt } from './custody.ts';
export {
  checkReceipts,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  dealersOf,
  receiptsShape,
  registrationEpoch,
} from './custody.ts';
export { type AccessQuestion, createDecider } from './decision.ts';
export {
  actsFor,
  type IdentityAppointDelegateBody,
  type IdentityEndDelegationBody,
  type StandingDelegation,
  standingDelegations,
} from './delegations.ts';
export * from './documents.ts';
export {
  type EmergencyReinstateBody,
  type EmergencyReviewBody,
  type SecondOpinion,
  type SecondSignature,
  signSecondOpinion,
} from './emergency.ts';
export { emergencyStanding, isSuspended } from './emergency-standing.ts';
export type {
  CustodyErasedBody,
  ErasureRequestState,
  RecordEraseBody,
  RecordRefuseErasureBody,
} from './erasure.ts';
export { erasureRequestState, isErasureComplete } from './erasure.ts';
export * from './erasure-rows.ts';
export { checkEvidence } from './evidence.ts';
export type { Execution, LedgerDeps, LedgerTip, LedgerView } from './execute.ts';
export { supportedVersion } from './execute.ts';
export { followerRole, followers, formerNetworkKeys, type InstitutionsJoinBody } from './followers.ts';
export * from './genesis-state.ts';
export * from './governance-rows.ts';
export type { GroupPutBody } from './groups.ts';
export type {
  CredentialState,
  IdentityEnrolPatientBody,
  IdentityIssueCredentialBody,
  IdentityRotateKeyBody,
  IdentityWithdrawCredentialBody,
} from './identity.ts';
export { clinicianCredential, credentialState } from './identity.ts';
export { SAFE_SET_COUNT } from './institutions.ts';
export { NEAR_CONDITIONS, type NearCondition, type NearConsent, nearConsents } from './near-consents.ts';
export { decidedParams, paramsAt, paramsHash } from './params.ts';
export { implicitPolicy } from './policy.ts';
export type { InstitutionsProposeBody, ProposalBody } from './proposals.ts';
export { openProposals } from './proposals.ts';
export { proposerOrder } from './proposers.ts';
export { isUnder } from './purposes.ts';
export * from './read.ts';
export * from './record-rows.ts';
export type { NewRecord, RecordRegisterBody, RecordRetractBody } from './records.ts';
export { batchOf, requireRegistrar } from './records.ts';
export * from './results.ts';
export type { InstitutionsMoveBody } from './rotation.ts';
export * from './rows.ts';
export { type InstitutionsReportSkipBody, skipReportRefusal } from './skip-reports.ts';
export * from './state.ts';
export { readRow, rowValue, type Table } from './table.ts';
export {
  ACCESSES,
  ACCOUNTS,
  ACCUSED,
  AGGREGATES,
  ANCHOR_ROOTS,
  ANCHORS,
  BATCH_LIST,
  BATCHES,
  CHANGE_PROPOSALS,
  CONSENTS,
  COUNTS,
  CREDENTIALS,
  CUSTODY_ACCUSATIONS,
  CUSTODY_EPOCHS,
  DELEGATIONS,
  EMERGENCIES,
  EMERGENCY_STANDINGS,
  ERASED_RECORDS,
  ERASURE_REQUESTS,
  ERASURES,
  EVIDENCE,
  FOLLOWERS,
  FORMER_NETWORK_KEYS,
  GROUPS,
  INSTITUTION_NAMES,
  INSTITUTIONS,
  KEYS,
  type ListName,
  listCount,
  OPEN_PROPOSALS,
  PARAMS,
  PATIENT_RECORDS,
  POLICY,
  PROPOSER_SCHEDULE,
  RECORDS,
  SET_EPOCHS,
  SET_HISTORY,
  type SetSlot,
  SKIP_REPORTS,
  STANDING_CONSENTS,
  STANDING_DELEGATIONS,
  UPGRADES,
  USED_OPINIONS,
  VALIDATOR_SETS,
} from './tables.ts';
export { createVerifySender, type VerifySender } from './tx-entry.ts';
export { pendingUpgrade, protocolVersionAt } from './upgrades.ts';
export { nextValidators, validatorsAfterNext, validatorsAt } from './validator-sets.ts';
