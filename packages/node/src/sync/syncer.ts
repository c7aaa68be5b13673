// Owns: fetching decided blocks that this node lacks: whom to ask for which range, for how long, and in which order they
// are applied. Requests run in parallel; a peer that lies, stalls or drips loses its turn. Does not own: checking and
// committing a block (the replica), which is the one point of decision.
import type { Hex32 } from '@consilium/core';
import {
  SYNC_BACKOFF_MS_MAX,
  SYNC_BACKOFF_MS_MIN,
  SYNC_RANGES_MAX,
  SYNC_RUN_BLOCKS_MAX,
  SYNC_TIMEOUT_MS,
} from '../limits.ts';
import { firstRequestId, nextRequestId } from '../messages/request-ids.ts';
import {
  type BlocksAnswer,
  type BlocksRequest,
  type DecidedBlock,
  type StatusMessage,
  SYNC_BLOCKS_MAX,
  type SyncRefusal,
} from '../messages/wire.ts';
import type { Cancel, Clock, Report } from '../ports.ts';

export type ApplyResult = 'applied' | 'known' | 'refused' | 'stopped';

export interface SyncHost {
  /** Height of the last committed block. */
  tipHeight(): number;
  send(peer: Hex32, request: BlocksRequest): void;
  penalize(peer: Hex32, code: string): void;
  /**
   * Checks the next blocks against their certificates, executes and commits them: as many from the front as it takes at
   * once. Other than `applied`, the answer is about the first above the tip that they left.
   */
  apply(blocks: readonly DecidedBlock[], done: (result: ApplyResult) => void): void;
}

export interface SyncerDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly host: SyncHost;
}

interface PeerRecord {
  /** Highest tip that the peer claimed. A claim only makes it worth asking. */
  tip: number;
  /** Earliest block that it says it has. */
  base: number;
  failures: number;
  /** Of its last answer. */
  msPerBlock: number;
  restingUntilMs: number;
}

interface OpenRequest {
  readonly peer: Hex32;
  readonly from: number;
  readonly count: number;
  readonly askedAtMs: number;
  readonly cancel: Cancel;
}

interface Fetched {
  readonly peer: Hex32;
  readonly decided: DecidedBlock;
}

export class Syncer {
  readonly #deps: SyncerDeps;
  readonly #peers = new Map<Hex32, PeerRecord>();
  readonly #open = new Map<number, OpenRequest>();
  readonly #fetched = new Map<number, Fetched>();
  #nextRequestId: number;
  #applying = false;
  /** The lowest base of the peers when it was last said that all have pruned what this node needs. */
  #prunedBase = 0;
  #wake: Cancel | undefined;

  constructor(deps: SyncerDeps) {
    this.#deps = deps;
    this.#nextRequestId = firstRequestId(deps.clock);
  }

  /** A peer says that it has decided everything below its running height, and from where on it has the blocks. */
  heard(peer: Hex32, { height, base }: Pick<StatusMessage, 'height' | 'base'>): void {
    const record = this.#peers.get(peer) ?? { tip: 0, base, failures: 0, msPerBlock: 0, restingUntilMs: 0 };
    record.tip = height - 1;
    record.base = base;
    this.#peers.set(peer, record);
    this.#ask();
  }

  forget(peer: Hex32): void {
    this.#peers.delete(peer);
    for (const [id, request] of this.#open) if (request.peer === peer) this.#close(id);
    this.#ask();
  }

  /** Highest tip that any connected peer claims: worth asking for, and no more than that. */
  claimedTip(): number {
    return Math.max(0, ...[...this.#peers.values()].map((record) => record.tip));
  }

  /** The highest tip that more peers claim than may lie. With too few peers, the lowest that all of them claim. */
  credibleTip(liarsMax: number): number {
    const tips = [...this.#peers.values()].map((record) => record.tip).sort((a, b) => b - a);
    return Math.max(0, tips[Math.min(liarsMax, tips.length - 1)] ?? 0);
  }

  answered(peer: Hex32, answer: BlocksAnswer): void {
    const request = this.#open.get(answer.requestId);
    if (request !== undefined && request.peer === peer) {
      this.#close(answer.requestId);
      this.#takeRange(request, answer.blocks);
    } else if (answer.requestId === 0) {
      this.#takeUnasked(peer, answer.blocks);
    }
    this.#advance();
  }

  /** What the peer does not have (any more) is asked of others; that is no fault of it. */
  refused(peer: Hex32, { requestId, base }: SyncRefusal): void {
    const request = this.#open.get(requestId);
    const record = this.#peers.get(peer);
    if (request === undefined || request.peer !== peer || record === undefined) return;
    this.#close(requestId);
    if (base <= request.from) this.#failed(peer, 'sync.bad-answer');
    else record.base = base;
    this.#ask();
  }

  stop(): void {
    this.#wake?.();
    for (const id of [...this.#open.keys()]) this.#close(id);
    this.#peers.clear();
    this.#fetched.clear();
  }

  #takeRange(request: OpenRequest, blocks: readonly DecidedBlock[]): void {
    const inOrder = blocks.every(({ block }, index) => block.header.height === request.from + index);
    if (blocks.length === 0 || blocks.length > request.count || !inOrder) {
      return this.#failed(request.peer, 'sync.bad-answer');
    }
    const record = this.#peers.get(request.peer);
    if (record !== undefined) {
      record.failures = 0;
      record.msPerBlock = (this.#deps.clock.monotonicMs() - request.askedAtMs) / blocks.length;
    }
    for (const decided of blocks) this.#keep(request.peer, decided);
  }

  /** A peer that saw us one behind sends the next block without being asked (rule 16). */
  #takeUnasked(peer: Hex32, blocks: readonly DecidedBlock[]): void {
    const [decided] = blocks;
    if (blocks.length === 1 && decided?.block.header.height === this.#deps.host.tipHeight() + 1) {
      this.#keep(peer, decided);
    }
  }

  #keep(peer: Hex32, decided: DecidedBlock): void {
    const { height } = decided.block.header;
    if (height > this.#deps.host.tipHeight() && !this.#fetched.has(height))
      this.#fetched.set(height, { peer, decided });
  }

  /** Applies what is next in line, as much as is there, then asks for more. */
  #advance(): void {
    if (this.#applying) return this.#ask();
    this.#dropApplied();
    const next = this.#nextInLine();
    if (next.length === 0) return this.#ask();
    this.#applying = true;
    this.#deps.host.apply(next, (result) => {
      this.#applying = false;
      if (result === 'stopped') return;
      if (result === 'refused') this.#refusedNext();
      this.#advance();
    });
    // While they are written, the next ones are on their way.
    this.#ask();
  }

  #dropApplied(): void {
    const tip = this.#deps.host.tipHeight();
    for (const height of this.#fetched.keys()) if (height <= tip) this.#fetched.delete(height);
  }

  #nextInLine(): DecidedBlock[] {
    const blocks: DecidedBlock[] = [];
    const first = this.#deps.host.tipHeight() + 1;
    for (let next = this.#fetched.get(first); next !== undefined && blocks.length < SYNC_RUN_BLOCKS_MAX; ) {
      blocks.push(next.decided);
      next = this.#fetched.get(first + blocks.length);
    }
    return blocks;
  }

  /** The block above the tip: another one is fetched in its place. */
  #refusedNext(): void {
    const peer = this.#fetched.get(this.#deps.host.tipHeight() + 1)?.peer;
    if (peer !== undefined) this.#refused(peer);
  }

  /** Everything that a lying peer sent is forgotten with it. */
  #refused(peer: Hex32): void {
    for (const [height, fetched] of this.#fetched) if (fetched.peer === peer) this.#fetched.delete(height);
    this.#deps.host.penalize(peer, 'sync.refused-block');
    this.#failed(peer, 'sync.refused-block');
  }

  #failed(peer: Hex32, code: 'sync.bad-answer' | 'sync.refused-block' | 'sync.timeout'): void {
    const { clock, report } = this.#deps;
    const record = this.#peers.get(peer);
    if (record === undefined) return;
    record.failures += 1;
    const restMs = Math.min(SYNC_BACKOFF_MS_MAX, SYNC_BACKOFF_MS_MIN * 2 ** Math.min(record.failures, 16));
    record.restingUntilMs = clock.monotonicMs() + restMs;
    report({ level: 'warn', code, peer, failures: record.failures });
    this.#wake?.();
    this.#wake = clock.after(restMs, () => this.#ask());
  }

  #ask(): void {
    const { clock, host } = this.#deps;
    const now = clock.monotonicMs();
    const target = this.claimedTip();
    for (let from = this.#firstMissing(); from <= target; from = this.#firstMissing()) {
      if (this.#open.size + this.#fetched.size / SYNC_BLOCKS_MAX >= SYNC_RANGES_MAX) return;
      const peer = this.#idlePeer(from, now);
      if (peer === undefined) return this.#noticePruned(from, target);
      this.#request(peer, from, this.#gapAt(from, this.#peers.get(peer)?.tip ?? from));
      if (host.tipHeight() >= target) return;
    }
  }

  #firstMissing(): number {
    let height = this.#deps.host.tipHeight() + 1;
    for (let end = this.#coveredFrom(height); end !== undefined; end = this.#coveredFrom(height))
      height = end + 1;
    return height;
  }

  /** Last height of what is fetched or asked for from `height` on; undefined when nothing is. */
  #coveredFrom(height: number): number | undefined {
    if (this.#fetched.has(height)) return height;
    for (const { from, count } of this.#open.values()) {
      if (from <= height && height < from + count) return from + count - 1;
    }
    return undefined;
  }

  #gapAt(from: number, peerTip: number): number {
    let count = 1;
    const last = Math.min(peerTip, from + SYNC_BLOCKS_MAX - 1);
    while (from + count <= last && this.#coveredFrom(from + count) === undefined) count += 1;
    return count;
  }

  /** Who answers fast goes first: one that drips, a block at a time, is left with what nobody else is free for. */
  #idlePeer(from: number, nowMs: number): Hex32 | undefined {
    const busy = new Set([...this.#open.values()].map((request) => request.peer));
    const able = [...this.#peers].filter(
      ([peer, { tip, base, restingUntilMs }]) =>
        base <= from && tip >= from && restingUntilMs <= nowMs && !busy.has(peer),
    );
    able.sort(([, a], [, b]) => a.failures - b.failures || a.msPerBlock - b.msPerBlock || b.tip - a.tip);
    return able[0]?.[0];
  }

  /** Says once when every peer that is ahead has pruned the next block: only a snapshot helps then. */
  #noticePruned(from: number, claimedTip: number): void {
    const ahead = [...this.#peers.values()].filter(({ tip }) => tip >= from);
    const base = Math.min(...ahead.map((record) => record.base));
    if (from !== this.#deps.host.tipHeight() + 1 || base <= from || this.#prunedBase === base) return;
    this.#prunedBase = base;
    this.#deps.report({ level: 'warn', code: 'sync.pruned', height: from, base, claimedTip });
  }

  #request(peer: Hex32, from: number, count: number): void {
    const { clock, host } = this.#deps;
    const requestId = this.#nextRequestId;
    this.#nextRequestId = nextRequestId(requestId);
    const cancel = clock.after(SYNC_TIMEOUT_MS, () => {
      this.#close(requestId);
      this.#failed(peer, 'sync.timeout');
      this.#ask();
    });
    this.#open.set(requestId, { peer, from, count, askedAtMs: clock.monotonicMs(), cancel });
    host.send(peer, { type: 'blocks-request', requestId, fromHeight: from, count });
  }

  #close(requestId: number): void {
    this.#open.get(requestId)?.cancel();
    this.#open.delete(requestId);
  }
}
