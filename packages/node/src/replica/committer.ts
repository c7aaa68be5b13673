// Owns: the one point at which the chain grows, whether this node's own agreement decided or sync brought the block, and
// the refusal to go along with a quorum whose block this node finds invalid. Does not own: what follows a commit.
import {
  type Block,
  type Certificate,
  type ConsiliumError,
  type Hex32,
  headerId,
  isValidCertificate,
  type Sha256,
  type Verify,
} from '@consilium/core';
import type { DecidedBlock } from '../messages/wire.ts';
import type { Kv, Report } from '../ports.ts';
import type { ApplyResult } from '../sync/syncer.ts';
import type { DecideEffect } from './agreement.ts';
import { commitWrites, type Decided } from './chain.ts';
import { checkBlockParts } from './inbound.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import type { Task } from './task-queue.ts';
import type { ValueDesk } from './value-desk.ts';

export type CommittedBy = 'decision' | 'sync';

export interface CommitterHost {
  enqueue(task: Task): void;
  /** The height ends here: no timer of it fires, nothing of it is worked on while its batch is written. */
  endHeight(): void;
  /** The batch is durable. */
  committed(decided: Decided, by: CommittedBy): void;
  /** Polkas that this node acted on at the height that runs (rule 17). */
  polkas(): readonly Certificate[];
  /** Gathers the bodies of a decided value and executes it; then `executed` is called. */
  gather(id: Hex32): void;
  fail(error: ConsiliumError): void;
}

export interface CommitterDeps {
  readonly kv: Pick<Kv, 'write'>;
  readonly ledger: LedgerDesk;
  readonly values: ValueDesk;
  readonly verify: Verify;
  readonly genesisHash: Hex32;
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
      return this.#commit({ block, certificate, execution, polkas }, 'decision', done);
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

  /** A block of sync, checked against its certificate and the set of its height, executed and committed. */
  apply({ block, certificate }: DecidedBlock, done: (result: ApplyResult) => void): void {
    const { ledger } = this.#deps;
    const { height } = ledger.nextHeight();
    if (this.#diverged || this.#stopped) return done('stopped');
    if (block.header.height !== height) return done('known');
    const id = headerId(block.header);
    if (!this.#isDecidedBy(certificate, height, id) || this.#isForged(block)) return done('refused');
    const execution = ledger.execute(block);
    if (execution === undefined) {
      this.diverge(id);
      return done('stopped');
    }
    const polkas = this.#deps.host.polkas();
    this.#commit({ block, certificate, execution, polkas }, 'sync', () => done('applied'));
  }

  /** A quorum stands behind a value that this node finds invalid: it says so loudly and never goes along. */
  diverge(id: Hex32): void {
    this.#diverged = true;
    const { height } = this.#deps.ledger.nextHeight();
    this.#deps.report({ level: 'error', code: 'replica.diverged', height, blockId: id });
  }

  #isDecidedBy(certificate: Certificate, height: number, id: Hex32): boolean {
    const { ledger, verify, genesisHash } = this.#deps;
    const { type, height: certified, blockId } = certificate;
    if (type !== 'precommit' || certified !== height || blockId !== id) return false;
    return isValidCertificate(verify, genesisHash, ledger.nextHeight().validators, certificate);
  }

  /**
   * The header is what a quorum signed, and nothing else is. Looked at before the execution: parts that the header does
   * not name are the sender's fault, and with the right parts it is the execution that differs.
   */
  #isForged(block: Block): boolean {
    const refusal = checkBlockParts(block, this.#deps.genesisHash, this.#deps.sha256);
    if (refusal === undefined) return false;
    const { height } = block.header;
    this.#deps.report({ level: 'warn', code: 'sync.forged-parts', height, part: refusal.reason });
    return true;
  }

  /** One synced batch: so only two crash states exist, before and after. */
  #commit(decided: Decided, by: CommittedBy, done: () => void): void {
    const { kv, ledger, host } = this.#deps;
    if (decided.block.header.height !== ledger.tip.height + 1) return done();
    host.endHeight();
    kv.write(commitWrites(decided), (error) => {
      if (this.#stopped) return;
      if (error !== undefined) return host.fail(error);
      host.committed(decided, by);
      done();
    });
  }
}
