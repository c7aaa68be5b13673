// Owns: every bound of the client, with its reason. Bounds of the formats stand in core's limits.ts.

/** One request and its whole answer: a node on the same continent answers in far less, a person waits no longer. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** A node that did not answer in that time is asked after the others for so long: long enough for what one person does. */
export const SILENT_NODE_MS = 60_000;
/** An answer's body: a full block as hex in JSON with its certificate, and room. A longer one is cut off. */
export const ANSWER_BYTES_MAX: number = 24 * 1024 * 1024;
/** How long a transaction signed here may commit: two minutes ride out a change of proposer, and end in finite time. */
export const TX_VALIDITY_MS: number = 2 * 60_000;
/** A node is asked to hold a `wait=committed` request at most this long; then the same bytes are sent again. */
export const WAIT_SLICE_MS = 20_000;
/** Past validUntil a transaction can still sit in a block whose certificate is on its way. */
export const WAIT_GRACE_MS = 5_000;
/** Waiting between two tries of the same request; doubles from the first to the second. */
export const RETRY_BASE_MS = 200;
export const RETRY_MAX_MS = 5_000;
/** How often all nodes are asked again when every one is behind: 1.4 s in all, many times a block's way. */
export const STALE_RETRIES = 3;
/** Pages of one catch-up of the light client: each holds many set changes, of which a network has a few a year. */
export const LIGHT_PAGES_MAX = 64;
/** Keys of one state request; a longer list is asked in parts at heights that must not fall. */
export const STATE_KEYS_MAX = 256;
/** Requests of one read, each for the rows that the one before named: the deepest reading takes four. */
export const READ_ROUNDS_MAX = 12;
/** Rows of a list that are read at once, so that they are of one block on a busy chain too. */
export const LIST_PAGE_MAX = 200;
/** One event on the stream: a block's summary or a transaction's, both far smaller. */
export const EVENT_BYTES_MAX: number = 256 * 1024;
/** A stream without any byte, not even a comment, for so long is taken for dead: nodes send a comment every 15 s. */
export const STREAM_SILENCE_MS = 45_000;
/** Any document, bundle or secret file that is cut or parsed in memory. */
export const BUNDLE_BYTES_MAX: number = 256 * 1024 * 1024;
/** A proof file: a state path, a certificate and the set changes since genesis stay far below. */
export const PROOF_FILE_BYTES_MAX: number = 8 * 1024 * 1024;
/** 128 bits of entropy, the strength of the curve: twelve words are written down without a mistake more often than 24. */
export const PHRASE_ENTROPY_BYTES = 16;
export const SALT_BYTES = 32;

/** Records of one page: each takes two rows, and all of them in one request are of one block on a busy chain too. */
export const RECORDS_PAGE_MAX = 100;
/** Blobs of one request, together: what the API takes and gives at once. */
export const BLOB_PORTION_BYTES_MAX: number = 4 * 1024 * 1024;
/** Room in a portion for the encoding around the blobs. */
export const BLOB_PORTION_MARGIN_BYTES = 4096;
/** Blobs of one request: small records have one each, and a batch has at most 64. */
export const BLOB_PORTION_COUNT_MAX = 64;
/** Plain bytes of one batch, unless one record alone is larger: so much is sent again when a node dies midway. */
export const BATCH_BYTES_MAX: number = 64 * 1024 * 1024;
/** Batches under way at once: while one waits for its block another is sealed and a third uploaded. */
export const BATCHES_AT_ONCE = 3;
/** Sources that wait for their patient's batch to fill, over all patients: the first to wait goes out beyond it. */
export const WAITING_SOURCES_MAX = 512;
/** A node is asked to gather receipts for at most this long; then it is asked again, or another is. */
export const RECEIPTS_SLICE_MS = 10_000;
/** A node that answers but cannot gather the receipts is asked so often before the next one is. */
export const DEPOSITS_PER_NODE = 3;
/** Content that is held in memory as a whole: every resource, note and letter, and a scanned page. */
export const CONTENT_IN_MEMORY_BYTES_MAX: number = 32 * 1024 * 1024;
/** How long a record may be for a history to open it for its date and title. Images go by their month. */
export const DESCRIBED_BYTES_MAX: number = 4 * 1024 * 1024;
/** An access log, or its events: a thousand lookups of 256 records each, of a patient with ten thousand, stay below. */
export const ACCESS_LOG_BYTES_MAX: number = 128 * 1024 * 1024;
/** Pseudonyms in one log: nobody is a patient of more institutions; all their counts are proven at one block. */
export const ACCESS_LOG_PATIENTS_MAX = 64;
/** Requests of one institution's systems for one person and purpose are shown as one line within it: a visit. */
export const MACHINE_GROUP_MS: number = 60 * 60_000;
/** Consents, labels or groups of one conformance case: what one patient may have standing. */
export const CASE_CONSENTS_MAX = 64;
/** A reference or the name of a paragraph in a case. */
export const CASE_TEXT_LENGTH_MAX = 512;
/** Conformance cases in one file: what a person still finds a case in. */
export const CASES_PER_FILE_MAX = 1_000;
/** 45 CFR 164.528(a)(1): six years before the request. */
export const ACCOUNTING_YEARS = 6;
/** HITECH Act, section 13405(c)(1)(B): three years, of disclosures for treatment, payment and operations. */
export const ACCOUNTING_TPO_YEARS = 3;
/** 76 FR 31426, proposed 164.528(b): an access report goes back three years. */
export const ACCESS_REPORT_YEARS = 3;
/** Regulation (EU) 2025/327, article 9(2): available for at least three years. */
export const EHDS_YEARS = 3;
/** People and institutions of one file of names: the staff of a large hospital. */
export const NAME_BOOK_ENTRIES_MAX = 100_000;
/** A name or an address on one line. */
export const NAME_LENGTH_MAX = 500;
/** What a hospital says of itself in one field of a record of processing, and in one sentence of it. */
export const TEMPLATE_TEXTS_MAX = 100;
export const TEMPLATE_TEXT_MAX = 2_000;

/** One entry of an institution's own systems as a line of input: its detail may be a whole message of an interface. */
export const AUDIT_LINE_LENGTH_MAX: number = 64 * 1024;
/** Entries that are made durable by one sync: some 2 MB. A batch holds whole ones only. */
export const AUDIT_CHUNK_ENTRIES_MAX = 4_096;
/** A chunk as text: an entry has less than 600 characters. */
export const AUDIT_CHUNK_LENGTH_MAX: number = AUDIT_CHUNK_ENTRIES_MAX * 600 + 128;
/** A file of waiting entries; the next one is begun beyond it, and it goes once all of it is in batches. */
export const AUDIT_SEGMENT_BYTES_MAX: number = 16 * 1024 * 1024;
/** Files of entries that stay when all is in batches: the keys of the last 40,000 entries at least are known. */
export const AUDIT_SEGMENTS_KEPT = 2;
/** A batch as text: 131,072 entries of less than 800 characters, with what finds them again. */
export const AUDIT_BATCH_LENGTH_MAX: number = 2 ** 17 * 800;
/** Batches after which the heads of all pseudonyms are written down: what a start has to read again. */
export const AUDIT_HEADS_EVERY_BATCHES = 1_000;
/** A file of heads: two million pseudonyms. */
export const AUDIT_HEADS_LENGTH_MAX: number = 2 ** 21 * 200;
/** A file that proves entries: some 60,000 of one pseudonym, each 2 KB with its place in its batch. */
export const AUDIT_PROOF_LENGTH_MAX: number = 128 * 1024 * 1024;
