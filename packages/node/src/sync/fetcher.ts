// Owns: asking several peers for many things at once: whom, how many, for how long, and whom last after it lied, was silent
// or slow. Does not own: what is asked for, and whether an answer is true (the asker's `take`).
import type { Hex32 } from '@consilium/core';
import {
  JOIN_REQUESTS_PER_PEER_MAX,
  JOIN_TIMEOUT_MS,
  SYNC_BACKOFF_MS_MAX,
  SYNC_BACKOFF_MS_MIN,
} from '../limits.ts';
import { firstRequestId, nextRequestId } from '../messages/request-ids.ts';
import type { SnapshotAnswer, SnapshotRequest } from '../messages/snapshot.ts';
import type { Cancel, Clock, Report } from '../ports.ts';

/** `taken`: it is done. `absent`: this peer does not have it. `false`: the peer lied, or broke the form. */
export type Verdict = 'taken' | 'absent' | 'false';

export interface Errand {
  readonly request: (requestId: number) => SnapshotRequest;
  readonly take: (answer: SnapshotAnswer, peer: Hex32) => Verdict;
  /** Every connected peer says that it does not have it. */
  readonly nobody: () => void;
}

export interface FetcherDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly send: (peer: Hex32, request: SnapshotRequest) => void;
  readonly penalize: (peer: Hex32, code: string) => void;
}

interface PeerRecord {
  open: number;
  failures: number;
  /** Of its last answer. */
  tookMs: number;
  restingUntilMs: number;
}

interface Pending {
  readonly errand: Errand;
  readonly absentAt: Set<Hex32>;
}

interface Open {
  readonly peer: Hex32;
  readonly pending: Pending;
  readonly askedAtMs: number;
  readonly cancel: Cancel;
}

export class Fetcher {
  readonly #deps: FetcherDeps;
  readonly #peers = new Map<Hex32, PeerRecord>();
  readonly #open = new Map<number, Open>();
  #waiting: Pending[] = [];
  #nextRequestId: number;
  #wake: Cancel | undefined;
  #stopped = false;

  constructor(deps: FetcherDeps) {
    this.#deps = deps;
    this.#nextRequestId = firstRequestId(deps.clock);
  }

  /** In the order of the calls, as peers are free. A caller has a few dozen under way at most. */
  fetch(errand: Errand): void {
    this.#waiting.push({ errand, absentAt: new Set() });
    this.#pump();
  }

  connected(peer: Hex32): void {
    if (!this.#peers.has(peer)) this.#peers.set(peer, { open: 0, failures: 0, tookMs: 0, restingUntilMs: 0 });
    this.#pump();
  }

  gone(peer: Hex32): void {
    this.#peers.delete(peer);
    for (const [id, open] of [...this.#open]) if (open.peer === peer) this.#again(id, open);
    this.#pump();
  }

  answered(peer: Hex32, answer: SnapshotAnswer): void {
    const open = this.#open.get(answer.requestId);
    if (open === undefined || open.peer !== peer) return;
    this.#close(answer.requestId, open);
    const record = this.#peers.get(peer);
    if (record !== undefined) record.tookMs = this.#deps.clock.monotonicMs() - open.askedAtMs;
    const verdict = open.pending.errand.take(answer, peer);
    if (this.#stopped) return;
    if (verdict === 'taken' && record !== undefined) record.failures = 0;
    if (verdict === 'absent') open.pending.absentAt.add(peer);
    if (verdict === 'false') {
      this.blame(peer, `false-${answer.type}`);
    }
    if (verdict !== 'taken') this.#waiting.unshift(open.pending);
    this.#pump();
  }

  /** What this peer said turned out false later on. */
  blame(peer: Hex32, code: string): void {
    this.#deps.penalize(peer, `snapshot.${code}`);
    this.#deps.report({ level: 'warn', code: 'join.false', peer, reason: code });
    this.#failed(peer);
  }

  /** Nothing of what was asked for is wanted any more. */
  clear(): void {
    this.#waiting = [];
    for (const [id, open] of [...this.#open]) this.#close(id, open);
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
    this.clear();
  }

  #pump(): void {
    if (this.#stopped) return;
    for (const pending of [...this.#waiting]) {
      // What an errand begins may have cleared the list.
      if (!this.#waiting.includes(pending)) continue;
      const peer = this.#bestFor(pending);
      if (peer !== undefined) this.#ask(peer, pending);
      else if (this.#isNowhere(pending)) {
        this.#waiting = this.#waiting.filter((other) => other !== pending);
        pending.errand.nobody();
        if (this.#stopped) return;
      } else if (this.#allBusy()) return;
    }
  }

  #allBusy(): boolean {
    return [...this.#peers.values()].every(({ open }) => open >= JOIN_REQUESTS_PER_PEER_MAX);
  }

  #isNowhere({ absentAt }: Pending): boolean {
    return this.#peers.size > 0 && [...this.#peers.keys()].every((peer) => absentAt.has(peer));
  }

  #bestFor({ absentAt }: Pending): Hex32 | undefined {
    const now = this.#deps.clock.monotonicMs();
    const able = [...this.#peers].filter(
      ([peer, { open, restingUntilMs }]) =>
        open < JOIN_REQUESTS_PER_PEER_MAX && restingUntilMs <= now && !absentAt.has(peer),
    );
    able.sort(([, a], [, b]) => a.failures - b.failures || a.open - b.open || a.tookMs - b.tookMs);
    return able[0]?.[0];
  }

  #ask(peer: Hex32, pending: Pending): void {
    const { clock, send } = this.#deps;
    const requestId = this.#nextRequestId;
    this.#nextRequestId = nextRequestId(requestId);
    this.#waiting.splice(this.#waiting.indexOf(pending), 1);
    const open: Open = {
      peer,
      pending,
      askedAtMs: clock.monotonicMs(),
      cancel: clock.after(JOIN_TIMEOUT_MS, () => {
        this.#again(requestId, open);
        this.#deps.report({ level: 'warn', code: 'join.timeout', peer });
        this.#failed(peer);
        this.#pump();
      }),
    };
    this.#open.set(requestId, open);
    const record = this.#peers.get(peer);
    if (record !== undefined) record.open += 1;
    send(peer, pending.errand.request(requestId));
  }

  #again(requestId: number, open: Open): void {
    this.#close(requestId, open);
    this.#waiting.unshift(open.pending);
  }

  #close(requestId: number, { peer, cancel }: Open): void {
    cancel();
    this.#open.delete(requestId);
    const record = this.#peers.get(peer);
    if (record !== undefined) record.open -= 1;
  }

  #failed(peer: Hex32): void {
    const { clock } = this.#deps;
    const record = this.#peers.get(peer);
    if (record === undefined) return;
    record.failures += 1;
    const restMs = Math.min(SYNC_BACKOFF_MS_MAX, SYNC_BACKOFF_MS_MIN * 2 ** Math.min(record.failures, 16));
    record.restingUntilMs = clock.monotonicMs() + restMs;
    this.#armWake();
  }

  /** For the peer whose rest ends first. */
  #armWake(): void {
    const { clock } = this.#deps;
    const now = clock.monotonicMs();
    const rests = [...this.#peers.values()].map(({ restingUntilMs }) => restingUntilMs - now);
    const nextMs = Math.min(...rests.filter((restMs) => restMs > 0));
    this.#wake?.();
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#wake = clock.after(nextMs, () => {
      this.#pump();
      this.#armWake();
    });
  }
}
