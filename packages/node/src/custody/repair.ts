// Owns: that this custodian comes to hold every registered batch that it should hold: a look at all of them after the
// start, at each new one, and fetching what is missing from peers, slowly, in the background. Does not own: packages
// before their registration (keeper.ts).
import {
  BATCH_LIST,
  BATCHES,
  type BatchRow,
  type ConsiliumError,
  type CustodyPackage,
  custodianIndex,
  custodyEpoch,
  encodePackage,
  type Hex32,
  listCount,
  livePositions,
  readRow,
} from '@consilium/core';
import {
  REPAIR_BACKOFF_MS_MAX,
  REPAIR_BACKOFF_MS_MIN,
  REPAIR_DELAY_MS,
  REPAIRS_MAX,
  SCAN_BATCHES_PER_TURN,
  SCAN_PAUSE_MS,
} from '../limits.ts';
import type { Cancel, Clock, Report, Sealer, Vault } from '../ports.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import { holdsErased, withoutErased } from './erased-records.ts';
import type { Holdings } from './holdings.ts';
import { openShares } from './package-view.ts';
import { type FoundPackage, findRegistered, type RegisteredSourceDeps } from './registered-source.ts';
import { isCustodianOf } from './reshare-transition.ts';
import { blobIds, storedPackage } from './stored-package.ts';
import type { Count } from './types.ts';
import type { Views } from './views.ts';

export interface RepairDeps extends RegisteredSourceDeps {
  readonly holdings: Holdings;
  readonly fetcher: BlobFetcher;
  readonly views: Views;
  readonly vault: Vault;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly report: Report;
  readonly count: Count;
}

interface Missing {
  failures: number;
  dueMs: number;
  underWay: boolean;
}

export class Repair {
  readonly #deps: RepairDeps;
  readonly #missing = new Map<Hex32, Missing>();
  #scan: Cancel | undefined;
  #timer: Cancel | undefined;
  #underWay = 0;
  #stopped = false;

  constructor(deps: RepairDeps) {
    this.#deps = deps;
  }

  /** Registered batches that this node should hold and knows that it does not. */
  get missingCount(): number {
    return this.#missing.size;
  }

  start(): void {
    this.#scanFrom(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#scan?.();
    this.#timer?.();
  }

  /** The ledger has this batch, in this epoch, since the last block. */
  registered(batch: Hex32): void {
    this.#look(batch, REPAIR_DELAY_MS);
  }

  /** A blob of it was damaged, or is gone. */
  suspected(batch: Hex32): void {
    this.#look(batch, 0);
  }

  /** In portions: a commit between two only appends to the list. */
  #scanFrom(index: number): void {
    const { state } = this.#deps.rules;
    const end = Math.min(index + SCAN_BATCHES_PER_TURN, listCount(state, 'batches', null));
    for (let at = index; at < end; at += 1) {
      const batch = readRow(state, BATCH_LIST, at);
      if (batch !== undefined) {
        this.#clearOld(batch);
        this.#look(batch, 0);
      }
    }
    if (end === index) return;
    this.#scan = this.#deps.clock.after(SCAN_PAUSE_MS, () => this.#scanFrom(end));
  }

  /** Packages of epochs before the confirmed one: a crash came between the commit and their end. */
  #clearOld(batch: Hex32): void {
    const { holdings, rules } = this.#deps;
    const epoch = readRow(rules.state, BATCHES, batch)?.epoch ?? 0;
    holdings.registered(batch);
    const held = Array.from({ length: epoch }, (_, old) => holdings.package(batch, old));
    if (held.some((bytes) => bytes !== undefined) && !isCustodianOf(rules.state, epoch, rules.self))
      return holdings.leave(batch, epoch);
    for (let old = 0; old < epoch; old += 1)
      if (holdings.package(batch, old) !== undefined) holdings.drop(batch, old, () => undefined);
  }

  #look(batch: Hex32, delayMs: number): void {
    if (this.#stopped || this.#lacked(batch) === undefined) return;
    const dueMs = this.#deps.clock.monotonicMs() + delayMs;
    const known = this.#missing.get(batch);
    if (known === undefined) this.#missing.set(batch, { failures: 0, dueMs, underWay: false });
    else if (known.failures === 0) known.dueMs = Math.min(known.dueMs, dueMs);
    this.#run();
  }

  /** The row of a batch that this node should hold and does not; undefined when all is well. */
  #lacked(batch: Hex32): BatchRow | undefined {
    const { rules, holdings, vault } = this.#deps;
    const row = readRow(rules.state, BATCHES, batch);
    const epoch = row === undefined ? undefined : custodyEpoch(rules.state, row.epoch);
    if (row === undefined || epoch === undefined || custodianIndex(epoch, rules.self) === undefined)
      return undefined;
    const content = storedPackage(holdings.package(batch, row.epoch));
    const isWhole = content !== undefined && blobIds(content).every((id) => vault.has(id));
    return isWhole ? undefined : row;
  }

  #isCurrent({ batch, epoch }: CustodyPackage): boolean {
    return readRow(this.#deps.rules.state, BATCHES, batch)?.epoch === epoch;
  }

  #run(): void {
    this.#timer?.();
    this.#timer = undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const waiting = [...this.#missing].filter(([, each]) => !each.underWay);
    for (const [batch, each] of waiting)
      if (each.dueMs <= nowMs && this.#underWay < REPAIRS_MAX) this.#begin(batch, each);
    const later = waiting.filter(([, each]) => !each.underWay && each.dueMs > nowMs);
    if (later.length === 0 || this.#stopped) return;
    const dueMs = Math.min(...later.map(([, each]) => each.dueMs));
    this.#timer = this.#deps.clock.after(dueMs - nowMs, () => this.#run());
  }

  #begin(batch: Hex32, missing: Missing): void {
    const row = this.#lacked(batch);
    if (row === undefined) {
      this.#missing.delete(batch);
      return;
    }
    missing.underWay = true;
    this.#underWay += 1;
    this.#repair(batch, row, (isWhole) => {
      if (this.#stopped) return;
      missing.underWay = false;
      this.#underWay -= 1;
      if (isWhole) this.#ended(batch);
      else this.#postpone(missing);
      this.#run();
    });
  }

  #ended(batch: Hex32): void {
    const { report, count } = this.#deps;
    this.#missing.delete(batch);
    count('repair');
    report({ level: 'info', code: 'custody.repaired', missing: this.#missing.size });
  }

  #postpone(missing: Missing): void {
    const { clock, report } = this.#deps;
    missing.failures += 1;
    const backoffMs = REPAIR_BACKOFF_MS_MIN * 2 ** Math.min(missing.failures - 1, 16);
    missing.dueMs = clock.monotonicMs() + Math.min(REPAIR_BACKOFF_MS_MAX, backoffMs);
    const level = missing.failures === 1 ? 'debug' : 'warn';
    report({ level, code: 'custody.missing', missing: this.#missing.size, failures: missing.failures });
  }

  #repair(batch: Hex32, row: BatchRow, done: (isWhole: boolean) => void): void {
    const held = this.#deps.holdings.package(batch, row.epoch);
    const content = storedPackage(held);
    if (held !== undefined && content !== undefined) return this.#store(content, held, [], done);
    findRegistered(
      this.#deps,
      { batch, row, accept: (found, verdict) => this.#accept(found, verdict) },
      (found) => {
        if (found === undefined) return done(false);
        const { content: given } = found.view;
        const kept = withoutErased(this.#deps.rules.state, found.view);
        this.#store(kept, kept === given ? found.bytes : encodePackage(kept), [found.peer], done);
      },
    );
  }

  /**
   * One whose share for this node fits. Where it does not although the dealers signed, they dealt falsely to this node,
   * and no peer has better: the ciphertext is kept all the same.
   */
  #accept(found: FoundPackage, verdict: (isAccepted: boolean) => void): void {
    const { view, index, signed } = found;
    if (index === undefined) return verdict(false);
    const { rules, sealer } = this.#deps;
    const positions = livePositions(view.content);
    openShares({ sealer, self: rules.self, group: rules.group }, view, index, positions, (shares) => {
      verdict(signed || !shares.includes(undefined));
    });
  }

  #store(
    content: CustodyPackage,
    bytes: Uint8Array,
    first: readonly Hex32[],
    done: (isWhole: boolean) => void,
  ): void {
    const { holdings, fetcher, net, views } = this.#deps;
    const ids = blobIds(content);
    const finish = (error?: ConsiliumError, missing = 0): void => {
      holdings.unpin(ids);
      done(error === undefined && missing === 0);
    };
    holdings.pin(ids, (absent) => {
      const wanted = new Map(absent.map((id) => [id, undefined]));
      const peers = [...first, ...net.connected()];
      fetcher.fetch(
        { wanted, peers, take: (blobs, taken) => holdings.takeBlobs(blobs, taken) },
        (missing, error) => {
          if (error !== undefined) return finish(error);
          // Confirmed for another epoch meanwhile: shares that were destroyed must not come back.
          if (!this.#isCurrent(content)) return finish(undefined, 1);
          if (holdsErased(this.#deps.rules.state, content)) {
            finish(undefined, 1);
            return holdings.giveUp(ids);
          }
          // Kept even when a blob is missing: its shares are what nobody else can give for this node.
          holdings.keep({ content, bytes, pending: null }, (failed) => {
            views.forget(content.batch, content.epoch);
            finish(failed, missing.length);
          });
        },
      );
    });
  }
}
