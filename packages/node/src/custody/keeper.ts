// Owns: taking a package in: checks, own shares, blobs from peers, everything durable, and only then the receipt. Does
// not own: collecting receipts of others (gatherer.ts), repairing what is registered (repair.ts).
import {
  BATCHES,
  ConsiliumError,
  type CustodyPackage,
  equalBytes,
  type Hex32,
  type Hex64,
  isConsiliumError,
  type ReceiptStatement,
  readRow,
  receiptPayload,
} from '@consilium/core';
import {
  INTAKES_MAX,
  INTAKES_PER_SOURCE_MAX,
  INTAKES_WAITING_BYTES_PER_SOURCE_MAX,
  INTAKES_WAITING_PER_SOURCE_MAX,
  PENDING_BATCHES_PER_AUTHOR_MAX,
  PENDING_BYTES_PER_AUTHOR_MAX,
} from '../limits.ts';
import type { Peers, Sealer } from '../ports.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import { holdsErased } from './erased-records.ts';
import type { Holdings } from './holdings.ts';
import {
  type CheckedPackage,
  checkAuthored,
  type PackageRules,
  packageInvalid,
  readPackage,
} from './package-check.ts';
import { openShares } from './package-view.ts';
import { blobBytes, blobIds, blobLengths, nameOf } from './stored-package.ts';
import type { Count, Outcome, SignStatement } from './types.ts';

export interface OwnReceipt {
  readonly index: number;
  readonly signature: Hex64;
}

/** A package that may be registered; the receipt is null when this node is no custodian of its epoch. */
export interface Kept {
  readonly statement: ReceiptStatement;
  readonly custodians: CheckedPackage['custodians'];
  readonly receipt: Outcome<OwnReceipt> | null;
}

export interface KeeperDeps {
  readonly rules: PackageRules;
  readonly holdings: Holdings;
  readonly fetcher: BlobFetcher;
  readonly sealer: Sealer;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
  readonly sign: SignStatement;
  readonly count: Count;
}

/** Faults that no honest node passes on: it looks at a package itself before it pushes it. */
const GUILTY = 'CUSTODY_PACKAGE_INVALID';

/** Packages of one source: a peer, or the clients of this node. */
interface Source {
  running: number;
  waitingBytes: number;
  readonly waiting: { readonly bytes: number; readonly start: () => void }[];
}

export class Keeper {
  readonly #deps: KeeperDeps;
  /** In the order in which they are served. */
  readonly #sources = new Map<Hex32, Source>();
  readonly #reserved = new Map<Hex32, { batches: number; bytes: number }>();
  /** Batches being taken in, and who else waits for them: a package may come from several sides. */
  readonly #underWay = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** `from`: the peer that pushed it; null: a client of this node. */
  take(bytes: Uint8Array, from: Hex32 | null, done: (result: Outcome<Kept>) => void): void {
    const name = from ?? this.#deps.rules.self;
    const source = this.#sources.get(name) ?? { running: 0, waitingBytes: 0, waiting: [] };
    this.#sources.set(name, source);
    const isTooMuch = source.waitingBytes + bytes.length > INTAKES_WAITING_BYTES_PER_SOURCE_MAX;
    if (isTooMuch || source.waiting.length >= INTAKES_WAITING_PER_SOURCE_MAX)
      return done(new ConsiliumError('CUSTODY_BUSY', { rule: 'packages' }));
    source.waitingBytes += bytes.length;
    source.waiting.push({ bytes: bytes.length, start: () => this.#start(source, bytes, from, done) });
    this.#startNext();
  }

  stop(): void {
    this.#sources.clear();
    this.#underWay.clear();
  }

  receipt(statement: ReceiptStatement, done: (signature: Hex64 | undefined) => void): void {
    const signed = (signature: Hex64 | undefined): void => {
      if (signature !== undefined) this.#deps.count('receipt');
      done(signature);
    };
    this.#deps.sign('custodyReceipt', receiptPayload(statement), signed, statement.epoch);
  }

  #start(source: Source, bytes: Uint8Array, from: Hex32 | null, done: (result: Outcome<Kept>) => void): void {
    const finish = (result: Outcome<Kept>): void => {
      this.#running -= 1;
      source.running -= 1;
      done(result);
      this.#startNext();
    };
    let content: CustodyPackage;
    let checked: CheckedPackage;
    try {
      content = readPackage(bytes);
      checked = checkAuthored(this.#deps.rules, content);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      if (from !== null && error.code === GUILTY) this.#deps.net.penalize(from, 'custody.package-invalid');
      return finish(error);
    }
    this.#joined(content, finish, (end) => this.#keep({ content, bytes, checked, from }, end));
  }

  /** One of each source in turn. */
  #startNext(): void {
    if (this.#running >= INTAKES_MAX) return;
    for (const [name, source] of [...this.#sources]) {
      if (source.running >= INTAKES_PER_SOURCE_MAX) continue;
      const next = source.waiting.shift();
      if (next === undefined) {
        if (source.running === 0) this.#sources.delete(name);
        continue;
      }
      this.#sources.delete(name);
      this.#sources.set(name, source);
      this.#running += 1;
      source.running += 1;
      source.waitingBytes -= next.bytes;
      return next.start();
    }
  }

  /** One intake of a batch at a time: the second comes to find what the first has kept. */
  #joined(
    content: CustodyPackage,
    finish: (result: Outcome<Kept>) => void,
    run: (end: (result: Outcome<Kept>) => void) => void,
  ): void {
    const name = nameOf(content.batch, content.epoch);
    const others = this.#underWay.get(name);
    if (others !== undefined) {
      others.push(() => this.#joined(content, finish, run));
      return;
    }
    this.#underWay.set(name, []);
    run((result) => {
      const joined = this.#underWay.get(name) ?? [];
      this.#underWay.delete(name);
      finish(result);
      for (const again of joined) again();
    });
  }

  #keep(intake: Intake, done: (result: Outcome<Kept>) => void): void {
    const { content, bytes, checked } = intake;
    const { patient, author, batch, epoch } = content;
    const { index, custodians, view } = checked;
    const statement = { patient, author, batch, epoch, root: view.root, count: content.records.length };
    const kept = (receipt: Kept['receipt']): Kept => ({ statement, custodians, receipt });
    if (index === undefined) return done(kept(null));
    const moved = this.#moved(content);
    if (moved !== undefined) return done(moved);
    const end = (error?: ConsiliumError): void => {
      if (error !== undefined) return done(kept(error));
      this.receipt(statement, (signature) =>
        done(kept(signature === undefined ? new ConsiliumError('SIGNER_AWAY') : { index, signature })),
      );
    };
    const held = this.#deps.holdings.package(batch, epoch);
    if (held !== undefined && !equalBytes(held, bytes)) return end(packageInvalid('another of this batch'));
    const reservation = held === undefined ? this.#reserve(content) : undefined;
    if (reservation === 'busy')
      return end(new ConsiliumError('CUSTODY_BUSY', { rule: 'pending of this author' }));
    const finish = (error?: ConsiliumError): void => {
      reservation?.();
      end(error);
    };
    const positions = [...content.records.keys()];
    const { rules, sealer } = this.#deps;
    openShares({ sealer, self: rules.self, group: rules.group }, view, index, positions, (shares) => {
      if (shares.includes(undefined)) return finish(new ConsiliumError('CUSTODY_SHARE_FALSE'));
      this.#storeAll(intake, held !== undefined, finish);
    });
  }

  /** Its shares of this epoch were destroyed when the next one was confirmed: they must not come back. */
  #moved({ batch, epoch }: CustodyPackage): ConsiliumError | undefined {
    const row = readRow(this.#deps.rules.state, BATCHES, batch);
    if (row === undefined || row.epoch === epoch) return undefined;
    return new ConsiliumError('CUSTODY_EPOCH_WRONG', { epoch, current: row.epoch });
  }

  /** Blobs first, pinned until the package names them. */
  #storeAll(
    { content, bytes, from, checked }: Intake,
    isHeld: boolean,
    done: (error?: ConsiliumError) => void,
  ): void {
    const { holdings, count } = this.#deps;
    const ids = blobIds(content);
    const finish = (error?: ConsiliumError): void => {
      holdings.unpin(ids);
      if (error === undefined && !isHeld) count('package');
      done(error);
    };
    holdings.pin(ids, (absent) => {
      this.#fetch(content, absent, this.#peersFor(from, checked), (missing, error) => {
        if (error !== undefined) return finish(error);
        if (missing.length > 0)
          return finish(new ConsiliumError('CUSTODY_PACKAGE_MISSING', { blobs: missing.length }));
        if (isHeld) return finish();
        const moved = this.#moved(content);
        if (moved !== undefined) return finish(moved);
        if (holdsErased(this.#deps.rules.state, content)) return finish(new ConsiliumError('RECORD_ERASED'));
        holdings.keep({ content, bytes, pending: 'registration' }, finish);
      });
    });
  }

  #fetch(
    content: CustodyPackage,
    absent: readonly Hex32[],
    peers: readonly Hex32[],
    done: (missing: readonly Hex32[], error?: ConsiliumError) => void,
  ): void {
    const lengths = blobLengths(content);
    const wanted = new Map(absent.map((id) => [id, lengths.get(id)]));
    const { holdings, fetcher } = this.#deps;
    fetcher.fetch({ wanted, peers, take: (blobs, taken) => holdings.takeBlobs(blobs, taken) }, done);
  }

  /** Whoever announced it, then the other custodians, who may have it by now. */
  #peersFor(from: Hex32 | null, { custodians }: CheckedPackage): readonly Hex32[] {
    const { net, rules } = this.#deps;
    const connected = net.connected();
    const others = custodians.map(({ id }) => id).filter((id) => id !== rules.self && connected.includes(id));
    return from === null ? others : [from, ...others];
  }

  /** Room for what this author has pending, the batches under way included. */
  #reserve(content: CustodyPackage): (() => void) | 'busy' {
    const { author } = content;
    const bytes = blobBytes(content);
    const stored = this.#deps.holdings.pendingOf(author);
    const reserved = this.#reserved.get(author) ?? { batches: 0, bytes: 0 };
    const batches = stored.batches + reserved.batches + 1;
    const isTooMuch = stored.bytes + reserved.bytes + bytes > PENDING_BYTES_PER_AUTHOR_MAX;
    if (isTooMuch || batches > PENDING_BATCHES_PER_AUTHOR_MAX) return 'busy';
    reserved.batches += 1;
    reserved.bytes += bytes;
    this.#reserved.set(author, reserved);
    return () => {
      reserved.batches -= 1;
      reserved.bytes -= bytes;
      if (reserved.batches === 0) this.#reserved.delete(author);
    };
  }
}

interface Intake {
  readonly content: CustodyPackage;
  readonly bytes: Uint8Array;
  readonly checked: CheckedPackage;
  readonly from: Hex32 | null;
}
