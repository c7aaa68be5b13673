// Owns: whether this node is as far as a quorum was when a request arrived (read index; Ongaro, "Consensus: bridging theory
// and practice", 6.4), against validators that may lie: a height counts only with certificates, a bare claim holds nothing
// up. Does not own: what is answered then.
import {
  advanceAll,
  decodeLightSteps,
  type ErrorCode,
  encodeLightSteps,
  findValidator,
  type Genesis,
  type Hex32,
  isConsiliumError,
  isQuorum,
  type LightState,
  lightGenesis,
  nextValidators,
  totalPower,
  type ValidatorSet,
  type Verify,
  validatorSetHash,
  validatorsAt,
} from '@consilium/core';
import { READ_INDEX_MS, READ_INDEX_OVERLAP_MS } from '../limits.ts';
import type { HeightsAnswer } from '../messages/custody.ts';
import type { Cancel, Clock, Peers } from '../ports.ts';
import type { Asks } from './asks.ts';
import type { LedgerSight } from './types.ts';

export interface ReadIndexDeps extends LedgerSight {
  readonly self: Hex32;
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  readonly asks: Asks;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
  readonly clock: Clock;
}

interface Waiter {
  readonly done: (refusal: ErrorCode | undefined) => void;
  readonly cancel: Cancel;
}

/** One round of questions, for all requests that were there when it began. */
interface Round {
  readonly light: LightState;
  readonly validators: ValidatorSet;
  readonly told: Set<Hex32>;
  readonly waiters: Set<Waiter>;
  readonly startedMs: number;
  /** The highest height for which a certificate was shown. */
  target: number;
}

export class ReadIndex {
  readonly #deps: ReadIndexDeps;
  readonly #rounds = new Set<Round>();
  #next = new Set<Waiter>();
  #overlap: Cancel | undefined;

  constructor(deps: ReadIndexDeps) {
    this.#deps = deps;
  }

  /** `done` without a refusal once this node has committed what a quorum had; `CUSTODY_STALE` when it could not learn it. */
  ask(done: (refusal: ErrorCode | undefined) => void): void {
    const waiter: Waiter = {
      done,
      cancel: this.#deps.clock.after(READ_INDEX_MS, () => this.#expire(waiter)),
    };
    this.#next.add(waiter);
    this.#beginNext();
  }

  /** A block was committed. */
  committed(): void {
    for (const round of [...this.#rounds]) this.#look(round);
  }

  stop(): void {
    this.#overlap?.();
    const waiters = [this.#next, ...[...this.#rounds].map((round) => round.waiters)];
    for (const waiter of waiters.flatMap((set) => [...set])) waiter.cancel();
    this.#rounds.clear();
    this.#next.clear();
  }

  #expire(waiter: Waiter): void {
    this.#next.delete(waiter);
    for (const round of [...this.#rounds]) {
      round.waiters.delete(waiter);
      if (round.waiters.size === 0) this.#rounds.delete(round);
    }
    waiter.done('CUSTODY_STALE');
    this.#beginNext();
  }

  /** One round asks at a time, unless it has found no quorum for a while. */
  #beginNext(): void {
    if (this.#next.size === 0) return;
    const nowMs = this.#deps.clock.monotonicMs();
    const asking = [...this.#rounds].filter((round) => !hasQuorum(round));
    const waitMs = Math.max(0, ...asking.map(({ startedMs }) => startedMs + READ_INDEX_OVERLAP_MS - nowMs));
    if (waitMs === 0) return this.#begin(nowMs);
    this.#overlap ??= this.#deps.clock.after(waitMs, () => {
      this.#overlap = undefined;
      this.#beginNext();
    });
  }

  #begin(startedMs: number): void {
    const { state, self, net, asks } = this.#deps;
    const waiters = this.#next;
    this.#next = new Set();
    const light = this.#lightState();
    const validators = nextValidators(state);
    const round: Round = {
      light,
      validators,
      told: new Set([self]),
      waiters,
      startedMs,
      target: light.height,
    };
    this.#rounds.add(round);
    for (const peer of net.connected()) {
      if (findValidator(validators, peer) === undefined) continue;
      const { height } = light;
      asks.ask(
        peer,
        (requestId) => ({ type: 'heights-request', requestId, height }),
        READ_INDEX_MS,
        (reply) => {
          if (typeof reply !== 'string' && reply.type === 'heights-answer') this.#told(round, peer, reply);
        },
      );
    }
    this.#look(round);
  }

  #told(round: Round, peer: Hex32, answer: HeightsAnswer): void {
    if (!this.#rounds.has(round) || round.told.has(peer)) return;
    if (answer.height > Math.max(round.target, this.#deps.tip().height)) {
      const shown = this.#shownHeight(round, answer);
      if (shown === undefined) return this.#deps.net.penalize(peer, 'custody.height-unproven');
      round.target = Math.max(round.target, shown);
    }
    round.told.add(peer);
    this.#look(round);
    this.#beginNext();
  }

  /** undefined: a bare claim, or steps that prove less than it. */
  #shownHeight({ light }: Round, { height, steps }: HeightsAnswer): number | undefined {
    try {
      const shown = advanceAll(light, decodeLightSteps(steps), this.#deps.verify).height;
      return shown >= height ? shown : undefined;
    } catch (error) {
      if (isConsiliumError(error)) return undefined;
      throw error;
    }
  }

  #look(round: Round): void {
    if (!hasQuorum(round) || this.#deps.tip().height < round.target) return;
    this.#rounds.delete(round);
    const set = nextValidators(this.#deps.state);
    if (validatorSetHash(set) !== validatorSetHash(round.validators)) {
      // Another set decides by now, and it is a quorum of that one which must be heard.
      for (const waiter of round.waiters) this.#next.add(waiter);
      return this.#beginNext();
    }
    for (const { cancel, done } of round.waiters) {
      cancel();
      done(undefined);
    }
  }

  #lightState(): LightState {
    const { genesis, genesisHash, state, tip } = this.#deps;
    const { height, blockId, time, stateRoot } = tip();
    if (height === 0) return lightGenesis(genesis);
    const following = nextValidators(state);
    const validators = validatorsAt(state, height) ?? following;
    return {
      genesis: genesisHash,
      height,
      blockId,
      time,
      validators,
      nextValidators: following,
      stateRoot,
    };
  }
}

function hasQuorum({ validators, told }: Round): boolean {
  return isQuorum(totalPower(validators.filter(({ id }) => told.has(id))), totalPower(validators));
}

/** The answer of a node that is no further than the asker. */
export const NO_STEPS: Uint8Array = encodeLightSteps([]);
