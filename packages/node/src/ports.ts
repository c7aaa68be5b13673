// Owns: what the portable part of the daemon (replica, mempool, sync, wal, signing) needs of the outside world. The
// daemon gives it sockets, files and LevelDB; the simulator gives it simulated ones. Everything is called from one
// thread; completions come back as callbacks, so that a simulator can order them and nothing here awaits.
import type { ConsiliumError, Hex32, SealedMessage } from '@consilium/core';
import type { EventCode } from './observe/events.ts';

/** Completion of a durable write. An error means that nothing after it may be claimed durable. */
export type Done = (error?: ConsiliumError) => void;
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since the epoch by this machine's clock; may jump. */
  wallMs(): number;
  /** Milliseconds that only grow. */
  monotonicMs(): number;
  /** Runs `fire` once after at least `delayMs` of monotonic time. */
  after(delayMs: number, fire: () => void): Cancel;
}

export interface Random {
  bytes(length: number): Uint8Array;
}

/**
 * A few small files, appended or overwritten in place, durable only after `sync`. Operations of one file are ordered.
 * A crash may lose any suffix of what was not synced and may tear the last write.
 */
export interface Disk {
  /** Whole content at start; undefined when the file is missing. */
  read(name: string): Uint8Array | undefined;
  append(name: string, bytes: Uint8Array): void;
  writeAt(name: string, offset: number, bytes: Uint8Array): void;
  truncate(name: string, length: number): void;
  /** Content, length and the folder entry are durable when `done` is called without an error. */
  sync(name: string, done: Done): void;
}

export interface KvWrite {
  readonly table: number;
  readonly key: Uint8Array;
  /** null deletes. */
  readonly value: Uint8Array | null;
}

/** The chain and state store. Reads are synchronous and see the last completed batch. */
export interface Kv {
  get(table: number, key: Uint8Array): Uint8Array | undefined;
  /** All or nothing, synced. */
  write(batch: readonly KvWrite[], done: Done): void;
}

/** Ciphertext by content id: the SHA-256 of the bytes, at most `BLOB_BYTES_MAX` of them. Operations take effect in order. */
export interface Vault {
  /** Whether the blob is durable here, by the index: its bytes are hashed when they are read. */
  has(id: Hex32): boolean;
  /**
   * The bytes, which hash to `id`. undefined when they are not here or were damaged: the entry is then dropped before
   * `done`, so that a repair can write them anew. A disk that does not answer gives undefined too, and keeps the entry.
   */
  read(id: Hex32, done: (bytes: Uint8Array | undefined) => void): void;
  /**
   * Content, folder entries and index are durable when `done` is called without an error: `ENCODING_TOO_LARGE` {bytes,
   * bytesMax}, `DISK_FULL`, `DISK_FAILED` {errno, file} or an error of the store. Then any part of this call may have
   * been written, other calls are not touched, and later ones may succeed. Ids are computed inside; blobs that are here
   * are not written again. The caller leaves the bytes as they are until `done`.
   */
  write(blobs: readonly Uint8Array[], done: Done): void;
  /**
   * Destroys: the bytes are overwritten or their file is removed, then the index entry, all durable at `done`. Ids that
   * are not here are no error. After `DISK_FAILED` or an error of the store any part may be gone: ask again.
   */
  remove(ids: readonly Hex32[], done: Done): void;
}

/** A share that is sealed to a custodian; its place in the list is what it is opened at. */
export interface ShareToSeal {
  readonly aad: Uint8Array;
  readonly share: Uint8Array;
}

export interface ShareToUnseal {
  readonly position: number;
  readonly aad: Uint8Array;
  readonly sealed: Uint8Array;
}

export interface SealedShares {
  readonly enc: Hex32;
  readonly sealed: readonly Uint8Array[];
}

/** Envelopes of HPKE. It holds this node's custody key. Answers come after the call has returned. */
export interface Sealer {
  /** undefined: no usable key. */
  seal(
    publicKey: Hex32,
    info: Uint8Array,
    plaintext: Uint8Array,
    done: (sealed: SealedMessage | undefined) => void,
  ): void;
  /** undefined: no usable key. */
  sealShares(
    publicKey: Hex32,
    info: Uint8Array,
    items: readonly ShareToSeal[],
    done: (sealed: SealedShares | undefined) => void,
  ): void;
  /** Of the envelope to this node, in the order asked; undefined where a share does not open. */
  unsealShares(
    enc: Hex32,
    info: Uint8Array,
    items: readonly ShareToUnseal[],
    done: (shares: readonly (Uint8Array | undefined)[]) => void,
  ): void;
}

/** Messages of a channel arrive in order or not at all; each has its own stream, queue bound and rate bound. */
export type Channel = 'agreement' | 'transactions' | 'sync' | 'custody' | 'snapshot';

/** An institution that the ledger lets in, with the key that its peer id is made of. */
export interface AdmittedPeer {
  readonly institution: Hex32;
  readonly networkKey: Hex32;
  /** Keys that it had before and may still be met with, for the heights after a rotation. */
  readonly formerNetworkKeys?: readonly Hex32[];
  readonly addresses: readonly string[];
}

export interface NetHandler {
  onMessage(peer: Hex32, channel: Channel, message: Uint8Array): void;
  onConnect(peer: Hex32): void;
  onDisconnect(peer: Hex32): void;
}

/** Peers are named by the account id of their institution: the adapter has proven it with the peer's key. */
export interface Peers {
  start(handler: NetHandler): void;
  connected(): readonly Hex32[];
  /** False when the peer is not connected or its queue is full: the message is dropped, nobody waits. */
  send(peer: Hex32, channel: Channel, message: Uint8Array): boolean;
  /** The peer broke the protocol: counted, and past a bound it is cut off for a while. */
  penalize(peer: Hex32, code: string): void;
  /** Nothing more of this channel is taken for so long: what is on its way is dropped unread, the rest waits at the peer. */
  pause(peer: Hex32, channel: Channel, forMs: number): void;
}

export interface Net extends Peers {
  /** The gate follows the ledger: everybody else is refused, and cut off when connected. */
  admit(peers: readonly AdmittedPeer[]): void;
}

/** One structured event: a stable code and plain facts (heights, ids, counts, codes). Never payloads. */
export interface ReportedEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Of the closed table in observe/events.ts. */
  readonly code: EventCode;
  readonly [fact: string]: string | number | boolean;
}
export type Report = (event: ReportedEvent) => void;
