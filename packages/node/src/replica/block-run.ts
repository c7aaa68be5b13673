// Owns: judging blocks of sync one on top of the other before any of them is written: each by its certificate, its parts and
// its execution, on the state that the ones before it will leave. Does not own: writing them, and what follows a commit.
import {
  type Block,
  type Certificate,
  headerId,
  isValidCertificate,
  type Sha256,
  type Verify,
} from '@consilium/core';
import { SYNC_RUN_BLOCKS_MAX, SYNC_RUN_TXS_MAX } from '../limits.ts';
import type { DecidedBlock } from '../messages/wire.ts';
import type { Kv, KvWrite, Report } from '../ports.ts';
import { commitWrites, type Decided, tipOf } from './chain.ts';
import { checkBlockParts } from './inbound.ts';
import type { LedgerDesk, NextHeight } from './ledger-desk.ts';
import { StagedKv } from './staged-kv.ts';
import { verifiedOnce } from './verified-once.ts';

/** A block that is to be written, with what its height began with. */
export interface Committing {
  readonly decided: Decided;
  readonly height: NextHeight;
}

export interface BlockRunDeps {
  readonly kv: Pick<Kv, 'get'>;
  readonly ledger: LedgerDesk;
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly report: Report;
}

/**
 * `known`: it is not the next one. `refused`: what came is not what a quorum decided. `invalid`: it is, and this node finds
 * it wrong. `later`: it needs the ones before it written first.
 */
export type RunEnd = 'known' | 'refused' | 'invalid' | 'later';

export class BlockRun {
  readonly #deps: BlockRunDeps;
  readonly #staged: StagedKv;
  readonly #ledger: LedgerDesk;
  readonly #verify: Verify;
  readonly #polkas: readonly Certificate[];
  readonly #blocks: Committing[] = [];
  #txs = 0;

  /** `polkas`: that this node acted on at the height that runs (rule 17). */
  constructor(deps: BlockRunDeps, polkas: readonly Certificate[]) {
    this.#deps = deps;
    this.#polkas = polkas;
    this.#staged = new StagedKv(deps.kv);
    this.#verify = verifiedOnce(deps.verify);
    this.#ledger = deps.ledger.ahead(this.#staged, this.#verify);
  }

  get blocks(): readonly Committing[] {
    return this.#blocks;
  }

  /** For one batch. */
  writes(): KvWrite[] {
    return this.#staged.writes();
  }

  /** undefined: it is in the run. */
  add({ block, certificate }: DecidedBlock): RunEnd | undefined {
    if (this.#isFull(block)) return 'later';
    const height = this.#ledger.nextHeight();
    if (block.header.height !== height.height) return 'known';
    if (!this.#isDecidedBy(certificate, block, height) || this.#isForged(block)) return 'refused';
    const execution = this.#ledger.execute(block);
    if (execution === undefined) return 'invalid';
    const polkas = this.#blocks.length === 0 ? this.#polkas : [];
    const decided: Decided = { block, certificate, execution, polkas };
    this.#blocks.push({ decided, height });
    this.#txs += block.txs.length;
    this.#staged.stage(commitWrites(decided));
    this.#ledger.committed(tipOf(block.header), execution.txs);
    return undefined;
  }

  /** One block is always taken. One whose rules this node does not know stops it, once the ones before are written. */
  #isFull({ txs }: Block): boolean {
    const { length } = this.#blocks;
    if (length === 0) return false;
    if (length >= SYNC_RUN_BLOCKS_MAX || this.#txs + txs.length > SYNC_RUN_TXS_MAX) return true;
    return this.#ledger.unsupported() !== undefined;
  }

  #isDecidedBy(certificate: Certificate, { header }: Block, { height, validators }: NextHeight): boolean {
    const { type, height: certified, blockId } = certificate;
    if (type !== 'precommit' || certified !== height || blockId !== headerId(header)) return false;
    return isValidCertificate(this.#verify, this.#ledger.genesisHash, validators, certificate);
  }

  /**
   * The header is what a quorum signed, and nothing else is. Looked at before the execution: parts that the header does
   * not name are the sender's fault, and with the right parts it is the execution that differs.
   */
  #isForged(block: Block): boolean {
    const refusal = checkBlockParts(block, this.#ledger.genesisHash, this.#deps.sha256);
    if (refusal === undefined) return false;
    const { height } = block.header;
    this.#deps.report({ level: 'warn', code: 'sync.forged-parts', height, part: refusal.reason });
    return true;
  }
}
