// Owns: the replica's use of the ledger: executing values on top of the tip, building fresh ones, and the facts of the
// state that agreement and the network need for the next height. Does not own: the rules of the ledger (core).
import type { HeightConfig } from '@consilium/consensus';
import {
  ACCOUNTS,
  type Account,
  type Block,
  type BuiltBlock,
  buildBlock,
  type Certificate,
  ConsiliumError,
  checkBlock,
  checkEvidence,
  checkTx,
  codeOf,
  type ErrorCode,
  type Evidence,
  type Execution,
  followers,
  formerNetworkKeys,
  type Hex32,
  INSTITUTIONS,
  isConsiliumError,
  type LedgerDeps,
  type LedgerView,
  nextValidators,
  PROTOCOL_VERSION_MAX,
  paramsAt,
  pendingUpgrade,
  proposerOrder,
  protocolVersionAt,
  readRow,
  type Tx,
  type Verify,
  validatorsAfterNext,
} from '@consilium/core';
import type { AdmittedPeer, Kv, Report } from '../ports.ts';
import { stateReader, type Tip, treeReader } from './chain.ts';
import type { ReplayWindow } from './replay-window.ts';
import type { ProtocolStatus } from './types.ts';

export interface LedgerDeskDeps {
  readonly ledger: LedgerDeps;
  readonly kv: Pick<Kv, 'get'>;
  readonly report: Report;
}

export interface BuildOrder {
  readonly author: Hex32;
  readonly time: number;
  readonly lastCertificate: Certificate | null;
  readonly evidence: readonly Evidence[];
  readonly candidates: readonly Tx[];
  readonly txsMax: number;
  readonly txBytesMax: number;
}

/** What a height begins with: its validators, the order of proposers, its parameters. */
export type NextHeight = Omit<HeightConfig, 'self'>;

export class LedgerDesk {
  readonly #deps: LedgerDeskDeps;
  #tip: Tip;
  #replay: Pick<ReplayWindow, 'has' | 'add'>;

  constructor(deps: LedgerDeskDeps, tip: Tip, replay: Pick<ReplayWindow, 'has' | 'add'>) {
    this.#deps = deps;
    this.#tip = tip;
    this.#replay = replay;
  }

  get tip(): Tip {
    return this.#tip;
  }

  get genesisHash(): Hex32 {
    return this.#deps.ledger.genesisHash;
  }

  /** The same at this tip, on a store that runs ahead of what is durable: what is committed there changes nothing here. */
  ahead(kv: Pick<Kv, 'get'>, verify: Verify): LedgerDesk {
    const deps = { ...this.#deps, kv, ledger: { ...this.#deps.ledger, verify } };
    return new LedgerDesk(deps, this.#tip, replayedAhead(this.#replay));
  }

  isReplayed(payloadHash: Hex32): boolean {
    return this.#replay.has(payloadHash);
  }

  /** The commit of this block is durable. */
  committed(tip: Tip, txs: readonly Tx[]): void {
    this.#tip = tip;
    this.#replay.add(tip.time, txs);
  }

  /** The validators and the order of proposers of the height above the tip. */
  nextHeight(): NextHeight {
    const { kv, ledger } = this.#deps;
    const reader = stateReader(kv);
    const height = this.#tip.height + 1;
    return {
      height,
      validators: nextValidators(reader),
      proposers: proposerOrder(reader, height),
      params: paramsAt(reader, ledger.genesis, height),
    };
  }

  protocol(): ProtocolStatus {
    const { kv, ledger } = this.#deps;
    const reader = stateReader(kv);
    const { height } = this.#tip;
    return {
      version: protocolVersionAt(reader, height + 1),
      supported: ledger.protocolVersionMax ?? PROTOCOL_VERSION_MAX,
      upgrade: pendingUpgrade(reader, height + 1) ?? null,
    };
  }

  /** `PROTOCOL_UNSUPPORTED` when the next height is decided by rules that this node does not know. */
  unsupported(): ConsiliumError | undefined {
    const { version, supported } = this.protocol();
    if (version <= supported) return undefined;
    return new ConsiliumError('PROTOCOL_UNSUPPORTED', { height: this.#tip.height + 1, version, supported });
  }

  /** How many of the peers may be faulty, and say anything: those of the set, and everybody who only follows. */
  get liarsMax(): number {
    const following = followers(stateReader(this.#deps.kv)).length;
    return Math.floor((this.nextHeight().validators.length - 1) / 3) + following;
  }

  /** The hospitals of the next two heights, and those who follow without a vote: who is let in. */
  admitted(): AdmittedPeer[] {
    const reader = stateReader(this.#deps.kv);
    const height = this.#tip.height + 1;
    const ids = new Set([
      ...[...nextValidators(reader), ...validatorsAfterNext(reader)].map((validator) => validator.id),
      ...followers(reader).map((follower) => follower.institution),
    ]);
    return [...ids].flatMap((institution) => {
      const row = readRow(reader, INSTITUTIONS, institution);
      if (row === undefined) return [];
      const { networkKey, addresses } = row;
      const former = formerNetworkKeys(reader, institution, height);
      return [{ institution, networkKey, formerNetworkKeys: former, addresses }];
    });
  }

  build(order: BuildOrder): BuiltBlock {
    return buildBlock(this.#deps.ledger, this.#view(), order);
  }

  /** An account as of the tip. */
  account(id: Hex32): Account | undefined {
    return readRow(stateReader(this.#deps.kv), ACCOUNTS, id);
  }

  /** The ledger's rules for a transaction as of the tip and this clock. Throws with their code. */
  checkTx(tx: Tx, nowMs: number): void {
    const { ledger, kv } = this.#deps;
    const rules = {
      ...ledger,
      isReplayed: (hash: Hex32) => this.isReplayed(hash),
      height: this.#tip.height,
    };
    checkTx(stateReader(kv), rules, tx, nowMs);
  }

  /** The execution of a valid block; undefined, and reported, when it breaks a rule. */
  execute(block: Block): Execution | undefined {
    try {
      return checkBlock(this.#deps.ledger, this.#view(), block);
    } catch (error) {
      if (!isConsiliumError(error, 'BLOCK_INVALID')) throw error;
      const { height, author } = block.header;
      this.#deps.report({ level: 'warn', code: 'block.invalid', height, author, ...error.data });
      return undefined;
    }
  }

  /** Why this evidence may not stand in the next block; undefined when it may. */
  evidenceRefusal(evidence: Evidence): ErrorCode | undefined {
    try {
      checkEvidence(stateReader(this.#deps.kv), this.#deps.ledger, evidence, this.#tip.height + 1);
      return undefined;
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      return code;
    }
  }

  #view(): LedgerView {
    const { kv } = this.#deps;
    const { height, blockId, time } = this.#tip;
    return {
      state: stateReader(kv),
      tree: treeReader(kv),
      tip: { height, id: blockId, time },
      isReplayed: (hash) => this.#replay.has(hash),
    };
  }
}

/** Payload hashes that have left the window by then are of transactions that are past: they need not leave here. */
function replayedAhead(durable: Pick<ReplayWindow, 'has'>): Pick<ReplayWindow, 'has' | 'add'> {
  const ahead = new Set<Hex32>();
  return {
    has: (hash) => ahead.has(hash) || durable.has(hash),
    add: (_timeMs, txs) => {
      for (const { payloadHash } of txs) ahead.add(payloadHash);
    },
  };
}
