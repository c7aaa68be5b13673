// Owns: the tables of ledger state, numbered for ever (a retired number is kept and never given again), with their keys.
// Does not own: reading and writing their rows (table.ts).
import { concat, fromHex, type Hex32, uint64Bytes, utf8 } from '../bytes.ts';
import { hex32 } from '../codec.ts';
import { type ValidatorSet, validatorSetShape } from '../validators.ts';
import {
  type AccessRow,
  accessRowShape,
  type EmergencyRow,
  type EmergencyStanding,
  emergencyRowShape,
  emergencyStandingShape,
  type UsedOpinion,
  usedOpinionShape,
} from './access-rows.ts';
import { type Aggregate, aggregateShape } from './aggregate-rows.ts';
import { type ImplicitPolicy, implicitPolicyShape } from './codes.ts';
import {
  type AccountGroup,
  accountGroupShape,
  type Consent,
  consentShape,
  type Delegation,
  delegationShape,
} from './consent-rows.ts';
import {
  type ErasedRecord,
  type ErasureRequest,
  type ErasureRow,
  erasedRecordShape,
  erasureRequestShape,
  erasureRowShape,
} from './erasure-rows.ts';
import {
  type ChangeProposal,
  changeProposalShape,
  type Follower,
  type FormerNetworkKey,
  followersShape,
  formerNetworkKeysShape,
  type OpenProposal,
  openProposalsShape,
  type ScheduledParams,
  type ScheduledUpgrade,
  scheduledParamsShape,
  scheduledUpgradesShape,
} from './governance-rows.ts';
import {
  accusersShape,
  type BatchRow,
  batchRowShape,
  type CustodyEpoch,
  custodyEpochShape,
  type RecordEntry,
  type RecordRow,
  recordEntryShape,
  recordRowShape,
  type StandingIndexes,
  standingIndexesShape,
} from './record-rows.ts';
import {
  type Account,
  type Anchor,
  accountShape,
  anchorShape,
  type Count,
  type Credential,
  countShape,
  credentialShape,
  type EvidenceRecord,
  evidenceRecordShape,
  type Institution,
  indexShape,
  institutionShape,
  type KeyHolder,
  keyHolderShape,
  type ProposerSchedule,
  proposerScheduleShape,
  type SetEpoch,
  type SetHistory,
  type SkipReports,
  setEpochShape,
  setHistoryShape,
  skipReportsShape,
} from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow, type Table, table } from './table.ts';

const byId = (id: Hex32): Uint8Array => fromHex(id);
const byIndex = (index: number): Uint8Array => uint64Bytes(index);
const byOwnerIndex = (owner: Hex32, index: number): Uint8Array => concat(fromHex(owner), uint64Bytes(index));
const single = (): Uint8Array => new Uint8Array(0);

/** Which stretch of heights a stored set decides, seen from the state after block H. */
export type SetSlot = 'next' | 'afterNext' | 'decided';

/** `next`: H+1. `afterNext`: H+2. `decided` stands only while a block that changes the set is executed. */
const SLOT_BYTES: Readonly<Record<SetSlot, number>> = { next: 0, afterNext: 1, decided: 2 };

/** 1. Account id -> account. Personal, salted. */
export const ACCOUNTS: Table<[id: Hex32], Account> = table(1, byId, accountShape);
/** 2. Public key -> who holds or held it. Personal, salted. */
export const KEYS: Table<[key: Hex32], KeyHolder> = table(2, byId, keyHolderShape);
/** 3. Account id -> institution. */
export const INSTITUTIONS: Table<[id: Hex32], Institution> = table(3, byId, institutionShape);
/** 4. Name as UTF-8 -> account id of the institution that bears it. */
export const INSTITUTION_NAMES: Table<[name: string], Hex32> = table(4, utf8, hex32);
/** 5. Slot byte -> validator set. */
export const VALIDATOR_SETS: Table<[slot: SetSlot], ValidatorSet> = table(
  5,
  (slot) => Uint8Array.of(SLOT_BYTES[slot]),
  validatorSetShape,
);
/** 6. Sequence number (8 bytes) -> set and its first height. */
export const SET_EPOCHS: Table<[sequence: number], SetEpoch> = table(6, byIndex, setEpochShape);
/** 7. Empty key -> which sequence numbers table 6 holds. */
export const SET_HISTORY: Table<[], SetHistory> = table(7, single, setHistoryShape);
/** 8. Proposal id -> open proposal of a change. */
export const CHANGE_PROPOSALS: Table<[id: Hex32], ChangeProposal> = table(8, byId, changeProposalShape);
/** 9. Empty key -> the open proposals, in the order of opening. */
export const OPEN_PROPOSALS: Table<[], readonly OpenProposal[]> = table(9, single, openProposalsShape);
/** 10. Empty key -> proposer counts and demotions. */
export const PROPOSER_SCHEDULE: Table<[], ProposerSchedule> = table(10, single, proposerScheduleShape);
/** 11. Institution and index (8 bytes) -> credential. Personal, salted. Gapless per institution. */
export const CREDENTIALS: Table<[institution: Hex32, index: number], Credential> = table(
  11,
  byOwnerIndex,
  credentialShape,
);
/** 12. Patient and index (8 bytes) -> consent. Personal, salted. Gapless per patient. */
export const CONSENTS: Table<[patient: Hex32, index: number], Consent> = table(
  12,
  byOwnerIndex,
  consentShape,
);
/** 13. Institution and index (8 bytes) -> anchored root. Gapless per institution. */
export const ANCHORS: Table<[institution: Hex32, index: number], Anchor> = table(
  13,
  byOwnerIndex,
  anchorShape,
);
/** 14. Institution and root -> index in table 13. */
export const ANCHOR_ROOTS: Table<[institution: Hex32, root: Hex32], number> = table(
  14,
  (institution, root) => concat(fromHex(institution), fromHex(root)),
  indexShape,
);
/** 15. Index (8 bytes) -> committed evidence. Gapless. */
export const EVIDENCE: Table<[index: number], EvidenceRecord> = table(15, byIndex, evidenceRecordShape);
/** 16. Validator id -> index in table 15 of the last evidence against it. */
export const ACCUSED: Table<[validator: Hex32], number> = table(16, byId, indexShape);

/** 18. Record id -> record. Personal, salted. */
export const RECORDS: Table<[record: Hex32], RecordRow> = table(18, byId, recordRowShape);
/** 19. Patient and index (8 bytes) -> record id. Personal, salted. Gapless per patient. */
export const PATIENT_RECORDS: Table<[patient: Hex32, index: number], RecordEntry> = table(
  19,
  byOwnerIndex,
  recordEntryShape,
);
/** 20. Batch id -> batch of records. Personal, salted. */
export const BATCHES: Table<[batch: Hex32], BatchRow> = table(20, byId, batchRowShape);
/** 21. Index (8 bytes) -> batch id, in the order of registration. Gapless: what a change of custodians goes through. */
export const BATCH_LIST: Table<[index: number], Hex32> = table(21, byIndex, hex32);
/** 22. Custody epoch (8 bytes) -> its custodians. Gapless. */
export const CUSTODY_EPOCHS: Table<[epoch: number], CustodyEpoch> = table(22, byIndex, custodyEpochShape);
/** 23. Custody epoch of the shares, of those who get them (8 bytes each), and a dealer -> who accuses it. */
export const CUSTODY_ACCUSATIONS: Table<[from: number, to: number, dealer: Hex32], readonly Hex32[]> = table(
  23,
  (from, to, dealer) => concat(uint64Bytes(from), uint64Bytes(to), fromHex(dealer)),
  accusersShape,
);
/** 24. Patient and index (8 bytes) -> access. Personal, salted. Gapless per patient; a row never changes. */
export const ACCESSES: Table<[patient: Hex32, index: number], AccessRow> = table(
  24,
  byOwnerIndex,
  accessRowShape,
);
/** 25. Patient -> consents that are not over. Personal, salted. */
export const STANDING_CONSENTS: Table<[patient: Hex32], StandingIndexes> = table(
  25,
  byId,
  standingIndexesShape,
);

/** 26. Empty key -> who follows without a vote: learners and observers. */
export const FOLLOWERS: Table<[], readonly Follower[]> = table(26, single, followersShape);
/** 27. Empty key -> the consensus parameters by their first height. */
export const PARAMS: Table<[], readonly ScheduledParams[]> = table(27, single, scheduledParamsShape);
/** 28. Empty key -> the version of the protocol by its first height. */
export const UPGRADES: Table<[], readonly ScheduledUpgrade[]> = table(28, single, scheduledUpgradesShape);
/** 29. Empty key -> network keys that were rotated away and are still let in. */
export const FORMER_NETWORK_KEYS: Table<[], readonly FormerNetworkKey[]> = table(
  29,
  single,
  formerNetworkKeysShape,
);

/** 30. Proposer -> who reported which of its blocks for leaving out what waited. */
export const SKIP_REPORTS: Table<[proposer: Hex32], SkipReports> = table(30, byId, skipReportsShape);

/** 31. Empty key -> what holds where no consent speaks. Absent: the first policy. */
export const POLICY: Table<[], ImplicitPolicy> = table(31, single, implicitPolicyShape);
/** 32. Institution and index (8 bytes) -> group. Personal, salted. Gapless per institution. */
export const GROUPS: Table<[institution: Hex32, index: number], AccountGroup> = table(
  32,
  byOwnerIndex,
  accountGroupShape,
);
/** 33. Patient and index (8 bytes) -> who acts for the patient. Personal, salted. Gapless per patient. */
export const DELEGATIONS: Table<[patient: Hex32, index: number], Delegation> = table(
  33,
  byOwnerIndex,
  delegationShape,
);
/** 34. Institution and index (8 bytes) -> opening in an emergency. Personal, salted. Gapless per institution. */
export const EMERGENCIES: Table<[institution: Hex32, index: number], EmergencyRow> = table(
  34,
  byOwnerIndex,
  emergencyRowShape,
);
/** 35. Clinician -> what the use of the emergency privilege has come to. Personal, salted. */
export const EMERGENCY_STANDINGS: Table<[clinician: Hex32], EmergencyStanding> = table(
  35,
  byId,
  emergencyStandingShape,
);
/** 36. Institution and index (8 bytes) -> root over entries of its own systems. Gapless per institution. */
export const AGGREGATES: Table<[institution: Hex32, index: number], Aggregate> = table(
  36,
  byOwnerIndex,
  aggregateShape,
);
/** 37. Index (8 bytes) -> records that were erased together. Personal, salted. Gapless: what a restored vault goes through. */
export const ERASURES: Table<[index: number], ErasureRow> = table(37, byIndex, erasureRowShape);
/** 38. Record id -> by which erasure it went. Personal, salted. */
export const ERASED_RECORDS: Table<[record: Hex32], ErasedRecord> = table(38, byId, erasedRecordShape);
/** 39. Patient -> delegations that are not over. Personal, salted. */
export const STANDING_DELEGATIONS: Table<[patient: Hex32], StandingIndexes> = table(
  39,
  byId,
  standingIndexesShape,
);
/** 40. Patient and index (8 bytes) -> what the patient asked to be erased. Personal, salted. Gapless per patient. */
export const ERASURE_REQUESTS: Table<[patient: Hex32, index: number], ErasureRequest> = table(
  40,
  byOwnerIndex,
  erasureRequestShape,
);
/** 41. Second clinician and reader key -> that the word given for this key was used. Personal, salted. */
export const USED_OPINIONS: Table<[second: Hex32, readerKey: Hex32], UsedOpinion> = table(
  41,
  (second, readerKey) => concat(fromHex(second), fromHex(readerKey)),
  usedOpinionShape,
);

/** The gapless lists, by the table that holds their rows. Evidence, batches and epochs have no owner. */
export type ListName =
  | 'credentials'
  | 'consents'
  | 'anchors'
  | 'evidence'
  | 'records'
  | 'batches'
  | 'custodyEpochs'
  | 'accesses'
  | 'groups'
  | 'delegations'
  | 'emergencies'
  | 'aggregates'
  | 'erasures'
  | 'erasureRequests';
const LIST_TABLES: Readonly<Record<ListName, number>> = {
  credentials: CREDENTIALS.number,
  consents: CONSENTS.number,
  anchors: ANCHORS.number,
  evidence: EVIDENCE.number,
  records: PATIENT_RECORDS.number,
  batches: BATCH_LIST.number,
  custodyEpochs: CUSTODY_EPOCHS.number,
  accesses: ACCESSES.number,
  groups: GROUPS.number,
  delegations: DELEGATIONS.number,
  emergencies: EMERGENCIES.number,
  aggregates: AGGREGATES.number,
  erasures: ERASURES.number,
  erasureRequests: ERASURE_REQUESTS.number,
};

/** 17. Table number of a gapless list (1 byte) and its owner, if it has one -> how many rows it has. Salted. */
export const COUNTS: Table<[name: ListName, owner: Hex32 | null], Count> = table(
  17,
  (name, owner) => concat(Uint8Array.of(LIST_TABLES[name]), owner === null ? single() : fromHex(owner)),
  countShape,
);

export function listCount(reader: StateReader, name: ListName, owner: Hex32 | null): number {
  return readRow(reader, COUNTS, name, owner)?.count ?? 0;
}
