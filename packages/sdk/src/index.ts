// The public face of the SDK. What of core a program needs beside it is named here, so that one import is enough.

export {
  type AccessDecision,
  type AccessItem,
  type AccessRule,
  type AccessSelection,
  type Action,
  type Certificate,
  type Confidentiality,
  type ConsensusParams,
  type ConsentTerms,
  ConsiliumError,
  ERASURE_REASONS,
  ERRORS,
  type ErasureReason,
  type ErrorCode,
  type Genesis,
  type GovernedChange,
  genesisHash,
  type Header,
  type Hex32,
  isConsiliumError,
  type LightState,
  type LightStep,
  OPEN_RULE,
  PURPOSES,
  type Purpose,
  REFUSAL_GROUNDS,
  type RefusalGround,
  type SecretKey,
  type StateReader,
  type StatutoryEffect,
  type Tx,
  type ValidatorCard,
} from '@consilium/core';
export {
  type ConsentCover,
  type ConsentNote,
  type ConsentRefusal,
  consentFromFhir,
  consentToFhir,
  type ImportedConsent,
  type PlainActor,
  type PlainConsent,
  type PlainException,
  type PlainRule,
} from '@consilium/fhir/consent';
export {
  createKeyFile,
  createKeySeal,
  formatKeyFile,
  isSealedKey,
  KEY_FILE_KIND,
  type KeyFile,
  type KeySeal,
  parseKeyFile,
  readKeyFile,
  type SealedKeyFile,
} from '@consilium/sealing';
export * from './actions.ts';
export { beginBehind, type StoreBegin } from './aggregate/begin.ts';
export { checkEntryStore, type StoreCheck, type StoredBatches } from './aggregate/check-store.ts';
export {
  type AuditQueue,
  type CommitOptions,
  type CommittedBatch,
  commitEntries,
} from './aggregate/commit.ts';
export {
  auditActorCode,
  auditDetailBytes,
  type EntryInputDeps,
  parseEntryInput,
} from './aggregate/entry-input.ts';
export { AUDIT_PROOF_KIND } from './aggregate/proof-file.ts';
export type { EntriesCheck } from './aggregate/proof-refusals.ts';
export { type EntriesSource, type ProveOptions, proveEntries } from './aggregate/prove-entries.ts';
export {
  type VerifiedEntries,
  type VerifiedEntry,
  type VerifyEntriesOptions,
  verifyEntriesFile,
} from './aggregate/verify-entries.ts';
export type { WaitingEntry } from './aggregate/waiting.ts';
export * from './anchor/anchor.ts';
export { documentsOfBundle } from './anchor/bundle.ts';
export {
  DOCUMENT_PROOF_KIND,
  type DocumentProof,
  formatDocumentProof,
  type ProofCheck,
  type ProvenDocument,
  parseDocumentProof,
  verifyDocumentProof,
} from './anchor/proof-file.ts';
export {
  ERASURE_RECEIPT_KIND,
  type ErasureReceiptFile,
  type ProvenErasure,
  verifyErasureReceipt,
} from './audit/erasure-receipt.ts';
export { exportAccessLog } from './audit/export-log.ts';
export { type AuditEventOf, auditBundle, auditEvents } from './audit/fhir/bundle.ts';
export { type EventsCheck, verifyAuditBundle } from './audit/fhir/verify-bundle.ts';
export type { AccessLogEntry, LoggedItem } from './audit/log-entries.ts';
export { ACCESS_LOG_KIND } from './audit/log-file.ts';
export { type AccessLogGroup, groupEntries } from './audit/log-groups.ts';
export type { LogCheck } from './audit/log-refusals.ts';
export { proveErasure } from './audit/prove-erasure.ts';
export { type LogReading, type ReadLog, readLog } from './audit/read-log.ts';
export {
  type LoggedRecord,
  type VerifiedAccessLog,
  type VerifyLogOptions,
  verifyAccessLog,
} from './audit/verify-log.ts';
export type { CertifiedBlock, CertifiedHeader } from './client/blocks.ts';
export { type ChainMemory, parseChainMemory, type SetFrom } from './client/chain.ts';
export { type Client, type ClientOptions, createClient, type ListOptions } from './client/client.ts';
export type { DelegationState, DelegationView, GroupView } from './client/consent-queries.ts';
export type {
  AccountView,
  AnchorView,
  ConsentView,
  CredentialView,
  EvidenceView,
  InstitutionView,
  ListPage,
  ListPart,
  ProposalView,
  ValidatorView,
} from './client/queries.ts';
export type { Answer, AsOf } from './client/reading.ts';
export type {
  AccessView,
  CustodyEpochView,
  NamedCustodian,
  RecordView,
} from './client/record-queries.ts';
export type { ProvenRow, ProvenRows, RowKey } from './client/rows.ts';
export type { ReadOptions } from './client/session.ts';
export type { DeadTx, SettleOptions } from './client/settle.ts';
export type { NodeStatus, PeerStatus } from './client/status.ts';
export type { SubmitOptions, SubmitOutcome, UnsettledTx } from './client/submit.ts';
export type { CertifiedTip } from './client/sync.ts';
export type { CommittedTx, ProvenTx, TxAnswer, TxProof, UncommittedTx } from './client/transactions.ts';
export * from './consents/agreements.ts';
export { type ConsentCase, parseConsentCases } from './consents/conformance/case-file.ts';
export { type CaseVerdict, type RefusedConsent, runConsentCase } from './consents/conformance/run-case.ts';
export * from './consents/delegate-file.ts';
export { ledgerReferencesIn, ledgerReferencesOut } from './consents/ledger-references.ts';
export {
  type GroupPlace,
  plainOfTerms,
  type ReferencesIn,
  type ReferencesOut,
  termsOfPlain,
} from './consents/plain-terms.ts';
export * from './consents/words.ts';
export {
  type EmergencyNotice,
  emergencyNotices,
  followEmergencies,
  type NoticePart,
} from './emergency/notices.ts';
export {
  type EmergencyEntry,
  type EmergencyWish,
  type OpenedEmergency,
  openInEmergency,
} from './emergency/opening.ts';
export * from './emergency/second-opinion.ts';
export { EMERGENCY_REASON_WORDS } from './emergency/sentences.ts';
export {
  EMERGENCY_STATES,
  type EmergencyPrivilege,
  type EmergencyState,
  type EmergencyView,
  readPrivilege,
} from './emergency/worklist.ts';
export type { FollowOptions } from './events/follow.ts';
export type { BlockEvent, LedgerEvent, TxEvent } from './events/order.ts';
export { parseGenesis } from './genesis.ts';
export * from './governance/effect.ts';
export * from './governance/views.ts';
export * from './governance/words.ts';
export { deriveNamedKey, derivePatientKey, type Signer } from './keys/derive.ts';
export { signerOf } from './keys/key-file.ts';
export { categoryTag, labelTag, tagOf } from './keys/tags.ts';
export { COMMON_CATEGORIES, COMMON_LABELS, explainTags } from './keys/vocabulary.ts';
export * from './keys/wallet.ts';
export { withToken } from './net/bearer.ts';
export { type AskNode, createAskNode, type Fetch, type NodeRequest, nodeUrl } from './net/transport.ts';
export { type Now, type RandomBytes, systemRandom } from './random.ts';
export { type AccessTicket, type AccessWish, readAccess, requestAccess } from './records/access.ts';
export { type RecordContent, readWhole, type WholeContent, wholeContent } from './records/content.ts';
export { type CustodianRefusal, custodianRefusals } from './records/custodians.ts';
export {
  type CustodianReceipt,
  type ErasureRequestView,
  type ErasureView,
  readErasureOf,
  readErasureRequests,
} from './records/erasures.ts';
export {
  type AccessExplanation,
  type ExplainOptions,
  type ExplainQuestion,
  explainAccess,
  explainAccesses,
} from './records/explain.ts';
export {
  formatGrant,
  GRANT_KIND,
  type Grant,
  type GrantOwner,
  grantOf,
  grantOfPlain,
  parseGrant,
  type TagWord,
} from './records/grant.ts';
export { type HistoryItem, type HistoryOptions, readOwn } from './records/history.ts';
export * from './records/ingest.ts';
export { impliedLabels, unrelatedLabels } from './records/labels.ts';
export type { LegalNotice } from './records/notices.ts';
export { type AccessedRecord, collectRecords, type OpenedAccess, openRecords } from './records/open.ts';
export type { PatienceOptions } from './records/patience.ts';
export { FHIR_MEDIA_TYPE, type PreparedRecord, prepareRecord } from './records/prepare.ts';
export * from './records/register-file.ts';
export type { RecordPlace } from './records/registration.ts';
export { accountsIn, consentSentence, type NameOf } from './records/sentences.ts';
export type { Liar, LieReason } from './records/shares.ts';
export { type FileSource, type RecordSource, type ResourceSource, streamOf } from './records/sources.ts';
export { type RecordWords, recordTags } from './records/tags.ts';
export {
  type ConsentChange,
  type WhatIf,
  type WhatIfAnswer,
  type WhatIfWish,
  whatIf,
} from './records/what-if.ts';
export { POLICY_WORDS } from './records/words.ts';
export { type AccountingOptions, accountingReport } from './reports/accounting.ts';
export { tableToCsv } from './reports/as-csv.ts';
export { type FhirAttachment, reportToFhir } from './reports/as-fhir.ts';
export { type CopiedRecord, type CopyParts, copyReport } from './reports/copy.ts';
export { accessReport, ehdsReport } from './reports/looks.ts';
export { NAME_BOOK_KIND, type NameBook, type NamedAccount, parseNameBook } from './reports/name-book.ts';
export {
  type ProcessingFacts,
  type ProcessingTemplate,
  parseTemplate,
  processingReport,
  TEMPLATE_KIND,
} from './reports/processing.ts';
export * from './reports/report.ts';
export type { ReportSource, ReportSubject } from './reports/subject.ts';
