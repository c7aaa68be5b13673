// Owns: the write-ahead log of one height (docs/protocol.md 4.1, 4.2): inputs, own unsigned messages and values, durable
// before what follows from them leaves this node. Does not own: what the entries say, or when a height ends.
import { ConsiliumError, type Hex32, sha256 as portableSha256 } from '@consilium/core';
import { WAL_ENTRY_BYTES_MAX, WAL_FILE_BYTES_MAX } from '../limits.ts';
import type { Disk, Done, Random, Report } from '../ports.ts';
import {
  CHAIN_BYTES,
  encodeFileHeader,
  encodeFrame,
  FRAME_HEADER_BYTES,
  NONCE_BYTES,
  type Sha256,
  type WalEntry,
} from './frame.ts';
import { createGroupSync } from './group-sync.ts';
import { type ReadLog, readLog, type WalContent } from './read.ts';

export interface WalDeps {
  readonly disk: Disk;
  readonly random: Random;
  readonly report: Report;
  readonly sha256?: Sha256;
}

export interface WalOptions {
  /** File name on the disk. */
  readonly name: string;
  readonly genesis: Hex32;
}

export interface Wal {
  /**
   * Reads the log found at start; a torn end is cut off. To be called once, first. What it returns may not be durable
   * yet (a killed process leaves it in the system's memory): `sync` before anything that follows from it leaves.
   */
  open(): WalContent;
  /** Empties the log and starts it for `height`. Only after the commit of the height before is durable. */
  begin(height: number): void;
  /** Throws `ENCODING_TOO_LARGE` or `WAL_FULL`, and then has written nothing. */
  append(entry: WalEntry): void;
  /** `done` when everything appended so far is durable. After an error nothing more is claimed. */
  sync(done: Done): void;
  /** The height the log is of; null before `begin` of a new or damaged log. */
  height(): number | null;
}

/** The place at which the next entry goes. */
interface Tail {
  readonly height: number;
  readonly seed: Uint8Array;
  chain: Uint8Array;
  length: number;
  /** Length known to be synced. */
  durable: number;
}

/** What a damaged log is answered with: the daemon stops, says where, and how to mend it. */
export function walDamaged(content: WalContent): ConsiliumError {
  const { height, goodBytes, entries } = content;
  return new ConsiliumError('WAL_DAMAGED', {
    height: height ?? 0,
    offset: goodBytes,
    entries: entries.length,
  });
}

export function createWal(deps: WalDeps, options: WalOptions): Wal {
  const { disk, random, report, sha256 = portableSha256 } = deps;
  const { name, genesis } = options;
  const groupSync = createGroupSync(disk, name);
  let tail: Tail | undefined;

  const open = (): WalContent => {
    const file = disk.read(name) ?? new Uint8Array(0);
    const log = readLog(sha256, genesis, file);
    if (log.status === 'torn') disk.truncate(name, log.goodBytes);
    tail = tailOf(log);
    reportOpened(report, log, file.length);
    const { status, height, entries, goodBytes } = log;
    return { status, height, entries, goodBytes };
  };

  const begin = (height: number): void => {
    const header = encodeFileHeader(sha256, genesis, height, random.bytes(NONCE_BYTES));
    const seed = header.slice(header.length - CHAIN_BYTES);
    disk.truncate(name, 0);
    disk.append(name, header);
    tail = { height, seed, chain: seed, length: header.length, durable: 0 };
  };

  const append = (entry: WalEntry): void => {
    if (tail === undefined) throw new Error('invariant: append to a log that was not begun');
    checkBounds(entry, tail);
    const { frame, chain } = encodeFrame(sha256, tail.seed, tail.chain, entry, tail.durable);
    disk.append(name, frame);
    tail.chain = chain;
    tail.length += frame.length;
  };

  const sync = (done: Done): void => {
    const synced = tail;
    const length = tail?.length ?? 0;
    groupSync((error) => {
      if (error === undefined && synced !== undefined) synced.durable = Math.max(synced.durable, length);
      done(error);
    });
  };

  return { open, begin, append, sync, height: () => tail?.height ?? null };
}

function checkBounds(entry: WalEntry, tail: Tail): void {
  const bytes = entry.bytes.length;
  if (bytes > WAL_ENTRY_BYTES_MAX)
    throw new ConsiliumError('ENCODING_TOO_LARGE', { bytes, bytesMax: WAL_ENTRY_BYTES_MAX });
  if (tail.length + FRAME_HEADER_BYTES + bytes + CHAIN_BYTES > WAL_FILE_BYTES_MAX)
    throw new ConsiliumError('WAL_FULL', { height: tail.height, bytesMax: WAL_FILE_BYTES_MAX });
}

/** Nothing is claimed durable of what was only read: the frames after it say so. */
function tailOf(log: ReadLog): Tail | undefined {
  const { status, height, seed, chain, goodBytes } = log;
  if (height === null || status === 'damaged') return undefined;
  return { height, seed, chain, length: goodBytes, durable: 0 };
}

function reportOpened(report: Report, log: ReadLog, fileBytes: number): void {
  const facts = { height: log.height ?? 0, entries: log.entries.length, offset: log.goodBytes };
  if (log.status === 'torn')
    report({ level: 'warn', code: 'wal.torn', ...facts, cutBytes: fileBytes - log.goodBytes });
  if (log.status === 'damaged') report({ level: 'error', code: 'wal.damaged', ...facts, fileBytes });
}
