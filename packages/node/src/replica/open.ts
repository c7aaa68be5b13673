// Owns: bringing a replica up from what its disk holds: genesis or tip, log, signing record, and the question whether it
// may sign. The same for the daemon and the simulator. Does not own: the adapters behind the ports.
import {
  ConsiliumError,
  type Genesis,
  genesisState,
  genesisTip,
  type HashBlocks64,
  type Hex32,
  type Hex64,
  isLedgerKey,
  type LedgerDeps,
  type Sha256,
  type Verify,
  type VerifySender,
  type Vote,
  validatorsAt,
  votesOf,
} from '@consilium/core';
import type { WireMessage } from '../messages/wire.ts';
import type { Clock, Disk, Kv, Net, Random, Report } from '../ports.ts';
import { createGuard, type Guard, type GuardOptions } from '../signing/guard.ts';
import { comparePositions, type SigningRecord, signedHash } from '../signing/record.ts';
import { createSigner, type Signer, type SignRequest } from '../signing/signer.ts';
import { readJournal } from '../sync/join-rows.ts';
import { createWal, type Wal, walDamaged } from '../wal/wal.ts';
import {
  genesisWrites,
  readCertificate,
  readOwnCertificate,
  readTip,
  stateReader,
  type Tip,
} from './chain.ts';
import type { HelperOptions } from './helper.ts';
import { LedgerDesk } from './ledger-desk.ts';
import { type LoggedEntry, ownMessageOf } from './log-entry.ts';
import type { Pool } from './pool.ts';
import { ReplayWindow } from './replay-window.ts';
import { type Committed, Replica, type SigningGuard } from './replica.ts';

export const WAL_FILE = 'agreement.wal';
export const SIGNING_RECORD_FILE = 'signing-record';

/** What signs: the key with a record on the own disk, or a signer that keeps both. */
export type SigningDeps =
  | { readonly signBytes: (bytes: Uint8Array) => Hex64; readonly signer?: undefined }
  | { readonly signer: Signer; readonly signBytes?: undefined };

export type OpenDeps = CommonDeps & SigningDeps;

interface CommonDeps {
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  /** Account id of this node's institution. */
  readonly self: Hex32;
  readonly disk: Disk;
  readonly kv: Kv;
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  /** The newest version of the protocol that this node knows; `PROTOCOL_VERSION_MAX` when not given. */
  readonly protocolVersionMax?: number | undefined;
  /** Whether what signs has the secret of this validator key; any when not given. */
  readonly holdsKey?: (validatorKey: Hex32) => boolean;
  readonly verify: Verify;
  /** Whether the sender's signature verifies under this key; may answer from memory of this very pair. */
  readonly verifySender: VerifySender;
  readonly hashBlocks?: HashBlocks64;
  /** In the place of core's own: the same answers, faster. */
  readonly isLedgerKey?: (key: Hex32) => boolean;
  readonly sha256?: Sha256;
  /** In the place of `decodeMessage`: the same answers, faster. */
  readonly decodeMessage?: (bytes: Uint8Array) => WireMessage;
  /** Another in the place of the guard: for negative controls. */
  readonly guardOf?: (guard: Guard) => Guard;
  /** The pool is made once the ledger can be asked. */
  readonly createPool: (ledger: LedgerDesk) => Pool;
  readonly onCommit: (committed: Committed) => void;
  readonly onFailure: (error: ConsiliumError) => void;
}

/** A replica that is ready to start, and the parts of it that its owner talks to. */
export interface OpenedReplica {
  readonly replica: Replica;
  readonly ledger: LedgerDesk;
  readonly signer: Signer;
  readonly guard: Guard;
  start(): void;
}

/**
 * Answers `done` with the replica, or with the error that keeps it from coming up: `WAL_DAMAGED`, `PROTOCOL_UNSUPPORTED`, or a
 * failed write of the genesis state. Nothing is sent before `start`.
 */
export function openReplica(
  deps: OpenDeps,
  options: HelperOptions,
  done: (result: OpenedReplica | ConsiliumError) => void,
): void {
  const tip = readTip(deps.kv);
  if (tip !== undefined) return openAt(deps, options, tip, done);
  if (readJournal(deps.kv) !== undefined) return done(new ConsiliumError('SNAPSHOT_UNFINISHED'));
  const { genesis, hashBlocks } = deps;
  const initial = genesisState(genesis, hashBlocks);
  deps.kv.write(genesisWrites(initial, genesisTip(genesis)), (error) => {
    if (error !== undefined) return done(error);
    openAt(deps, options, readTip(deps.kv) as Tip, done);
  });
}

function openAt(
  deps: OpenDeps,
  options: HelperOptions,
  tip: Tip,
  done: (result: OpenedReplica | ConsiliumError) => void,
): void {
  const { disk, random, report, clock, genesisHash, self } = deps;
  const { sha256 } = deps;
  const engine = sha256 === undefined ? {} : { sha256 };
  const wal = createWal({ disk, random, report, ...engine }, { name: WAL_FILE, genesis: genesisHash });
  const content = wal.open();
  const runningHeight = tip.height + 1;
  // A log at or below the chain's height has done its work, whatever became of it.
  const isOver = content.height !== null && content.height < runningHeight;
  if (content.status === 'damaged' && !isOver) return done(walDamaged(content));
  const logged = content.height === runningHeight ? content.entries : [];
  const owner = { name: SIGNING_RECORD_FILE, genesis: genesisHash, validator: self };
  const signer = deps.signer ?? createSigner({ disk, report, signBytes: deps.signBytes }, owner);
  const status = statusOf(deps, tip, signer, logged);
  const honest = createGuard(
    { clock, report },
    {
      status,
      record: signer.record(),
      runningHeight,
      logHoldsRecord: holdsRecord(signer.record(), genesisHash, logged),
      rebroadcastMs: options.rebroadcastMs,
    },
  );
  const guard = deps.guardOf?.(honest) ?? honest;
  const opened = assemble(deps, options, { tip, wal, signer, guard, logged });
  if (status !== 'whole') return done(opened);
  // The log that explains a torn slot ends with its height. A slot that is torn, or that a killed process has left to the
  // system's memory and a power cut tears, would stand there unexplained at a later start.
  signer.settle(highestOf(logged), (error) => done(error ?? opened));
}

/**
 * A slot that was torn by a crash was being written for a message that the log holds already (4.4): then the log knows
 * more than the record. If it does not, the slot was whole once, and what it said may have left.
 */
function statusOf(
  deps: OpenDeps,
  tip: Tip,
  signer: Signer,
  logged: readonly LoggedEntry[],
): GuardOptions['status'] {
  const record = signer.record();
  if (isBehind(deps, tip, record)) return 'behind';
  if (signer.status !== 'whole' || !signer.isHarmed) return signer.status;
  return logsMoreThan(record, deps.genesisHash, logged) ? 'whole' : 'damaged';
}

/** Whether the log holds an own message after the one that the record names. */
function logsMoreThan(record: SigningRecord, genesis: Hex32, logged: readonly LoggedEntry[]): boolean {
  const own = logged.filter(({ kind }) => kind === 'message');
  const last = own.findLastIndex(({ bytes }) => signedHash(record.kind, genesis, bytes) === record.hash);
  return own.length > last + 1;
}

/** Heights below the tip that are searched for a signature above the record: certificates need not hold every vote. */
const SIGNED_HEIGHTS_SEARCHED = 64;

/** Whether a certificate of the chain holds a vote of this node's key above its record: the record is an old copy. */
function isBehind({ kv, self }: OpenDeps, tip: Tip, record: SigningRecord): boolean {
  const lowest = Math.max(1, record.height, tip.height - SIGNED_HEIGHTS_SEARCHED + 1);
  for (let height = tip.height; height >= lowest; height -= 1) {
    const set = validatorsAt(stateReader(kv), height);
    const certificates = [readOwnCertificate(kv, height), readCertificate(kv, height)];
    const votes = certificates.flatMap((each) => (each && set ? votesOf(each, set) : []));
    const isAbove = ({ validator, round, type }: Vote): boolean =>
      validator === self && comparePositions({ height, round, kind: type }, record) > 0;
    if (votes.some(isAbove)) return true;
  }
  return false;
}

/** Whether the log holds, as an own message, what the record says was signed last. */
function holdsRecord(record: SigningRecord, genesis: Hex32, logged: readonly LoggedEntry[]): boolean {
  return logged.some(
    ({ kind, bytes }) => kind === 'message' && signedHash(record.kind, genesis, bytes) === record.hash,
  );
}

/** The own message of the log that is the highest of its height. */
function highestOf(logged: readonly LoggedEntry[]): SignRequest | undefined {
  const own = logged.filter(({ kind }) => kind === 'message').map(({ bytes }) => ownMessageOf(bytes));
  return own.toSorted(comparePositions).at(-1);
}

interface Found {
  readonly tip: Tip;
  readonly wal: Wal;
  readonly signer: Signer;
  readonly guard: Guard;
  readonly logged: readonly LoggedEntry[];
}

function assemble(deps: OpenDeps, options: HelperOptions, found: Found): OpenedReplica | ConsiliumError {
  const { genesis, genesisHash, verify, verifySender, hashBlocks, sha256, kv, report, protocolVersionMax } =
    deps;
  const { tip, wal, signer, guard, logged } = found;
  const ledgerDeps: LedgerDeps = {
    genesis,
    genesisHash,
    verify,
    isLedgerKey: deps.isLedgerKey ?? isLedgerKey,
    verifySender,
    ...(hashBlocks === undefined ? {} : { hashBlocks }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(protocolVersionMax === undefined ? {} : { protocolVersionMax }),
    decodeTx: (bytes) => pool.decode(bytes),
  };
  const ledger = new LedgerDesk({ ledger: ledgerDeps, kv, report }, tip, ReplayWindow.load(kv, tip));
  const unsupported = ledger.unsupported();
  if (unsupported !== undefined) return unsupported;
  const { self, net, clock, decodeMessage, onCommit, onFailure } = deps;
  const pool: Pool = deps.createPool(ledger);
  const replica = new Replica(
    {
      self,
      ledgerDeps,
      ledger,
      kv,
      log: wal,
      signer,
      holdsKey: deps.holdsKey ?? (() => true),
      guard: signingGuard(guard, signer, ledger, genesisHash),
      pool,
      net,
      clock,
      report,
      ...(decodeMessage === undefined ? {} : { decodeMessage }),
      onCommit,
      onFailure,
    },
    options,
  );
  return { replica, ledger, signer, guard, start: () => replica.start(logged) };
}

/** The guard as the replica asks it: positions and payloads become records' hashes, and doubt is written down. */
function signingGuard(guard: Guard, signer: Signer, ledger: LedgerDesk, genesis: Hex32): SigningGuard {
  return {
    maySign: (height) => guard.maySign(height),
    heightBegan: (height, by) => guard.heightBegan(height, by),
    arrived: (height) => guard.arrived(height),
    foundCommitted: (height, round) => {
      const verdict = guard.foundCommitted({ height, round, kind: 'precommit' }, signer.record());
      if (verdict === 'foreign') signer.distrust(() => undefined);
      return verdict;
    },
    heardOwn: ({ kind, height, round, payload, heldByLog }) => {
      const heard = { kind, height, round, hash: signedHash(kind, genesis, payload) };
      const runningHeight = ledger.tip.height + 1;
      const verdict = guard.heardOwn(heard, { record: signer.record(), runningHeight, heldByLog });
      if (verdict === 'foreign') signer.distrust(() => undefined);
      return verdict;
    },
  };
}
