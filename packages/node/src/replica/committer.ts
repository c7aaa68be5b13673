// Owns: the one point at which the chain grows, whether this node's own agreement decided or sync brought the block, and
// the refusal to go along with a quorum whose block this node finds invalid. Does not own: what follows a commit.
import {
  type Certificate,
  type ConsiliumError,
  type Hex32,
  headerId,
  type Sha256,
  type Verify,
} from '@consilium/core';
import type { DecidedBlock } from '../messages/wire.ts';
import type { Kv, KvWrite, Report } from '../ports.ts';
import type { ApplyResult } from '../sync/syncer.ts';
import type { DecideEffect } from './agreement.ts';
import { BlockRun, type Committing, type RunEnd } from './block-run.ts';
import { commitWrites } from './chain.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import type { Task } from './task-queue.ts';
import type { ValueDesk } from './value-desk.ts';

export type CommittedBy = 'decision' | 'sync';

export interface CommitterHost {
  enqueue(task: Task): void;
  /** The height ends here: no timer of it fires, nothing of it is worked on while its batch is written. */
  endHeight(): void;
  /** Their batch is durable. */
  committed(blocks: readonly Committing[], by: CommittedBy): void;
  /** Polkas that this node acted on at the height that runs (rule 17). */
  polkas(): readonly Certificate[];
  /** Gathers the bodies of a decided value and executes it; then `executed` is called. */
  gather(id: Hex32): void;
  fail(error: ConsiliumError): void;
}

export interface CommitterDeps {
  readonly kv: Kv;
  readonly ledger: LedgerDesk;
  readonly values: ValueDesk;
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly report: Report;
  readonly host: CommitterHost;
}

export class Committer {
  readonly #deps: CommitterDeps;
  #pending: DecideEffect | undefined;
  #diverged = false;
  #stopped = false;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  /** Set once a quorum stood behind a value that this node finds invalid. It signs and applies nothing any more. */
  get diverged(): boolean {
    return this.#diverged;
  }

  beginHeight(): void {
    this.#pending = undefined;
  }

  stop(): void {
    this.#stopped = true;
  }

  decide(effect: DecideEffect, done: () => void): void {
    const { ledger, values, host } = this.#deps;
    const { id, certificate, polkas } = effect;
    const block = values.block(id);
    const execution = values.execution(id) ?? (block && ledger.execute(block));
    if (block !== undefined && execution !== undefined) {
      const decided = { block, certificate, execution, polkas };
      const height = ledger.nextHeight();
      if (block.header.height !== height.height) return done();
      return this.#commit([{ decided, height }], commitWrites(decided), 'decision', done);
    }
    // After a restart the bodies of a value that this node never voted for may be gone: they are fetched again.
    this.#pending = effect;
    host.gather(id);
    done();
  }

  /** An execution is there: perhaps the one that a decision was waiting for. */
  executed(id: Hex32): void {
    const pending = this.#pending;
    if (pending?.id !== id) return;
    this.#pending = undefined;
    this.#deps.host.enqueue((done) => this.decide(pending, done));
  }

  /**
   * Blocks of sync in their order, each checked against its certificate and the set of its height and executed on the ones
   * before, then committed together: as many as fit one run. The answer is about the first that was not, if there is one.
   */
  apply(blocks: readonly DecidedBlock[], done: (result: ApplyResult) => void): void {
    if (this.#diverged || this.#stopped) return done('stopped');
    const { kv, ledger, verify, sha256, report, host } = this.#deps;
    const run = new BlockRun({ kv, ledger, verify, sha256, report }, host.polkas());
    let end: RunEnd | undefined;
    let wrong: DecidedBlock | undefined;
    for (const block of blocks) {
      end = run.add(block);
      wrong = block;
      if (end !== undefined) break;
    }
    const over = (): void => {
      if (end === 'invalid' && wrong !== undefined) this.diverge(headerId(wrong.block.header));
      done(resultOf(end));
    };
    if (run.blocks.length === 0) return over();
    this.#commit(run.blocks, run.writes(), 'sync', over);
  }

  /** A quorum stands behind a value that this node finds invalid: it says so loudly and never goes along. */
  diverge(id: Hex32): void {
    this.#diverged = true;
    const { height } = this.#deps.ledger.nextHeight();
    this.#deps.report({ level: 'error', code: 'replica.diverged', height, blockId: id });
  }

  /** One synced batch: so only two crash states exist, before and after all of these blocks. */
  #commit(
    blocks: readonly Committing[],
    writes: readonly KvWrite[],
    by: CommittedBy,
    done: () => void,
  ): void {
    const { kv, host } = this.#deps;
    host.endHeight();
    kv.write(writes, (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return host.fail(error);
      host.committed(blocks, by);
      done();
    });
  }
}

function resultOf(end: RunEnd | undefined): ApplyResult {
  if (end === undefined || end === 'later') return 'applied';
  return end === 'invalid' ? 'stopped' : end;
}
