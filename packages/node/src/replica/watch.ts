// Owns: since when: what this node saw of each validator and each link, how long the running height takes, and saying so
// once when it is stuck, out of reach of a quorum, or when its clock is off. Does not own: agreement, and the words for
// people (observe/why.ts).
import { type State, stuckAfterMs, type TimeoutKind } from '@consilium/consensus';
import { type Hex32, isQuorum, totalPower, type ValidatorSet } from '@consilium/core';
import type { Clock, Report } from '../ports.ts';
import type { LogEntry } from './log-entry.ts';

/** The latest message of a validator that agreement took. */
export interface Heard {
  readonly height: number;
  readonly round: number;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

export interface LinkSince {
  readonly connected: boolean;
  /** Monotonic milliseconds; of a link that never was: the start of this node. */
  readonly sinceMs: number;
}

export interface WatchDeps {
  readonly self: Hex32;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly report: Report;
}

/** What is looked at in each tick. */
export interface TickFacts {
  readonly validators: ValidatorSet;
  readonly state: State | undefined;
  readonly clockOffsetMs: number | undefined;
  readonly precisionMs: number;
}

export class Watch {
  readonly #deps: WatchDeps;
  readonly #startedMs: number;
  readonly #heard = new Map<Hex32, Heard>();
  readonly #links = new Map<Hex32, LinkSince>();
  readonly #timeouts: Record<TimeoutKind, number> = { propose: 0, prevote: 0, precommit: 0 };
  #lateVotes = 0;
  #heightMs: number;
  #roundMs: number;
  #workMs: number | undefined;
  #round = 0;
  #saidStuck = false;
  #saidApart = false;
  #saidClockOff = false;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonicMs();
    this.#heightMs = this.#startedMs;
    this.#roundMs = this.#startedMs;
  }

  /** When the running height, its round, and its work began; undefined: it has no work. Monotonic milliseconds. */
  get since(): { readonly height: number; readonly round: number; readonly work: number | undefined } {
    return { height: this.#heightMs, round: this.#roundMs, work: this.#workMs };
  }

  /** Timeouts that agreement took, since the start. */
  get timeouts(): Readonly<Record<TimeoutKind, number>> {
    return this.#timeouts;
  }

  /** Votes that came after their height was decided here, since the start. */
  get lateVotes(): number {
    return this.#lateVotes;
  }

  votedLate(): void {
    this.#lateVotes += 1;
  }

  heardOf(validator: Hex32): Heard | undefined {
    return this.#heard.get(validator);
  }

  linkTo(peer: Hex32): LinkSince {
    return this.#links.get(peer) ?? { connected: false, sinceMs: this.#startedMs };
  }

  heightBegan(validators: ValidatorSet): void {
    this.#heightMs = this.#deps.clock.monotonicMs();
    this.#roundMs = this.#heightMs;
    this.#round = 0;
    this.#workMs = undefined;
    const members = new Set(validators.map(({ id }) => id));
    for (const id of this.#heard.keys()) if (!members.has(id)) this.#heard.delete(id);
    for (const [id, link] of this.#links) if (!members.has(id) && !link.connected) this.#links.delete(id);
    if (!this.#saidStuck) return;
    this.#saidStuck = false;
    this.#deps.report({ level: 'info', code: 'consensus.moving' });
  }

  stepped(entry: LogEntry, state: State): void {
    const atMs = this.#deps.clock.monotonicMs();
    if (state.round !== this.#round) {
      this.#round = state.round;
      this.#roundMs = atMs;
    }
    if (entry.type === 'timeout') this.#timeouts[entry.kind] += 1;
    if (entry.type === 'vote') this.#hear(entry.vote.validator, entry.vote, atMs);
    if (entry.type === 'proposal') this.#hear(entry.message.proposal.validator, entry.message.proposal, atMs);
  }

  /** Whether work waits now: a transaction or evidence that this node could put into a block. */
  work(waits: boolean): void {
    if (waits) this.#workMs ??= this.#deps.clock.monotonicMs();
    else this.#workMs = undefined;
  }

  linked(peer: Hex32, connected: boolean): void {
    this.#links.set(peer, { connected, sinceMs: this.#deps.clock.monotonicMs() });
  }

  /** How long work has waited in the running height without a decision; undefined: none waits. Milliseconds. */
  workForMs(): number | undefined {
    return this.#workMs === undefined ? undefined : this.#deps.clock.monotonicMs() - this.#workMs;
  }

  isStuck(state: State | undefined): boolean {
    const forMs = this.workForMs();
    if (state === undefined || forMs === undefined) return false;
    const { params, validators } = state.config;
    return forMs > stuckAfterMs(params, validators.length);
  }

  /** Whoever this node reaches now, itself included. */
  reached(validators: ValidatorSet): ValidatorSet {
    const { self } = this.#deps;
    return validators.filter(({ id }) => id === self || this.linkTo(id).connected);
  }

  /** Says what has changed since the last tick; what is gone between two ticks is not said. */
  tick(facts: TickFacts): void {
    this.#sayQuorum(facts.validators);
    this.#sayStuck(facts.state);
    this.#sayClock(facts);
  }

  #hear(validator: Hex32, { height, round }: { height: number; round: number }, atMs: number): void {
    this.#heard.set(validator, { height, round, atMs });
  }

  #sayQuorum(validators: ValidatorSet): void {
    const reached = totalPower(this.reached(validators));
    const total = totalPower(validators);
    const isApart = !isQuorum(reached, total);
    if (isApart === this.#saidApart) return;
    this.#saidApart = isApart;
    const facts = { reached, total, needed: quorumOf(total) };
    const { report } = this.#deps;
    if (isApart) report({ level: 'warn', code: 'consensus.no-quorum', ...facts });
    else report({ level: 'info', code: 'consensus.quorum-back', ...facts });
  }

  #sayStuck(state: State | undefined): void {
    if (this.#saidStuck || state === undefined || !this.isStuck(state)) return;
    this.#saidStuck = true;
    const { round, step, config } = state;
    const forMs = Math.round(this.workForMs() ?? 0);
    const { height } = config;
    this.#deps.report({ level: 'warn', code: 'consensus.stuck', height, round, step, forMs });
  }

  #sayClock({ clockOffsetMs, precisionMs }: TickFacts): void {
    if (clockOffsetMs === undefined) return;
    const isOff = isClockOff(clockOffsetMs, precisionMs);
    if (isOff === this.#saidClockOff) return;
    this.#saidClockOff = isOff;
    const facts = { offsetMs: Math.round(clockOffsetMs), precisionMs };
    const { report } = this.#deps;
    if (isOff) report({ level: 'warn', code: 'clock.off', ...facts });
    else report({ level: 'info', code: 'clock.right', ...facts });
  }
}

/** At half of what is allowed there is still time to act: beyond it the others prevote nil on this node's proposals. */
export function isClockOff(offsetMs: number, precisionMs: number): boolean {
  return Math.abs(offsetMs) * 2 > precisionMs;
}

/** The least power that is a quorum. */
export function quorumOf(total: number): number {
  let power = 0;
  while (!isQuorum(power, total)) power += 1;
  return power;
}
