// Owns: passing a reader's request on to every custodian that may hold shares of it, this node included, and handing back
// what each one says. Does not own: the shares of this node (releaser.ts); what an answer is worth, which the reader
// checks.
import {
  ACCESSES,
  BATCHES,
  ConsiliumError,
  currentEpoch,
  custodyEpoch,
  custodyThreshold,
  decodeRelease,
  decodeReleaseRequest,
  type ErrorCode,
  encodeRelease,
  type Hex32,
  isConsiliumError,
  RECORDS,
  type ReleaseRequest,
  readRow,
  type StateReader,
} from '@consilium/core';
import { RELAY_MS_MAX, RELAY_SETTLE_MS } from '../limits.ts';
import type { Cancel, Clock } from '../ports.ts';
import type { Asks, Reply } from './asks.ts';
import type { Releaser } from './releaser.ts';
import type { Outcome } from './types.ts';

export type RelayWait = 'enough' | 'all';

/** `release`: encoded. */
export type CustodianAnswer =
  | { readonly custodian: Hex32; readonly release: Uint8Array }
  | { readonly custodian: Hex32; readonly code: ErrorCode };

export interface RelayDeps {
  readonly self: Hex32;
  readonly state: StateReader;
  readonly clock: Clock;
  readonly asks: Asks;
  readonly releaser: Releaser;
}

interface Asked {
  readonly custodians: readonly Hex32[];
  /** Releases after which a reader can do without the others. */
  readonly enough: number;
}

export class Relay {
  readonly #deps: RelayDeps;
  readonly #timers = new Set<Cancel>();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /** In the order of the answers; who has not answered stands at the end with `CUSTODY_STALE`. */
  relay(
    bytes: Uint8Array,
    wait: RelayWait,
    done: (result: Outcome<readonly CustodianAnswer[]>) => void,
  ): void {
    let request: ReleaseRequest;
    try {
      request = decodeReleaseRequest(bytes).request;
    } catch (error) {
      if (isConsiliumError(error)) return done(error);
      throw error;
    }
    const { custodians, enough } = this.#asked(request);
    if (custodians.length === 0) return done(new ConsiliumError('CUSTODY_TOO_FEW', { custodians: 0 }));
    const answers = new Map<Hex32, CustodianAnswer>();
    const timers = new Set<Cancel>();
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      for (const cancel of timers) this.#forget(cancel);
      const silent = custodians.filter((custodian) => !answers.has(custodian));
      done([
        ...answers.values(),
        ...silent.map((custodian) => ({ custodian, code: 'CUSTODY_STALE' as const })),
      ]);
    };
    const after = (delayMs: number): void => {
      const cancel = this.#deps.clock.after(delayMs, () => {
        this.#timers.delete(cancel);
        end();
      });
      timers.add(cancel);
      this.#timers.add(cancel);
    };
    const answered = (answer: CustodianAnswer): void => {
      answers.set(answer.custodian, answer);
      if (answers.size === custodians.length) return end();
      const releases = [...answers.values()].filter((each) => 'release' in each).length;
      if (wait === 'enough' && releases === enough && 'release' in answer) after(RELAY_SETTLE_MS);
    };
    after(RELAY_MS_MAX);
    for (const custodian of custodians) this.#ask(custodian, bytes, answered);
  }

  stop(): void {
    for (const cancel of [...this.#timers]) this.#forget(cancel);
  }

  #forget(cancel: Cancel): void {
    cancel();
    this.#timers.delete(cancel);
  }

  #ask(custodian: Hex32, bytes: Uint8Array, answered: (answer: CustodianAnswer) => void): void {
    const { self, releaser, asks } = this.#deps;
    if (custodian === self) {
      return releaser.release(bytes, (result) =>
        answered(
          isConsiliumError(result)
            ? { custodian, code: result.code }
            : { custodian, release: encodeRelease(result) },
        ),
      );
    }
    asks.ask(
      custodian,
      (requestId) => ({ type: 'release-request', requestId, bytes }),
      RELAY_MS_MAX,
      (reply) => answered(answerOf(custodian, reply)),
    );
  }

  /** Custodians of every epoch that holds one of the records; of the current one when this node knows none of them. */
  #asked({ patient, access, places }: ReleaseRequest): Asked {
    const { state } = this.#deps;
    const items = readRow(state, ACCESSES, patient, access)?.items ?? [];
    const epochs = new Set<number>();
    for (const item of places.flatMap((place) => items[place] ?? [])) {
      const record = readRow(state, RECORDS, item.record);
      const batch = record === undefined ? undefined : readRow(state, BATCHES, record.batch);
      if (batch !== undefined) epochs.add(batch.epoch);
    }
    if (epochs.size === 0) epochs.add(currentEpoch(state));
    const known = [...epochs].map((epoch) => custodyEpoch(state, epoch)?.custodians ?? []);
    const custodians = new Set(known.flatMap((each) => each.map(({ id }) => id)));
    const enough = Math.max(...known.map((each) => custodyThreshold(each.length))) + 1;
    return { custodians: [...custodians], enough };
  }
}

function answerOf(custodian: Hex32, reply: Reply): CustodianAnswer {
  if (reply === 'closed') return { custodian, code: 'P2P_LINK_CLOSED' };
  if (reply === 'late') return { custodian, code: 'CUSTODY_STALE' };
  if (reply.type === 'refusal') return { custodian, code: reply.code };
  if (reply.type !== 'release-answer') return { custodian, code: 'ENCODING_INVALID' };
  try {
    const release = decodeRelease(reply.bytes);
    if (release.custodian !== custodian) return { custodian, code: 'ENCODING_INVALID' };
    return { custodian, release: reply.bytes };
  } catch (error) {
    if (isConsiliumError(error)) return { custodian, code: error.code };
    throw error;
  }
}
