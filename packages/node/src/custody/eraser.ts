// Owns: carrying out the erasures of the ledger at this custodian, in their order and once each: every package without the
// erased records, ciphertext that nothing names any more destroyed, what the store still has of it on the disk written
// over; then this custodian's receipts. What is done is noted only then, so that a crash repeats it. Does not own: which
// records are erased (the ledger), the rows of packages and blobs (holdings.ts).
import {
  actionOf,
  BATCHES,
  type ConsiliumError,
  concat,
  currentEpoch,
  ERASURES,
  ERASURES_PER_RECEIPT_MAX,
  type ErasureRow,
  fromHex,
  type Group,
  type Hex32,
  INSTITUTIONS,
  listCount,
  RECORDS,
  readRow,
  type StateChange,
  type StateReader,
  uint64Bytes,
} from '@consilium/core';
import { ERASE_RECEIPT_AGAIN_MS, ERASE_RETRY_MS, ERASURES_PER_TURN } from '../limits.ts';
import type { Cancel, Clock, Kv, Report } from '../ports.ts';
import { eachInTurn } from '../replica/task-queue.ts';
import { TABLES } from '../tables.ts';
import { bytesWithoutErased, holdsErased } from './erased-records.ts';
import type { Holdings } from './holdings.ts';
import { storedPackage } from './stored-package.ts';
import type { CustodyDeps } from './types.ts';

export interface EraserDeps extends Pick<CustodyDeps, 'self' | 'submit' | 'compact'> {
  readonly state: StateReader;
  readonly kv: Kv;
  readonly group: Group;
  readonly holdings: Holdings;
  readonly clock: Clock;
  readonly report: Report;
  /** Records of this batch are erased: nothing that is remembered of it may be used any more. */
  readonly forget: (batch: Hex32) => void;
}

/** Erasures below `destroyed` are carried out here; below `receipted` the ledger has this custodian's receipts. */
interface Progress {
  readonly destroyed: number;
  readonly receipted: number;
}

const KEY = new Uint8Array(0);

export class Eraser {
  readonly #deps: EraserDeps;
  #progress: Progress = { destroyed: 0, receipted: 0 };
  /** So many erasures were there at the last look. */
  #seen = 0;
  #isWorking = false;
  #submitted: ReadonlySet<number> = new Set();
  #submittedMs = Number.NEGATIVE_INFINITY;
  #timer: Cancel | undefined;
  #isStopped = false;
  /** What must be carried out here before anything is released: all that was there when first somebody asked. */
  #owedFirst: number | undefined;

  constructor(deps: EraserDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#progress = progressOf(this.#deps.kv.get(TABLES.erasures, KEY));
    this.#seen = this.#count();
    this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.();
  }

  committed(changes: readonly StateChange[]): void {
    if (!changes.some(({ table }) => table === ERASURES.number)) return;
    const count = this.#count();
    for (const batch of this.#batchesOf(this.#rows(this.#seen, count))) this.#deps.forget(batch);
    this.#seen = count;
    this.#run();
  }

  /**
   * Whether something of before the start is left to destroy, so that nothing may be released. Asked when the ledger here is
   * known to be fresh. What is erased later keeps nobody from other records: one hospital's erasures would close everybody's.
   */
  mustCatchUp(): boolean {
    this.#owedFirst ??= this.#count();
    return this.#progress.destroyed < this.#owedFirst;
  }

  /** Whether something of this stored package waits to be taken out of it. */
  isErasing(bytes: Uint8Array): boolean {
    if (this.waiting === 0) return false;
    const content = storedPackage(bytes);
    return content === undefined || holdsErased(this.#deps.state, content);
  }

  /** Erasures that are not carried out here yet. */
  get waiting(): number {
    return this.#count() - this.#progress.destroyed;
  }

  #count(): number {
    return listCount(this.#deps.state, 'erasures', null);
  }

  #run(): void {
    if (this.#isWorking || this.#isStopped) return;
    const { destroyed } = this.#progress;
    const end = Math.min(this.#count(), destroyed + ERASURES_PER_TURN);
    if (end <= destroyed) return this.#tellDue();
    this.#isWorking = true;
    this.#carryOut(destroyed, end, (error) => {
      this.#isWorking = false;
      if (this.#isStopped) return;
      if (error === undefined) return this.#run();
      this.#deps.report({ level: 'warn', code: 'custody.erase-postponed', waiting: this.waiting });
      this.#plan(ERASE_RETRY_MS);
    });
  }

  #plan(delayMs: number): void {
    this.#timer?.();
    this.#timer = this.#deps.clock.after(delayMs, () => this.#run());
  }

  #carryOut(from: number, end: number, done: (error?: ConsiliumError | 'pinned') => void): void {
    const { holdings, report } = this.#deps;
    const rows = this.#rows(from, end);
    const batches = this.#batchesOf(rows.filter((row) => this.#mayHold(row)));
    this.#rewriteAll(batches, rows, (failed) => {
      if (failed !== undefined) return done(failed);
      if (batches.length === 0) return this.#note({ ...this.#progress, destroyed: end }, done);
      holdings.destroyGivenUp((isGone) => {
        if (!isGone) return done('pinned');
        this.#scrub(batches, (unfinished) => {
          if (unfinished !== undefined) return done(unfinished);
          this.#note({ ...this.#progress, destroyed: end }, (error) => {
            if (error === undefined)
              report({
                level: 'info',
                code: 'custody.erased',
                erasures: end - from,
                batches: batches.length,
              });
            done(error);
          });
        });
      });
    });
  }

  #rewriteAll(
    batches: readonly Hex32[],
    rows: readonly ErasureRow[],
    done: (error?: ConsiliumError) => void,
  ): void {
    const { holdings, state, group } = this.#deps;
    const without = (bytes: Uint8Array): Uint8Array | null => bytesWithoutErased(state, group, bytes);
    const epochs = currentEpoch(state) + 1;
    let failed: ConsiliumError | undefined;
    eachInTurn(
      batches,
      (batch, next) =>
        holdings.rewrite(batch, epochs, without, (error) => {
          failed ??= error;
          next();
        }),
      () => {
        // The same records may have been sealed for a batch that was never registered.
        const records = new Set(rows.flatMap((row) => row.records));
        holdings.expireWith(records);
        done(failed);
      },
    );
  }

  /**
   * What was in the rows still lies in files of the store. It merges what overlaps: the first time the new rows with the old
   * ones, unless both came into one file together; so the rows are written once more, into a file above that one.
   */
  #scrub(batches: readonly Hex32[], done: (error?: ConsiliumError) => void): void {
    const { compact, holdings, state } = this.#deps;
    const ranges = batches.map(rangeOf);
    const epochs = currentEpoch(state) + 1;
    compact(ranges, (unfinished) => {
      if (unfinished !== undefined) return done(unfinished);
      let failed: ConsiliumError | undefined;
      eachInTurn(
        batches,
        (batch, next) =>
          holdings.touch(batch, epochs, (error) => {
            failed ??= error;
            next();
          }),
        () => (failed === undefined ? compact(ranges, done) : done(failed)),
      );
    });
  }

  /** Whether anything of these may lie here, or have lain here: a hospital that came later has nothing to write over. */
  #mayHold(row: ErasureRow): boolean {
    const { holdings, self, state } = this.#deps;
    if (row.receipts.some(({ custodian }) => custodian === self)) return true;
    const epochs = Array.from({ length: currentEpoch(state) + 1 }, (_, epoch) => epoch);
    return this.#batchesOf([row]).some((batch) =>
      epochs.some((epoch) => holdings.package(batch, epoch) !== undefined),
    );
  }

  #rows(from: number, end: number): readonly ErasureRow[] {
    const rows: ErasureRow[] = [];
    for (let index = from; index < end; index += 1) {
      const row = readRow(this.#deps.state, ERASURES, index);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  #batchesOf(rows: readonly ErasureRow[]): readonly Hex32[] {
    const { state } = this.#deps;
    const batches = rows.flatMap(({ records }) =>
      records.flatMap((record) => readRow(state, RECORDS, record)?.batch ?? []),
    );
    return [...new Set(batches)].filter((batch) => readRow(state, BATCHES, batch) !== undefined);
  }

  #note(progress: Progress, done: (error?: ConsiliumError) => void): void {
    this.#deps.kv.write([{ table: TABLES.erasures, key: KEY, value: encodeProgress(progress) }], (error) => {
      if (error === undefined) this.#progress = progress;
      done(error);
    });
  }

  /** Hands in the receipts that the ledger lacks; what came to nothing is handed in again. */
  #tellDue(): void {
    const { clock, submit, state, self } = this.#deps;
    if (readRow(state, INSTITUTIONS, self)?.status === 'removed') return;
    const { owed, end } = this.#owed();
    if (owed.length === 0) {
      if (end > this.#progress.receipted)
        this.#note({ ...this.#progress, receipted: end }, () => this.#run());
      return;
    }
    const nowMs = clock.monotonicMs();
    const dueMs = this.#submittedMs + ERASE_RECEIPT_AGAIN_MS;
    const isDue = nowMs >= dueMs;
    const erasures = isDue ? owed : owed.filter((index) => !this.#submitted.has(index));
    if (erasures.length === 0) return this.#plan(dueMs - nowMs);
    this.#submitted = new Set(isDue ? owed : [...this.#submitted, ...erasures]);
    this.#submittedMs = nowMs;
    submit(actionOf('custody.erased', { erasures }));
    this.#plan(ERASE_RECEIPT_AGAIN_MS);
  }

  /** As many as one receipt holds, and up to where nothing more is owed when that is none. */
  #owed(): { readonly owed: readonly number[]; readonly end: number } {
    const { state, self } = this.#deps;
    const { receipted, destroyed } = this.#progress;
    const owed: number[] = [];
    let end = receipted;
    while (end < destroyed && owed.length < ERASURES_PER_RECEIPT_MAX) {
      const receipts = readRow(state, ERASURES, end)?.receipts ?? [];
      if (receipts.some(({ custodian, height }) => custodian === self && height === null)) owed.push(end);
      end += 1;
    }
    return { owed, end };
  }
}

/** All rows of packages of one batch. */
function rangeOf(batch: Hex32): Parameters<CustodyDeps['compact']>[0][number] {
  const from = fromHex(batch);
  return { table: TABLES.packages, from, to: concat(from, new Uint8Array(16).fill(0xff)) };
}

function encodeProgress({ destroyed, receipted }: Progress): Uint8Array {
  return concat(uint64Bytes(destroyed), uint64Bytes(receipted));
}

/** How many erasures are carried out, by the node's own note. */
export function erasuresOf(note: Uint8Array | undefined): number {
  return progressOf(note).destroyed;
}

function progressOf(value: Uint8Array | undefined): Progress {
  if (value === undefined) return { destroyed: 0, receipted: 0 };
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return { destroyed: Number(view.getBigUint64(0)), receipted: Number(view.getBigUint64(8)) };
}
