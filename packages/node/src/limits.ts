// Owns: every bound of the node, with its reason. Bounds of the formats stand in core's limits.ts.
import { CARD_JSON_LENGTH_MAX, GENESIS_JSON_LENGTH_MAX, TX_BYTES_MAX } from '@consilium/core';
import type { Channel } from './ports.ts';

/** One framed message of any channel: the largest is a block of full size with its certificate. */
export const MESSAGE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Bytes waiting to be sent to one peer on one channel; more is dropped, and sync brings it later. */
export const SEND_QUEUE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Index of one file of the store, unpacked: that of a file of 2 MB takes a few KB. */
export const STORE_INDEX_BYTES_MAX: number = 64 * 1024 * 1024;

/** Blocks at the tip that are never pruned: what a start looks at for signatures of its own key. */
export const PRUNE_HEIGHTS_MIN = 64;
/** Blocks deleted in one batch, and transactions of them: some ms, so that no commit waits long behind it. */
export const PRUNE_HEIGHTS_PER_SLICE = 64;
export const PRUNE_BYTES_PER_SLICE_MAX: number = 1024 * 1024;
/** Between two slices while there is more: a tenth of the disk's time. And how often is looked whether there is any. */
export const PRUNE_PAUSE_MS = 100;
export const PRUNE_TICK_MS = 10_000;
/** Blocks deleted before their room is given back to the disk: it rewrites what lies around them. */
export const PRUNE_BLOCKS_PER_COMPACTION = 4_096;
/** And before the indexes, whose rows lie anywhere, are written anew as a whole. */
export const PRUNE_INDEX_BLOCKS_PER_COMPACTION = 65_536;

/** One file of a backup, to be carried over anything; and the manifest that names them: a terabyte of such files. */
export const BACKUP_PART_BYTES: number = 64 * 1024 * 1024;
export const BACKUP_MANIFEST_BYTES_MAX: number = 4 * 1024 * 1024;
/** Key and value of one row: a block of full size, and packages that were put aside. */
export const BACKUP_ROW_BYTES_MAX: number = 128 * 1024 * 1024;
/** What a backup of a running node writes a second on average: a disk has that to spare beside synced commits. */
export const BACKUP_BYTES_PER_SECOND: number = 32 * 1024 * 1024;
/** It pauses once it is so far ahead: shorter pauses are not kept by the system's timers. */
export const BACKUP_PAUSE_MS_MIN = 20;
/** Rows brought back in one batch. */
export const RESTORE_BATCH_BYTES: number = 4 * 1024 * 1024;

/** Emergencies that one scrape of the metrics looks at for the first time: some 10 ms; years of them after a few scrapes. */
export const EMERGENCY_ROWS_PER_LOOK = 1_000;

/** Damage that a verification names; of more it tells the count. */
export const DAMAGES_NAMED_MAX = 1_000;

/** One entry of the write-ahead log: a message of any channel, or a value with its bodies, and what was noted of it. */
export const WAL_ENTRY_BYTES_MAX: number = MESSAGE_BYTES_MAX + 64 * 1024;
/** The log of one height: 1000 rounds of 64 validators are under 100 MB, and it is read whole at start. */
export const WAL_FILE_BYTES_MAX: number = 256 * 1024 * 1024;

/** One slot of the signing record: a sector, which a disk writes whole or not at all. */
export const SIGNING_SLOT_BYTES = 512;
/** A signing record as JSON text. */
export const SIGNING_EXPORT_CHARS_MAX = 4096;
/** Messages of one height that a signer apart can sign again: 1,300 rounds, in 2 MB. Others it signs once. */
export const SIGNED_HISTORY_MESSAGES_MAX = 4_096;
/** One frame between a node and its signer: a request with the largest payload is under 1 KB. */
export const SIGNER_FRAME_BYTES_MAX = 4_096;
/** What a signature covers besides domain and genesis: headers stand in proposals by their id. */
export const SIGNER_PAYLOAD_BYTES_MAX = 1_024;
/** Requests under way with a signer: a burst of receipts of a bulk import. More are told to come again. */
export const SIGNER_REQUESTS_MAX = 1_024;
/** Bytes that wait for the other end of a signer's socket: what so many requests answer, twice over. */
export const SIGNER_WAITING_BYTES_MAX: number = 1024 * 1024;
/** How long an answer of the signer may take, its writes included, before it is taken to be away. */
export const SIGNER_ANSWER_MS = 5_000;
/** Both ends say something at least so often, and give the other up after so long. */
export const SIGNER_PING_MS = 2_000;
export const SIGNER_SILENT_MS = 10_000;
/** A node looks for its signer again after this; at its start, for longer than a signer takes to give up a dead node. */
export const SIGNER_RETRY_MS = 250;
export const SIGNER_ATTACH_MS = 15_000;
/** A node in doubt of its record watches this many rebroadcast periods of its peers before it signs. */
export const OBSERVE_REBROADCASTS = 3;
/** And not less than this, however fast they rebroadcast. */
export const OBSERVE_MS_MIN = 10_000;

/**
 * One message per channel, checked against the announced length before memory is taken. Agreement: a proposal of 4096
 * ids with its evidence and polka is under 1 MB. Transactions: every body of a full block at once. Sync: a full block
 * with its certificate. Custody: the largest package. Snapshot: a manifest of most parts, or blocks of the replay window.
 */
export const CHANNEL_MESSAGE_BYTES_MAX: Readonly<Record<Channel, number>> = {
  agreement: 2 * 1024 * 1024,
  transactions: 6 * 1024 * 1024,
  sync: MESSAGE_BYTES_MAX,
  custody: MESSAGE_BYTES_MAX,
  snapshot: MESSAGE_BYTES_MAX,
};
/** Small messages that wait are joined up to this size: fewer frames and encryptions, and votes still slip between. */
export const SEND_CHUNK_BYTES: number = 64 * 1024;
/** Flow-control window of one stream: 30 MB/s at 30 ms, and the longest that a block can hold up a vote. */
export const STREAM_WINDOW_BYTES_MAX: number = 1024 * 1024;
/** Encrypted bytes waiting for a peer's socket: one window per stream of a connection is honest, with room. */
export const SOCKET_QUEUE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Streams that one connection may hold open: five channels each way, and as many that are being replaced. */
export const STREAMS_PER_CONNECTION_MAX = 20;
/** Streams that a peer may open at once and per second: five, then one when a channel was lost. */
export const STREAM_OPENS_BURST = 32;
export const STREAM_OPENS_PER_SECOND = 1;

/** What one peer may send on average and at once. No validator keeps up with more; blocks are asked for in portions. */
export const PEER_BYTES_PER_SECOND: number = 64 * 1024 * 1024;
export const PEER_BYTES_BURST: number = 256 * 1024 * 1024;
/** A healed link brings a full queue of votes at once: 16 MB of them are 80,000. */
export const PEER_MESSAGES_PER_SECOND = 20_000;
export const PEER_MESSAGES_BURST = 200_000;

/** Time for protocol negotiation of a channel, and for the handshakes of an incoming connection. */
export const CHANNEL_OPEN_MS_MAX = 5_000;
export const INBOUND_HANDSHAKE_MS_MAX = 5_000;
/** A lost channel of a standing connection is opened again after this. */
export const CHANNEL_REOPEN_DELAY_MS = 1_000;
/** How long a link to another network stands until the peer has noticed as well. */
export const LINK_GOODBYE_MS = 1_000;
/** A message begun must be whole within this many ticks: 8 MB in 2 min is slower than any usable link. */
export const FRAME_TICKS_MAX = 120;
/** How often links are looked at. Ticks are counted, so that a stalled process does not blame its peers. */
export const LINK_TICK_MS = 1_000;
/** Both ends ping at this interval, so an idle link is never silent. */
export const LINK_PING_MS = 5_000;
/** Ticks without a byte after which a link is given up: power lost at the other end sends no goodbye. */
export const LINK_SILENT_TICKS_MAX = 20;

/** One attempt to connect, over all addresses of a peer; and one address of it. */
export const DIAL_MS_MAX = 10_000;
export const DIAL_ADDRESS_MS_MAX = 5_000;
/** Redial for ever: soon after a restart, seldom to a hospital that is off for the night. */
export const REDIAL_DELAY_MS_MIN = 500;
export const REDIAL_DELAY_MS_MAX = 30_000;
/** Part of a redial delay that is drawn, so that a common power cut does not make all dial in step. */
export const REDIAL_JITTER = 0.3;
/** The lower id dials. After this long without a link the higher one dials too: some firewalls open one way only. */
export const REVERSE_DIAL_AFTER_MS = 15_000;
/** Two links that came up within this time of each other were dialled from both ends at once. */
export const DUPLICATE_LINK_MS = 5_000;

/** Broken rules that a peer may be charged with before it is cut off; half are forgiven in each half-life. */
export const PENALTY_SCORE_MAX = 20;
export const PENALTY_HALF_LIFE_MS = 60_000;
/** A frame that no correct node sends. Three of them are no accident. */
export const PENALTY_FRAME = 8;
/** How long a peer that was cut off is neither dialled nor let in. Short: it may be a bug, and its vote is needed. */
export const PENALTY_REFUSAL_MS = 60_000;

/** Incoming connections that have not yet shown their key: per address of a known peer, and for all others together. */
export const PENDING_PER_KNOWN_HOST_MAX = 16;
export const PENDING_OTHERS_MAX = 32;
/**
 * New connections of one address of a known peer: at once all validators of a network behind one address, restarted; then
 * 8 a second, 1 to 2 % of a core with their handshakes. And of all other addresses together.
 */
export const KNOWN_HOST_ARRIVALS_BURST = 64;
export const KNOWN_HOST_ARRIVALS_PER_SECOND = 8;
/** At once: so many validators after a restart of this node that come from another address than the ledger names. */
export const STRANGER_ARRIVALS_BURST = 16;
export const STRANGER_ARRIVALS_PER_SECOND = 8;
/** Of each address from which only peers came that are cut off: an honest one behind the same router gets in all the same. */
export const BARRED_HOST_ARRIVALS_PER_SECOND = 0.5;
/** Open sockets of the listener: a backstop far above a full set with every bound above used up. */
export const SOCKETS_MAX = 1_024;
/** Addresses remembered as known at one listener: every machine of a hospital that asks its node. */
export const KNOWN_ADDRESSES_MAX = 4_096;
/** A refusal that repeats is reported once in this time, with its count. */
export const REPORT_INTERVAL_MS = 10_000;
/** Stop has this long to say goodbye; then it closes what is left. */
export const NET_STOP_MS_MAX = 1_500;
/** Heights above the running one of which messages are kept: a node further behind needs sync, not votes. */
export const FUTURE_HEIGHTS_MAX = 10;
/** Messages of one future height kept for one delivering peer: the votes of three rounds of 64 validators. */
export const FUTURE_MESSAGES_PER_HEIGHT_MAX = 512;
/** Ranges of blocks asked for or waiting to be applied: bounds sync's memory to as many answers. */
export const SYNC_RANGES_MAX = 4;
/**
 * Blocks of sync written in one batch, and transactions of them unless one block alone has more: the disk is waited for
 * once, and votes for less than a tenth of a second.
 */
export const SYNC_RUN_BLOCKS_MAX = 64;
export const SYNC_RUN_TXS_MAX = 512;
/** Bytes of blocks in one answer, unless one block alone is larger. */
export const SYNC_ANSWER_BYTES_MAX: number = 2 * 1024 * 1024;
/** Pause after an answer with blocks, by its bytes and at least: one peer takes a tenth of a core, and 16 MB a second. */
export const SERVE_BYTES_PER_MS: number = 16 * 1024;
export const SERVE_PAUSE_MS_MIN = 20;
/** How long one range may take: with one retry elsewhere a stalling peer costs less than 10 s. */
export const SYNC_TIMEOUT_MS = 3_000;
/**
 * After a start: how long a peer that alone says that the running height is decided has to bring that block, before its word
 * is worth nothing: as long as an answer may take.
 */
export const CLAIM_PROOF_MS: number = SYNC_TIMEOUT_MS;
export const SYNC_BACKOFF_MS_MIN = 500;
export const SYNC_BACKOFF_MS_MAX = 30_000;
/** Rows of state in one chunk of a snapshot, as bytes: it is cut finer where there are more. 10 ms of one core to check. */
export const SNAPSHOT_CHUNK_BYTES: number = 512 * 1024;
/** Parts of one snapshot: 16 GB of state. A manifest names each in under 80 bytes. */
export const SNAPSHOT_PARTS_MAX = 32_768;
export const SNAPSHOT_MANIFEST_BYTES_MAX: number = 3 * 1024 * 1024;
/** A chunk with one row of the largest size, or what is cut no finer. */
export const SNAPSHOT_CHUNK_BYTES_MAX: number = SNAPSHOT_CHUNK_BYTES + 128 * 1024;
/** Bits of a prefix: a hundred million keys that were made to share so many is more than anybody can do. */
export const SNAPSHOT_DEPTH_MAX = 64;
/** Snapshots kept: one that is being fetched outlives the making of the next. */
export const SNAPSHOTS_KEPT = 2;
/** Rows of state read in one turn of making a snapshot: 2 ms. */
export const SNAPSHOT_ROWS_PER_SLICE = 256;
/** After each turn a rest of so many times its length: a fifth of a core goes into it; and at most so long. */
export const SNAPSHOT_REST_FACTOR = 4;
export const SNAPSHOT_REST_MS_MAX = 100;
/** Rows in memory while a snapshot is made; what is more waits in files. */
export const SNAPSHOT_SPOOL_BYTES: number = 32 * 1024 * 1024;
/** Headers of one answer, and blocks of the replay window with their results. */
export const SNAPSHOT_HEADERS_MAX = 512;
export const SNAPSHOT_BLOCKS_MAX = 64;
/** Requests of one newcomer that wait for their turn; it has at most so many open. */
export const SNAPSHOT_REQUESTS_PER_PEER_MAX = 4;
/** Requests open at one peer: one is sent while the other is read. */
export const JOIN_REQUESTS_PER_PEER_MAX = 2;
/** How long one answer may take: a liar, a staller or a dripper costs this, and is asked last then. */
export const JOIN_TIMEOUT_MS = 4_000;
/** How often somebody who waits for a snapshot says so, and asks again who has one. */
export const JOIN_ASK_AGAIN_MS = 5_000;
/** Answers of others are waited for so long before the newest snapshot is chosen. */
export const JOIN_SETTLE_MS = 500;
/** Rows of a join deleted in one batch. */
export const JOIN_CLEAN_ROWS = 512;
/**
 * Work of one peer waiting in the replica's queue, in signatures to check: a quarter of a second, so that a flood of one
 * holds up nobody's votes for longer. More is dropped, and status brings it again.
 */
export const QUEUED_PER_PEER_MAX = 4_096;
/** Votes for later rounds taken from one validator while this node stays in one: 500 rounds that it would be ahead. */
export const LATER_VOTES_PER_ROUND_MAX = 1_024;
/**
 * And in one height, whatever rounds this node goes through: with what a third of 64 validators may send of these and of
 * proposals, the log of a height stays below its bound. What is left out comes again when this node is in that round.
 */
export const LATER_VOTES_PER_HEIGHT_MAX = 16_384;
/** Proposals for later rounds taken from one validator in one height, as logged: thirty of full size. */
export const LATER_PROPOSAL_BYTES_PER_HEIGHT_MAX: number = 4 * 1024 * 1024;
/** What the hashes of a value's parts cost, as such work: the tree over 4096 ids. */
export const QUEUED_VALUE_WORK = 64;
/** Bodies of one answer: those of a full block, within one message of their channel. */
export const BODIES_ANSWER_BYTES_MAX: number = 6 * 1024 * 1024;
/** Proposals of one future height kept for one delivering peer: each may be as large as 130 KB. */
export const FUTURE_PROPOSALS_PER_HEIGHT_MAX = 4;
/** At most one unasked help or status to the same peer in this time. */
export const HELP_INTERVAL_MS = 200;
/**
 * What came from others is passed on after this: two disk syncs and two ways between hospitals of a town, after which most
 * peers have shown that they have it. It is what a missing link between two hospitals costs a vote.
 */
export const RELAY_GATHER_MS = 5;
/** How long bodies or a value may take before they are asked for again, from other peers. */
export const FETCH_RETRY_MS = 400;
/** Pending evidence: one per validator and no more. */
export const PENDING_EVIDENCE_MAX = 64;
/** Bytes of transactions in one message: a slow link is not blocked for long by one. */
export const TX_BATCH_BYTES_MAX: number = 256 * 1024;

/** A key file: under 1,000 characters, and a name. */
export const KEY_FILE_BYTES_MAX = 4_096;
/** A file with one token: 47 characters and the end of the line. */
export const TOKEN_FILE_BYTES_MAX = 256;
/** A file with a passphrase and a line end. */
export const PASSPHRASE_FILE_BYTES_MAX = 1_026;
/** Tokens and client certificates of one node: every person and system of a hospital that asks it. */
export const ACCESS_ENTRIES_MAX = 256;
export const ACCESS_FILE_BYTES_MAX: number = ACCESS_ENTRIES_MAX * 512;
/** How soon a token that was removed ends. Milliseconds. */
export const ACCESS_REREAD_MS = 1_000;
/** Names that one line of the admin log lists of a changed list of tokens; the line's count tells of the rest. */
export const ACCESS_NAMES_LENGTH_MAX = 512;
/** Certificates and keys of TLS: a chain of a few. */
export const TLS_FILE_BYTES_MAX: number = 256 * 1024;
/** One line of the log of admin actions: a few words and facts. Characters. */
export const ADMIN_LINE_LENGTH_MAX = 2_048;
/** One of its files, read whole when a page is asked for; and how many full ones are kept: some 14,000 actions. */
export const ADMIN_LOG_FILE_BYTES_MAX: number = 256 * 1024;
export const ADMIN_LOG_FILES_MAX = 16;
/** A configuration file: 4 KB as it is made, and room for comments and an address of every institution. */
export const CONFIG_BYTES_MAX: number = 64 * 1024;
/** Genesis and validator cards as files: up to four bytes for a character of core's bounds. */
export const GENESIS_FILE_BYTES_MAX: number = 4 * GENESIS_JSON_LENGTH_MAX;
export const CARD_FILE_BYTES_MAX: number = 4 * CARD_JSON_LENGTH_MAX;

/** Transactions waiting for a block: more than one full block, and at saturation 1.5 s of them. More is refused. */
export const MEMPOOL_TXS_MAX = 6_000;
/** Their bytes: four full blocks. */
export const MEMPOOL_BYTES_MAX: number = 16 * 1024 * 1024;
/** Waiting transactions of one patient or clinician: four blocks' worth of what one block takes of a person. */
export const PENDING_PER_PERSON_MAX = 64;
/** When a refused one may try again: a full pool at saturation has moved on by most of itself. Milliseconds. */
export const MEMPOOL_RETRY_MS = 1_000;
/** Refused and committed ids remembered, so that a repeat is cheap: five minutes at 200 a second. */
export const RECENT_TXS_MAX = 65_536;
/** Signature verdicts remembered: the pool, the block being decided, and as much again of what was refused. */
export const SIGNATURE_VERDICTS_MAX = 32_768;
/**
 * What a block takes of one institution's transactions while others send too, however many wait. Who has more waiting than
 * that comes into a block once in a while: 128 transactions a second, or 8,000 records, and the blocks between are as short
 * as those who send a few expect.
 */
export const LANE_TXS_PER_BLOCK = 64;
/** And how many bytes: a few of the largest. */
export const LANE_BYTES_PER_BLOCK: number = 8 * TX_BYTES_MAX;
/** Milliseconds from one block with a part of such an institution to the next. */
export const LANE_REST_MS = 500;
/** And what it takes at least, as a multiple of what the busiest other has waiting: a network that is busy all over fills its blocks. */
export const LANE_TXS_PER_OTHER = 4;
/** Of so many blocks it may have the part waiting: three seconds, which nobody takes for a skip; more would be checked for nothing. */
export const LANE_BLOCKS_WAITING = 6;
/** For how long after its last transaction an institution is one that sends too. */
export const LANE_ACTIVE_MS = 5_000;
/** Transactions checked in one turn: 1 ms of signatures, so that no vote waits behind a batch. */
export const CHECKS_PER_TURN = 24;
/** Transactions of one source (a peer, or this node's own door) that wait for their check; more is dropped. */
export const UNCHECKED_TXS_PER_SOURCE_MAX = 4_096;
export const UNCHECKED_BYTES_PER_SOURCE_MAX: number = 8 * 1024 * 1024;
/** Transactions a second from one peer: what this network commits at its best, so that one peer may relay all of it. */
export const PEER_TXS_PER_SECOND = 5_000;
/** What a peer may send at once after a silence: all that waits in a pool, as it does to a node that has just come. */
export const PEER_TXS_BURST: number = MEMPOOL_TXS_MAX;
/** For how long no more transactions are read from a peer over its rate: what its stream holds is at most some 1,000 of them. */
export const PEER_TXS_PAUSE_MS = 1_000;
/** What a transaction of an institution that floods costs the peer that relays it: refusing 40 a second is next to nothing. */
export const FLOOD_COST = 120;
/** What a transaction with a wrong signature costs its peer: at most 1,000 a second, 4 % of one core. */
export const BAD_SIGNATURE_COST = 10;
/** The first transaction is relayed at once, further ones after this time or at one full batch. Milliseconds. */
export const RELAY_DELAY_MS = 10;
/** How often expired transactions are looked for while any wait. Milliseconds. */
export const EXPIRY_SWEEP_MS = 1_000;
/** Skips of one block that are looked for: who skips that many is known by then. */
export const SKIPS_PER_BLOCK_MAX = 64;
/** What a transaction costs in a block besides its bytes, when institutions are served in turn. */
export const TX_OVERHEAD_BYTES = 256;

/** Log lines that wait for a slow reader or a full disk: a few thousand; further ones are dropped and counted. */
export const LOG_BUFFER_BYTES_MAX: number = 1024 * 1024;
/** Closing gives up on a reader that stalls after this. */
export const LOG_CLOSE_MS_MAX = 1_000;
/** Free space under which a node says so while there is time: days of blocks at a hospital's rate. */
export const DISK_FREE_BYTES_MIN: number = 1024 * 1024 * 1024;
/** The listener of metrics and health serves a scraper or two and a probe, on connections that they keep. */
export const OBSERVE_CONNECTIONS_MAX = 16;
export const OBSERVE_CHECK_MS = 1_000;
/** New connections of addresses that were not answered yet, together, and of each that was: scrapers and probes that do not keep theirs. */
export const OBSERVE_NEWCOMERS_BURST = 64;
export const OBSERVE_NEWCOMERS_PER_SECOND = 4;
export const OBSERVE_KNOWN_BURST = 64;
export const OBSERVE_KNOWN_PER_SECOND = 32;
export const OBSERVE_HEADER_BYTES_MAX = 8_192;
export const OBSERVE_REQUEST_MS_MAX = 5_000;
/** Longer than the usual scrape interval is not needed: connecting on loopback costs nothing. */
export const OBSERVE_KEEP_ALIVE_MS = 5_000;
/** How long the doctor waits for a connection to another hospital, and for a command of the system. */
export const DOCTOR_CONNECT_MS_MAX = 3_000;
export const DOCTOR_COMMAND_MS_MAX = 2_000;
/** Oldest Node.js that the daemon runs on: it strips types by itself and has the calls that we use. */
export const NODE_JS_MAJOR_MIN = 24;
/** Memory below which a node is not to run, a little under what docs/operate.md asks for: the system takes some of it. */
export const MEMORY_BYTES_MIN: number = 450 * 1024 * 1024;
/** Sockets of peers and clients together, and the files of the store. */
export const OPEN_FILES_MIN = 4_096;
/** How often the free space of the home's disk is looked at. */
export const DISK_CHECK_MS = 10_000;
/** Every so many of these looks what the store takes is added up: some hundred files. */
export const STORE_SIZE_CHECKS = 6;

/** How often a node that rests on a full disk looks for room, and how much it wants before it goes on: a start's writes. */
export const DISK_FULL_RETRY_MS = 1_000;
export const DISK_RESUME_BYTES_MIN: number = 16 * 1024 * 1024;

/** Blobs up to this size share segment files: one disk makes 3,300 small files durable a second, and ten times the blobs. */
export const VAULT_SMALL_BYTES_MAX: number = 64 * 1024;
/** One segment file of the vault: few files for many blobs, and small enough to be read whole when it is recovered. */
export const VAULT_SEGMENT_BYTES_MAX: number = 64 * 1024 * 1024;
/** Blobs of waiting calls that one sync serves: two full requests, so that the first of them is not late for the last. */
export const VAULT_GROUP_BYTES_MAX: number = 8 * 1024 * 1024;
/** Blobs of waiting removals that are destroyed together, with one sync of each file. */
export const VAULT_GROUP_REMOVALS_MAX = 1_024;
/** Segment files kept open for reading: a batch of records seldom lies in more than two. */
export const VAULT_OPEN_SEGMENTS_MAX = 16;
/** Reads at once: more than the threads that serve files, and each holds one blob in memory. Further ones wait. */
export const VAULT_READS_MAX = 8;
/** Files of their own written at once: their syncs share what the file system flushes. */
export const VAULT_FILES_AT_ONCE = 4;
/** Blobs up to this size are hashed at once, in 10 us; larger ones on another thread, so that no vote waits. */
export const VAULT_HASH_INLINE_BYTES_MAX = 4_096;

/** Blobs of one request of a custodian: those of a batch of small records. */
export const BLOBS_PER_REQUEST_MAX = 64;
/** Blobs of one answer together, unless the first alone is larger: a slow link is not blocked for long by one. */
export const BLOBS_ANSWER_BYTES_MAX: number = 3 * 1024 * 1024;
/** Light steps of one answer: 64 changes of a full set are 700 KB. */
export const LIGHT_STEPS_BYTES_MAX: number = 1024 * 1024;
/** One custodian's dealing of a full batch to a full set: 64 records of 64 shares and 22 points. */
export const DEALING_BYTES_MAX: number = 512 * 1024;

/** How long a package without a registration and a blob without a package stay: a registration takes seconds. */
export const CUSTODY_EXPIRY_MS: number = 60 * 60_000;
/** How often they are looked for, while there are any. */
export const CUSTODY_SWEEP_MS = 60_000;
/** Blobs destroyed in one turn, so that a large sweep leaves room for writes. */
export const CUSTODY_SWEEP_BLOBS_MAX = 1_024;
/** What one institution's batches may hold here before they are registered: one record of full size and its neighbours. */
export const PENDING_BYTES_PER_AUTHOR_MAX: number = 8 * 1024 * 1024 * 1024;
/** And how many batches: a bulk import with a minute's worth of registrations under way. */
export const PENDING_BATCHES_PER_AUTHOR_MAX = 4_096;
/** Blobs that no package names yet: of this node's own clients, or fetched from peers for a package under way. */
export const LOOSE_BYTES_MAX: number = 8 * 1024 * 1024 * 1024;
export const LOOSE_BLOBS_MAX = 131_072;
/** Batches that may name one blob: a batch that is sealed anew after a change of custodians has the same ciphertext. */
export const BATCHES_PER_BLOB_MAX = 8;
/** Packages looked at together, each in memory with its blobs of one answer. */
export const INTAKES_MAX = 64;
/** Of one source, a peer or this node's own clients, so that one who stalls holds up nobody else; and those that wait. */
export const INTAKES_PER_SOURCE_MAX = 4;
export const INTAKES_WAITING_PER_SOURCE_MAX = 64;
export const INTAKES_WAITING_BYTES_PER_SOURCE_MAX: number = 32 * 1024 * 1024;
/** Requests for blobs under way, over all packages, and to one peer: 3 MB of answer each. */
export const BLOB_REQUESTS_MAX = 16;
export const BLOB_REQUESTS_PER_PEER_MAX = 2;
/** A peer that let a request for blobs run out of time is asked last for so long. */
export const BLOB_PEER_REST_MS = 30_000;
/** How long one answer with 3 MB or one package may take, over a slow link. */
export const BLOB_REQUEST_MS = 10_000;
export const PACKAGE_REQUEST_MS = 10_000;
/** Answers to peers under preparation: each holds up to 3 MB until it is sent. */
export const BLOB_ANSWERS_MAX = 16;
/** How long a custodian waits for a quorum to tell how far it is, and for what it lacks. */
export const READ_INDEX_MS = 3_000;
/** A round without a quorum after this no longer holds up the next. */
export const READ_INDEX_OVERLAP_MS = 500;
/** Requests for shares under way: each holds a package and its opened shares; 64 are a second of one core. */
export const RELEASES_MAX = 64;
/** Of one peer: its own clients are not the only ones. */
export const RELEASES_PER_PEER_MAX = 16;
/** Looks at the ledger of one release: a commit between two that changes the answer is rare, two in a row are not chance. */
export const RELEASE_LOOKS_MAX = 3;
/** Room that a list of released records leaves in an envelope for its own form. */
export const RELEASE_FORM_BYTES = 1_024;
/** How long a client waits for custodians, and for more of them once enough have answered. */
export const RELAY_MS_MAX = 5_000;
export const RELAY_SETTLE_MS = 150;
/** Batches whose receipts are collected: a bulk import runs a few hundred at a time. */
export const GATHERINGS_MAX = 1_024;
/** Their packages in memory, as long as a custodian has not answered. */
export const GATHERING_BYTES_MAX: number = 256 * 1024 * 1024;
/** How long a client waits for receipts, unless told otherwise and at most. */
export const GATHER_DEFAULT_MS = 10_000;
export const GATHER_MS_MAX = 30_000;
/** How often packages without an answer are looked at, and when they are sent again: soon at first, then seldom. */
export const GATHER_TICK_MS = 500;
export const PUSH_AGAIN_MS_MIN = 1_000;
export const PUSH_AGAIN_MS_MAX = 60_000;
/** Requests a second of one peer on this channel, and at once: readers of a whole hospital, relayed. */
export const CUSTODY_REQUESTS_PER_SECOND = 1_000;
export const CUSTODY_REQUESTS_BURST = 4_000;
/** What larger ones cost in that measure: a package to be checked, a way of light steps, each so many bytes of an answer. */
export const CUSTODY_COST_PACKAGE = 10;
export const CUSTODY_COST_STEPS = 20;
export const CUSTODY_COST_BYTES: number = 64 * 1024;
/** Batches fetched from peers together, so that agreement and readers go first. */
export const REPAIRS_MAX = 2;
/** A batch registered just now may still be on its way from its author's node. */
export const REPAIR_DELAY_MS = 2_000;
export const REPAIR_BACKOFF_MS_MIN = 5_000;
export const REPAIR_BACKOFF_MS_MAX: number = 10 * 60_000;
/** At start all batches are looked at, so many at a time: a full vault takes minutes, beside everything else. */
export const SCAN_BATCHES_PER_TURN = 8;
export const SCAN_PAUSE_MS = 20;
/** Packages kept decoded with their points: what readers open now they open in several requests. */
export const PACKAGE_VIEWS_MAX = 16;
/** Blobs of one request of a client together. */
export const BLOBS_REQUEST_BYTES_MAX: number = 4 * 1024 * 1024;
/** Cards that a newcomer is given to find the network by: a few members are enough, all of them is the most. */
export const INTRODUCTIONS_MAX = 64;
/** How often a learner looks whether it has caught up: a hospital that was let in votes within seconds. */
export const JOIN_CHECK_MS = 1_000;
/** After so long a learner that the ledger still has as one asks again: its transaction was lost with a node. */
export const JOIN_AGAIN_MS = 10_000;
/** Transactions that a daemon makes by itself live so long: lost ones are made anew. */
export const OWN_TX_VALIDITY_MS = 60_000;
/** Rows of an earlier run, read at start in pages. */
export const FOUND_ROWS_PER_PAGE = 1_000;
/** Batches taken over into a new custody epoch together; and those that wait for their confirmation: a few transactions. */
export const RESHARES_MAX = 8;
export const RESHARES_AWAITED_MAX = 256;
/** Pause after each dealing that was checked: a tenth of a core goes into a change of custodians, not more. */
export const RESHARE_PAUSE_MS = 20;
/** How often open work of a change of custodians is looked at. */
export const RESHARE_TICK_MS = 500;
/** A dealer that has not answered is asked again: it may have been a block behind. */
export const RESHARE_ASK_AGAIN_MS = 2_000;
/** A receipt that brought no confirmation is sent again. */
export const RESHARE_TELL_AGAIN_MS = 10_000;
/** A dealer that gave nothing for so long is accused of it; another one deals then. */
export const DEALER_SILENT_MS = 30_000;
/** An accusation or confirmation that is not on the ledger after this was lost, and is handed in again. */
export const RESHARE_SUBMIT_AGAIN_MS = 20_000;
/** Of those who could confirm, the next waits so much longer: usually only the first hands in. */
export const CONFIRM_STEP_MS = 2_000;
/** Bytes of one confirmation: below what a transaction may have. */
export const CONFIRM_BYTES_MAX: number = 48 * 1024;
/** Dealings remembered by their dealer: all recipients ask for the same ones at about the same time. */
export const DEALINGS_REMEMBERED_MAX = 64;
/** Dealings being made, and asked for meanwhile. */
export const DEALINGS_MAX = 2;
export const DEALINGS_WAITING_MAX = 128;
/** Registered batches whose new receipts are kept before this node has taken them over itself. */
export const RESHARE_RECEIPTS_MAX = 1_024;
/** A batch that could not be taken over is tried again after this. */
export const RESHARE_RETRY_MS = 10_000;
/** Rows of the list of batches looked at in one turn of a change of custodians: 10 ms. */
export const RESHARE_SCAN_ROWS = 512;
/** Erasures carried out in one go, with one note of it. */
export const ERASURES_PER_TURN = 32;
/** After a disk that failed, or a blob that is being read in just now. */
export const ERASE_RETRY_MS = 1_000;
/** A receipt that was handed in is on the ledger long before, or lost. */
export const ERASE_RECEIPT_AGAIN_MS: number = RESHARE_SUBMIT_AGAIN_MS;
/** Packages of one batch and epoch that were signed for and then made anew: a dealer was convicted in between. */
export const PACKAGES_ASIDE_MAX = 8;
