// Owns: every bound of the HTTP API, with its reason. Bounds of the formats stand in core's limits.ts.
import { LIGHT_STEPS_MAX, TX_BYTES_MAX } from '@consilium/core';
import { BLOBS_REQUEST_BYTES_MAX } from '../limits.ts';

/** A transaction as hex inside a JSON object; over it the body is not even read. */
export const TX_BODY_BYTES_MAX: number = 2 * TX_BYTES_MAX + 1024;
/** Transactions of one batch request: its answer keeps the loop busy for under 50 ms. */
export const TXS_PER_REQUEST_MAX = 256;
/** 256 transactions of 8 KB as hex: what is larger goes one by one. */
export const TXS_BODY_BYTES_MAX: number = 4 * 1024 * 1024;
/** Keys of one state request: each proof is some twenty reads and hashes. */
export const STATE_KEYS_MAX = 256;
/** A ledger key is made of ids; the longest has a few of them. */
export const STATE_KEY_BYTES_MAX = 512;
export const STATE_BODY_BYTES_MAX: number = STATE_KEYS_MAX * (2 * STATE_KEY_BYTES_MAX + 64);
/** Every other request has no body, or a small one. */
export const BODY_BYTES_MAX = 16_384;

export const HEADERS_PER_PAGE_MAX = 64;
export const HEADERS_PER_PAGE_DEFAULT = 16;
/** Blocks that one page of headers reads: they are decoded to get at their headers. */
export const HEADER_PAGE_BLOCK_BYTES_MAX: number = 4 * 1024 * 1024;
/** A page is checked by the client in one go; the format's bound is more than a busy loop should sign for at once. */
export const LIGHT_STEPS_PER_PAGE_MAX: number = Math.min(64, LIGHT_STEPS_MAX);
/** Decoded blocks kept for proofs, pages and streams: clients ask for what was committed just now. */
export const BLOCKS_CACHED_MAX = 8;

/** Lines of the admin log on one page: 50 KB and 1 ms of hashes as a rule. */
export const ADMIN_LINES_PER_PAGE_MAX = 256;
export const ADMIN_LINES_PER_PAGE_DEFAULT = 64;

/** How long `wait=committed` waits unless told otherwise: a few rounds at their longest. Milliseconds. */
export const WAIT_DEFAULT_MS = 15_000;
/** Longer than any transaction signed by the SDK lives; proxies cut silent requests about here. */
export const WAIT_MAX_MS = 60_000;
/** Requests that wait for a commit: four full blocks' worth of clients. */
export const WAITERS_MAX = 8_192;

/** Open event streams of one node, and of one address. */
export const STREAMS_MAX = 128;
export const STREAMS_PER_CLIENT_MAX = 32;
/** Events written in one go, so that a long replay leaves room for agreement between the chunks. */
export const STREAM_CHUNK_EVENTS = 128;
/** Commits kept in memory for the streams: most clients are at the tip, and share one reading. */
export const STREAM_COMMITS_REMEMBERED = 8;
/** A comment this often keeps proxies from cutting a silent stream. Milliseconds. */
export const STREAM_HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long is cut: it resumes by Last-Event-ID. Milliseconds. */
export const STREAM_STALL_MS_MAX = 10_000;
/** What the stream tells a client to wait before it comes back. Milliseconds. */
export const STREAM_RETRY_MS = 1_000;

/** Open connections, and the headers and silence that one of them may cost. */
export const CONNECTIONS_MAX = 1_024;
/** Of one address: half, since a proxy has one for all behind it; who holds the most makes room first. */
export const CONNECTIONS_PER_CLIENT_MAX = 512;
/** New connections of addresses that were not answered yet, together: 3 % of a core if each of them asks; a morning's start at once. */
export const NEWCOMERS_PER_SECOND = 32;
export const NEWCOMERS_BURST = 512;
/** And what a refusal of one of them takes of that, beside its connection: who guesses tokens is soon asked no more. */
export const NEWCOMER_REFUSAL_COST = 3;
/** And of each that was: commands and scripts that do not keep theirs. */
export const KNOWN_CLIENT_CONNECTIONS_PER_SECOND = 512;
export const KNOWN_CLIENT_CONNECTIONS_BURST = 1_024;
/** How often requests that take too long are looked for: a connection stays at most so much longer. Milliseconds. */
export const CONNECTIONS_CHECK_MS = 2_000;
/** A client has agreed on TLS after this. Milliseconds. */
export const TLS_HANDSHAKE_MS_MAX = 10_000;
export const HEADER_BYTES_MAX = 16_384;
export const REQUEST_HEADERS_MS_MAX = 10_000;
/** A request must have arrived whole after this long: a 4 MB batch over 2 Mbit/s. Milliseconds. */
export const REQUEST_MS_MAX = 20_000;
export const KEEP_ALIVE_MS = 30_000;
export const URL_PARAM_LENGTH_MAX = 128;

/**
 * Requests a second of one address, weighed by what they cost, and how many at once after a pause. One hospital's own
 * systems share an address, so a day's import must fit; what must not fit is a loop gone wild.
 */
export const RATE_PER_SECOND = 4_000;
export const RATE_BURST = 8_000;
/** Addresses remembered; the one that was silent longest is forgotten first. */
export const RATE_CLIENTS_MAX = 10_000;

/** What a request costs in the measure of `RATE_PER_SECOND`; a small read costs 1. */
export const COST_PROOF = 4;
export const COST_PAGE = 16;
/** Of a refused token or certificate: at most 250 guesses a second, of 2^256. */
export const COST_REFUSED = 16;
export const COST_STREAM = 16;
/** Of a batch or a state request: every so many items cost 1 more. */
export const ITEMS_PER_COST = 4;

/** A stop is over after this: answers under way get this long, then their connections are cut. Milliseconds. */
export const STOP_GRACE_MS = 1_000;
/** What a client is told to wait when the node is stopping or too busy. Seconds. */
export const RETRY_AFTER_BUSY_S = 2;

/** Blobs of one upload: 4 MB of records of the smallest size, sealed. */
export const BLOBS_PER_UPLOAD_MAX = 4_096;
export const BLOBS_BODY_BYTES_MAX: number = BLOBS_REQUEST_BYTES_MAX + 64 * 1024;
/** Ids of one reading; its answer is bounded in bytes besides. */
export const BLOBS_PER_READ_MAX = 64;
/** Requests of custody that are read or answered at once: each may hold a package or 4 MB of blobs. */
export const CUSTODY_REQUESTS_MAX = 64;
/** Megabytes and signatures of several custodians. */
export const COST_CUSTODY = 16;
