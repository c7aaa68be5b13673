// Owns: every bound of core, with its reason. Bounds of the network and the disk stand in the node's own limits.ts.

/** One transaction on the wire. A set-change proposal with addresses needs under 2 KB; 64 KB leaves room for batches. */
export const TX_BYTES_MAX = 65_536;
/** Actions of one transaction: they apply all or nothing, so one failing must not undo a day's work. */
export const TX_ACTIONS_MAX = 64;
/** How far validUntil may lie past the block's time: the replay set holds this window in memory. */
export const TX_VALIDITY_MS_MAX: number = 5 * 60_000;
export const TX_NONCE_BYTES = 16;
/** Nesting of an action's body: modules use three levels; deeper input only exercises the stack. */
export const VALUE_DEPTH_MAX = 8;
/** Entries of any map or list inside an action's body. */
export const VALUE_ITEMS_MAX = 1024;
export const ACTION_TYPE_LENGTH_MAX = 64;

/** Transactions of one block: 4096 ids are 128 KB of a proposal. */
export const BLOCK_TXS_MAX = 4096;
/** Sum of transaction bytes in one block: half a second of a 100 Mbit/s link between two hospitals. */
export const BLOCK_TX_BYTES_MAX: number = 4 * 1024 * 1024;
/** Transactions of one account in one block, unless it is an institution: a person acts by hand. */
export const BLOCK_TXS_PER_PERSON_MAX = 16;
/** Items of evidence in one block: at most f validators can be guilty in a window. */
export const BLOCK_EVIDENCE_MAX = 16;

/** Validators of one set: votes grow with n squared, and a network of hospitals is tens, not thousands. */
export const VALIDATORS_MAX = 64;
/** Institutions that follow without a vote: each is one more connection at every hospital. */
export const OBSERVERS_MAX = 16;
/** Observers, and hospitals on their way into the set: with its members these are at most as many as a set can hold. */
export const FOLLOWERS_MAX: number = VALIDATORS_MAX + OBSERVERS_MAX;
/** Versions of the protocol, for ever: a version a year would last for as many years. */
export const PROTOCOL_VERSION_LIMIT = 65_535;
/**
 * Heights for which a network key that was rotated away is still let in: a restart in between takes the new one. A
 * working day at a block every ten seconds, and on a quieter network longer.
 */
export const NETWORK_KEY_OVERLAP_HEIGHTS = 3_000;
export const NAME_LENGTH_MAX = 64;
export const CHAIN_ID_LENGTH_MAX = 48;
/** A multiaddr as text. */
export const ADDRESS_LENGTH_MAX = 256;
export const ADDRESSES_MAX = 4;
/** A validator card as JSON text: under 3,000 characters of keys, signatures, name and addresses, and white space. */
export const CARD_JSON_LENGTH_MAX = 16_384;
/** A genesis as JSON text: a full set of cards. */
export const GENESIS_JSON_LENGTH_MAX: number = VALIDATORS_MAX * CARD_JSON_LENGTH_MAX;

/** Rounds of one height: with capped timers 10,000 rounds are a day and more. A larger number is garbage. */
export const ROUND_MAX = 1_000_000;
export const HEIGHT_MAX: number = Number.MAX_SAFE_INTEGER;

/** Any encoded object that core decodes from a stranger, unless a smaller bound is named. */
export const OBJECT_BYTES_MAX: number = 8 * 1024 * 1024;

/** Height of a Merkle tree over a list: 2^32 leaves are more documents than one anchor can hold. */
export const MERKLE_DEPTH_MAX = 32;
export const MERKLE_LEAVES_MAX: number = 2 ** MERKLE_DEPTH_MAX;

/** Bits of a key hash: no path in the state tree is longer. */
export const STATE_DEPTH_MAX = 256;

/** Steps of one light-client proof: one per change of the set, and a network of hospitals has a few a year. */
export const LIGHT_STEPS_MAX = 512;

/** Value of one state row: a validator set of 64 is 5 KB, a proposer schedule 10 KB, the open proposals 30 KB. */
export const STATE_VALUE_BYTES_MAX: number = 64 * 1024;
/** Open set changes of one institution: one that proposes nonsense must not keep the others from proposing. */
export const OPEN_PROPOSALS_PER_INSTITUTION_MAX = 4;
/** Open set changes at all: so many that every member of the largest set can use its share. */
export const OPEN_PROPOSALS_MAX: number = VALIDATORS_MAX * OPEN_PROPOSALS_PER_INSTITUTION_MAX;
/** Heights after which an undecided set change lapses: three weeks at a block a second, for boards that meet monthly. */
export const PROPOSAL_LIFETIME_HEIGHTS = 2_000_000;
/** Consents of one patient, revoked ones included: more than one a day for 25 years, and it bounds what one can store. */
export const CONSENTS_PER_PATIENT_MAX = 10_000;
/** Tags of one consent, of all its provisions together: the published sensitivity tree has under 100 codes. */
export const CONSENT_TAGS_MAX = 128;
/** Exceptions of one consent: a form that a person fills in has fewer. */
export const CONSENT_EXCEPTIONS_MAX = 8;
/** Actors, and authors, of one provision: longer lists are a group's. */
export const CONSENT_ACTORS_MAX = 16;
/** Records that one provision names: a batch, picked one by one; whoever means more names a category or months. */
export const CONSENT_RECORDS_MAX = 64;
/** Terms of one data-use agreement: each is read and accepted by itself. */
export const AGREEMENT_TERMS_MAX = 32;
/** Provisions of all standing consents of one patient: each may be looked at for every record of an access. */
export const STANDING_RULES_MAX = 128;
/** Values that all standing consents of one patient list: one at all of its bounds has 992, an ordinary one ten. */
export const STANDING_VALUES_MAX = 1024;
/** Groups that all standing consents of one patient name: each is a row of up to 20 KB to be read for an access. */
export const STANDING_GROUPS_MAX = 8;
/** Accounts of one group: a large ward with its partners; a row stays under 20 KB. */
export const GROUP_MEMBERS_MAX = 512;
/** Groups of one institution: its wards and teams, and one for each case that needs one, over decades. */
export const GROUPS_PER_INSTITUTION_MAX = 10_000;
/** Guardians and proxies of one patient at one time: a large family; each is looked at for every access by one. */
export const STANDING_DELEGATIONS_MAX = 16;
/** Emergencies of one clinician that wait for their review: a disaster's worth; a row stays under 40 KB. */
export const EMERGENCIES_OPEN_MAX = 1024;
/** How long an opening in an emergency lets shares out: until the patient is stable or somewhere else. */
export const EMERGENCY_LIFETIME_MS: number = 2 * 60 * 60_000;
/** How far ahead a second clinician's word may hold: it is given in the emergency, not beforehand. */
export const EMERGENCY_OPINION_MS_MAX: number = 60 * 60_000;
/** Within which time an opening in an emergency is reviewed: a weekend, and the working day after it. */
export const EMERGENCY_REVIEW_MS: number = 72 * 60 * 60_000;
/** A code of a published code system (SNOMED CT has at most 18 digits) or a short label of a document format. */
export const CODE_LENGTH_MAX = 32;
/** Documents under one anchored root: a tree of depth 24, so that a proof stays under 1 KB. */
export const ANCHOR_DOCUMENTS_MAX: number = 2 ** 24;
/**
 * Entries under one aggregated root: an hour of a university hospital's own systems. A place in it is proven in 17 steps,
 * and whoever makes the root holds them in memory, 1 KB each.
 */
export const AGGREGATE_ENTRIES_MAX: number = 2 ** 17;
/** Records of one transaction: their receipts are made and checked together, and one lost batch is soon sealed again. */
export const RECORDS_PER_BATCH_MAX = 64;
/** Records of one access: a chart that a person looks at; a year of a chronic patient takes two. */
export const RECORDS_PER_ACCESS_MAX = 256;
/** Rows of a patient's record list that one query looks at: bounds what one transaction costs every validator. */
export const RECORDS_PER_QUERY_SCAN_MAX = 1024;
/** Tags of every record, padded with random ones, so that their number tells nothing: a category, labels, ancestors. */
export const TAGS_PER_RECORD = 16;
/** Generations of a patient's tag secret: a new one only after it leaked. */
export const TAG_GENERATION_MAX = 65_535;
/** Months since year 0: year 9999 is the last that FHIR can write. */
export const MONTH_MAX = 119_999;
/** Consents of one patient that are not over: each is looked at for every access to the patient's records. */
export const STANDING_CONSENTS_MAX = 64;
/**
 * Work of one transaction and of one block, in rows that its actions may have to look at: a row costs some 15 us on a
 * small machine, so a block half a second at most, and what a pool tries beforehand 30 ms. An action is at least one.
 */
export const TX_WORK_MAX = 2_048;
export const BLOCK_WORK_MAX = 32_768;
/** Rows that an access costs before any record: consents at their bounds, with their groups, are read and laid out. */
export const ACCESS_WORK = 32;
/** Rows that deciding one record costs, by as many provisions as may stand. */
export const DECISION_WORK = 3;
/** Rows that a change of a clinician's worklist costs, whose row is written anew with all that is open. */
export const WORKLIST_WORK = 24;
/** Rows that a new key costs: two proofs on the curve, 50 us each. */
export const NEW_KEY_WORK = 8;
/** Rows that a grant costs: it counts what stands. */
export const GRANT_WORK = 16;
/** How long a permit for treatment lets shares out. A look takes seconds; a slow evening ten minutes. */
export const ACCESS_LIFETIME_MS: number = 10 * 60_000;
/** Heights after a change of custodians in which a registration sealed for the ones before is still taken. */
export const CUSTODY_GRACE_HEIGHTS = 20;
/** Batches of one confirmation of re-shared records. */
export const CONFIRMED_BATCHES_MAX = 32;
/** Records of one patient in one erasure: a batch has as many. */
export const RECORDS_PER_ERASURE_MAX: number = RECORDS_PER_BATCH_MAX;
/** Custodians that owe a receipt for one erasure: those of a batch's epoch, and of some changes of all of them. */
export const ERASURE_CUSTODIANS_MAX: number = 4 * VALIDATORS_MAX;
/** Erasures in one receipt of a custodian: their rows together stay far below what a block writes. */
export const ERASURES_PER_RECEIPT_MAX = 32;
/** What one patient can ask for in a lifetime, each for many records; the answers take the institution's time. */
export const ERASURE_REQUESTS_PER_PATIENT_MAX = 1_000;
/** Plain bytes of one piece of ciphertext: it is read, hashed, sent and repaired whole. */
export const CHUNK_PLAIN_BYTES: number = 1024 * 1024;
/** One blob: a piece and the tag of its encryption. */
export const BLOB_BYTES_MAX: number = CHUNK_PLAIN_BYTES + 16;
/** Pieces of one record: 4 GB, a long study of computed tomography. */
export const RECORD_CHUNKS_MAX = 4096;
/** The key of one record under HPKE: 32 bytes, a tag, and room for a later form. */
export const WRAP_BYTES_MAX = 256;
/** A custody package: 64 records of 16 pieces each for 16 custodians after re-sharing are 3 MB. */
export const PACKAGE_BYTES_MAX: number = 6 * 1024 * 1024;
/** What one custodian releases at once: 64 records of 16 pieces are 100 KB; one record of 4 GB is 200 KB. */
export const RELEASE_BYTES_MAX: number = 4 * 1024 * 1024;
/** The same as it is encoded: with its envelope, the refusals of 64 places, and the signature. */
export const ENCODED_RELEASE_BYTES_MAX: number = RELEASE_BYTES_MAX + 8192;
/** A reader's or a patient's request: 64 record ids, or as many places. */
export const REQUEST_BYTES_MAX = 4096;
/** Indexes of gapless lists. */
export const INDEX_MAX: number = 2 ** 48;

/** Heights for which a report of a skipping proposer counts: a day at a block in 90 s, some minutes of a busy network. */
export const SKIP_WINDOW_HEIGHTS = 1_000;
/** Reported blocks that are kept of one reporter and proposer: no network waits for more before it acts. */
export const SKIP_HEIGHTS_KEPT = 8;

/** Nesting of any encoded object: the deepest body of an action ends at level twelve of a transaction. */
export const ENCODED_DEPTH_MAX = 24;
/** Items (values and map keys) of any encoded object: the largest light-client proof has 420,000. */
export const ENCODED_ITEMS_MAX = 524_288;
