// Owns: questions to peers that wait for their answer: ids, time limits, which answer belongs to which. Does not own:
// whom to ask, and what an answer is worth.
import type { Hex32 } from '@consilium/core';
import type { CustodyMessage } from '../messages/custody.ts';
import { firstRequestId, nextRequestId } from '../messages/request-ids.ts';
import type { Cancel, Clock } from '../ports.ts';
import type { Send } from './types.ts';

/** Messages that answer a question. */
export type Answer = Extract<
  CustodyMessage,
  { readonly type: 'package-answer' | 'blobs-answer' | 'release-answer' | 'heights-answer' | 'refusal' }
>;

/** The answer, or why there is none: no link (any more), or no answer in time. */
export type Reply = Answer | 'closed' | 'late';

interface Open {
  readonly peer: Hex32;
  readonly done: (reply: Reply) => void;
  readonly cancel: Cancel;
}

export class Asks {
  readonly #send: Send;
  readonly #clock: Clock;
  readonly #open = new Map<number, Open>();
  #nextId: number;

  constructor(send: Send, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
    this.#nextId = firstRequestId(clock);
  }

  /** Calls `done` once, at once when the peer is not connected. */
  ask(
    peer: Hex32,
    question: (requestId: number) => CustodyMessage,
    timeoutMs: number,
    done: (reply: Reply) => void,
  ): void {
    const requestId = this.#nextId;
    this.#nextId = nextRequestId(requestId);
    if (!this.#send(peer, question(requestId))) return done('closed');
    const cancel = this.#clock.after(timeoutMs, () => this.#end(requestId, 'late'));
    this.#open.set(requestId, { peer, done, cancel });
  }

  /** An answer that nobody waits for any more is nothing. */
  answered(peer: Hex32, answer: Answer): void {
    if (this.#open.get(answer.requestId)?.peer === peer) this.#end(answer.requestId, answer);
  }

  forget(peer: Hex32): void {
    for (const [id, open] of [...this.#open]) if (open.peer === peer) this.#end(id, 'closed');
  }

  /** Nobody is answered any more. */
  stop(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }

  #end(requestId: number, reply: Reply): void {
    const open = this.#open.get(requestId);
    if (open === undefined) return;
    this.#open.delete(requestId);
    open.cancel();
    open.done(reply);
  }
}
