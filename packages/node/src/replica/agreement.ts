// Owns: running agreement's pure step for one height after another: log the input, step, make own messages durable,
// sign them, feed them back, perform the rest. The order of docs/protocol.md section 4 is visible in `#signAll`.
// Does not own: what effects mean outside (AgreementHost), when inputs arrive (replica.ts), what a log says (replay.ts).
import {
  type Effect,
  type HeightConfig,
  type OwnMessage,
  resume,
  type State,
  startHeight,
  step,
} from '@consilium/consensus';
import {
  ConsiliumError,
  type ErrorCode,
  equalBytes,
  type Hex32,
  type Hex64,
  headerId,
  isConsiliumError,
  proposalPayload,
  type SignedProposal,
  type Vote,
  votePayload,
} from '@consilium/core';
import type { ProposalMessage, Value } from '../messages/wire.ts';
import type { Cancel, Clock, Done, Report } from '../ports.ts';
import { decodeLogEntry, encodeLogEntry, inputOf, type LogEntry, type LoggedEntry } from './log-entry.ts';
import { isSameReplay, payloadOf, type Replayed, replayHeight, unsignedOf } from './replay.ts';

export type DecideEffect = Extract<Effect, { type: 'decide' }>;
type OutsideEffect = Exclude<Effect, { type: 'sign' | 'decide' | 'schedule' }>;
type ScheduleEffect = Extract<Effect, { type: 'schedule' }>;

/** The log of one height as agreement uses it (wal/). */
export interface HeightLog {
  begin(height: number): void;
  append(entry: { readonly kind: 'input' | 'message' | 'value'; readonly bytes: Uint8Array }): void;
  sync(done: Done): void;
}

/** Signs after its record is durable, or refuses (signing/). */
export interface MessageSigner {
  sign(
    request: {
      readonly kind: 'proposal' | 'prevote' | 'precommit';
      readonly height: number;
      readonly round: number;
      readonly payload: Uint8Array;
    },
    heldByLog: boolean,
    done: (result: { readonly signature: Hex64 } | { readonly refused: ErrorCode }) => void,
  ): void;
}

/** Refusals of what is signed later, when nothing is in its way any more. */
const WAITS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SIGNER_AWAY', 'QUORUM_UNHEARD']);

/** What agreement asks of the rest of the replica. */
export interface AgreementHost {
  /** Puts a task at the end of the replica's one queue. */
  enqueue(task: (done: () => void) => void): void;
  perform(effect: OutsideEffect): void;
  /** Commits and begins the next height; `done` when that is durable. */
  decide(effect: DecideEffect, done: () => void): void;
  value(id: Hex32): Value | undefined;
  blockBytes(id: Hex32): Uint8Array | undefined;
  addValue(value: Value): void;
  addBlockBytes(bytes: Uint8Array): void;
  /** An own proposal, or one that the log holds: kept whole, to be told again. */
  proposed(message: ProposalMessage): void;
  /** A write that must be durable failed: the node stops. */
  fail(error: ConsiliumError): void;
  /** An input was taken: where agreement stands now. */
  stepped(entry: LogEntry, state: State): void;
}

/** When a timer of the running height is due. Monotonic milliseconds. */
export interface PendingTimer {
  readonly kind: ScheduleEffect['kind'];
  readonly round: number;
  readonly dueMs: number;
}

export interface AgreementDeps {
  readonly self: Hex32;
  readonly log: HeightLog;
  readonly signer: MessageSigner;
  readonly clock: Clock;
  readonly report: Report;
  readonly host: AgreementHost;
}

export class Agreement {
  readonly #deps: AgreementDeps;
  #state: State | undefined;
  #timers: Cancel[] = [];
  #pending: PendingTimer[] = [];
  #loggedValues = new Set<Hex32>();
  #ownLogged: Uint8Array[] = [];
  #muted = false;
  /** Own messages in the log that could not be signed yet (4.7, 4.8), in their order. Later ones wait behind them. */
  #unsigned: OwnMessage[] = [];
  /** The log of this height takes no more: nothing of it is heard or signed, and sync brings what the others decide. */
  #logFull = false;

  constructor(deps: AgreementDeps) {
    this.#deps = deps;
  }

  get state(): State | undefined {
    return this.#state;
  }

  /** The timer that agreement waits for in this round, if it waits for one. */
  get nextTimer(): PendingTimer | undefined {
    const round = this.#state?.round;
    return this.#pending
      .filter((timer) => timer.round === round)
      .reduce<PendingTimer | undefined>(
        (next, timer) => (next === undefined || timer.dueMs < next.dueMs ? timer : next),
        undefined,
      );
  }

  /** Whether the log of this height is full: it is heard and signed no more. */
  get isLogFull(): boolean {
    return this.#logFull;
  }

  /** Signs nothing more until a height begins anew: an own key was seen at work elsewhere. */
  mute(): void {
    this.#muted = true;
  }

  /** Whether the log of the running height holds this own message, signed or not. */
  holdsOwn(message: Vote | SignedProposal): boolean {
    const payload = 'type' in message ? votePayload(message) : proposalPayload(message);
    return this.#ownLogged.some((own) => equalBytes(own, payload));
  }

  /** A height begins, idle. The commit of the one before is durable. */
  begin(config: HeightConfig, signing: boolean): void {
    this.#reset(config, signing);
    this.#deps.log.begin(config.height);
    this.#log('input', encodeLogEntry({ type: 'begin', signing }));
  }

  /**
   * Takes one input of the running height; `done` when everything that it caused is durable and sent. What changes
   * nothing and causes nothing is not logged: repeats and floods cost no disk.
   */
  take(entry: LogEntry, done: () => void): void {
    const input = inputOf(entry);
    if (this.#state === undefined || input === undefined || this.#logFull) return done();
    const { height } = this.#state.config;
    const { state, effects } = step(this.#state, input);
    if (state === this.#state && effects.length === 0) return done();
    // A verdict that the log remembers must find its value there: it is written first, and lost or kept with it.
    if (!this.#logValue(judgedValid(entry)) || !this.#log('input', encodeLogEntry(entry)))
      return this.#unlogged(done);
    this.#state = state;
    this.#deps.host.stepped(entry, state);
    this.#perform(height, effects, done);
  }

  /** The signer is back, or the arrival over: what waits is signed in its order, and only then counted. */
  signWaiting(done: () => void): void {
    const waiting = this.#unsigned;
    this.#unsigned = [];
    const height = this.#state?.config.height;
    if (height === undefined || this.#muted) return done();
    this.#signEach(waiting, [], (entries) => {
      const takeNext = (): void => {
        const entry = entries.shift();
        if (entry === undefined || !this.#isRunning(height)) return done();
        this.take(entry, takeNext);
      };
      takeNext();
    });
  }

  /** Stops the timers; nothing is taken any more. */
  stop(): void {
    this.#cancelTimers();
    this.#state = undefined;
  }

  /** Replays the log of the running height after a restart, then signs what was logged and not yet signed (4.4). */
  restore(config: HeightConfig, signing: boolean, entries: readonly LoggedEntry[], done: () => void): void {
    const begin = entries.find((entry) => entry.kind === 'input');
    const first = begin === undefined ? undefined : decodeLogEntry(begin.bytes);
    if (signing && first?.type === 'begin' && !first.signing && !holdsOwnMessage(entries)) {
      // It watched this height and may sign it now, by the operator's word or with its key in hand: it has said nothing
      // here, so it begins as one that votes. What the others said comes again (rule 16).
      this.begin(config, signing);
      return done();
    }
    this.#reset(config, first?.type === 'begin' ? first.signing && signing : signing);
    if (first === undefined) this.#log('input', encodeLogEntry({ type: 'begin', signing }));
    const replayed = this.#replay(entries);
    const height = config.height;
    for (const effect of replayed.evidence) this.#deps.host.perform(effect);
    this.#signAll(unsignedOf(replayed), replayed.logged, () => {
      if (this.#isRunning(height)) this.#perform(height, resume(this.#state as State), () => undefined);
      if (replayed.decided === undefined || !this.#isRunning(height)) return done();
      this.#deps.host.decide(replayed.decided, done);
    });
  }

  #reset(config: HeightConfig, signing: boolean): void {
    this.stop();
    this.#loggedValues = new Set();
    this.#ownLogged = [];
    this.#muted = false;
    this.#unsigned = [];
    this.#logFull = false;
    this.#state = startHeight(signing ? config : { ...config, self: null });
  }

  #isRunning(height: number): boolean {
    return this.#state?.config.height === height;
  }

  #replay(entries: readonly LoggedEntry[]): Replayed {
    const { self, host } = this.#deps;
    const replayed = replayHeight(this.#state as State, entries, self, host);
    this.#state = replayed.state;
    this.#ownLogged = [...replayed.logged];
    if (isSameReplay(replayed)) return replayed;
    // It was made by other rules: nothing is signed on top of it.
    this.#muted = true;
    const { height } = replayed.state.config;
    this.#deps.report({ level: 'error', code: 'agreement.replay-differs', height });
    return replayed;
  }

  #perform(height: number, effects: readonly Effect[], done: () => void): void {
    const own: OwnMessage[] = [];
    let decided: DecideEffect | undefined;
    for (const effect of effects) {
      if (effect.type === 'sign') own.push(effect.message);
      else if (effect.type === 'schedule') this.#schedule(height, effect);
      else if (effect.type === 'decide') decided = effect;
      else this.#deps.host.perform(effect);
    }
    this.#signAll(own, [], () => {
      if (decided === undefined || !this.#isRunning(height)) return done();
      this.#deps.host.decide(decided, done);
    });
  }

  /**
   * (a) every value that an own message names and the unsigned messages are in the log, synced; (b) the signing record
   * is durable; (c) only then a signature exists, comes back as an input, and is relayed like any first-seen message.
   */
  #signAll(own: readonly OwnMessage[], logged: readonly Uint8Array[], done: () => void): void {
    if (own.length === 0 || this.#muted) return done();
    for (const message of own) {
      const payload = payloadOf(message);
      if (logged.some((bytes) => equalBytes(bytes, payload))) continue;
      if (!this.#logValue(message.content.blockId) || !this.#log('message', payload))
        return this.#unlogged(done);
      this.#ownLogged.push(payload);
    }
    this.#deps.log.sync((error) => {
      if (error !== undefined) return this.#deps.host.fail(error);
      this.#signNext(own, logged, done);
    });
  }

  #signNext(own: readonly OwnMessage[], logged: readonly Uint8Array[], done: () => void): void {
    const [message, ...rest] = own;
    if (message === undefined || this.#state === undefined) return done();
    if (this.#unsigned.length > 0) {
      this.#unsigned.push(...own);
      return done();
    }
    const held = logged.some((bytes) => equalBytes(bytes, payloadOf(message)));
    const { height } = message.content;
    this.#sign(message, held, (entry) => {
      const next = (): void => this.#signNext(rest, logged, done);
      if (entry === undefined || !this.#isRunning(height)) return next();
      this.take(entry, next);
    });
  }

  /** Of messages that the log holds. */
  #signEach(
    own: readonly OwnMessage[],
    signed: readonly LogEntry[],
    done: (signed: LogEntry[]) => void,
  ): void {
    const [message, ...rest] = own;
    if (message === undefined || this.#state === undefined) return done([...signed]);
    if (this.#unsigned.length > 0) {
      this.#unsigned.push(...own);
      return done([...signed]);
    }
    this.#sign(message, true, (entry) =>
      this.#signEach(rest, entry === undefined ? signed : [...signed, entry], done),
    );
  }

  /** undefined: refused, or it waits. */
  #sign(message: OwnMessage, held: boolean, done: (entry: LogEntry | undefined) => void): void {
    const payload = payloadOf(message);
    const { height, round } = message.content;
    this.#deps.signer.sign({ kind: kindOf(message), height, round, payload }, held, (result) => {
      if ('signature' in result) return done(this.#signedEntry(message, result.signature));
      // A refusal by the record is its own safety; a record that cannot be written ends the node.
      if (WAITS.has(result.refused)) this.#unsigned.push(message);
      else if (result.refused !== 'SIGNING_REFUSED')
        return this.#deps.host.fail(new ConsiliumError(result.refused, { height, round }));
      done(undefined);
    });
  }

  #signedEntry(message: OwnMessage, signature: Hex64): LogEntry | undefined {
    const { self, clock, host } = this.#deps;
    if (message.kind === 'vote')
      return { type: 'vote', vote: { ...message.content, validator: self, signature } };
    const value = host.value(message.content.blockId);
    if (value === undefined) return undefined;
    const proposal = { ...message.content, validator: self, signature };
    const whole: ProposalMessage = { type: 'proposal', proposal, value, polka: message.polka };
    host.proposed(whole);
    return { type: 'proposal', message: whole, arrivalMs: clock.wallMs() };
  }

  #logValue(id: Hex32 | null): boolean {
    if (id === null || this.#loggedValues.has(id)) return true;
    const bytes = this.#deps.host.blockBytes(id);
    if (bytes === undefined)
      throw new Error('invariant: an own message names a value whose bodies are not in hand');
    this.#loggedValues.add(id);
    return this.#log('value', bytes);
  }

  #log(kind: LoggedEntry['kind'], bytes: Uint8Array): boolean {
    try {
      this.#deps.log.append({ kind, bytes });
      return true;
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      if (error.code === 'WAL_FULL') this.#giveUpHeight();
      else this.#deps.host.fail(error);
      return false;
    }
  }

  /** A restart would find the same full log: the node stays up and waits for the others to end the height. */
  #giveUpHeight(): void {
    if (this.#logFull) return;
    this.#logFull = true;
    this.#cancelTimers();
    const height = this.#state?.config.height ?? 0;
    this.#deps.report({ level: 'error', code: 'agreement.log-full', height });
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    this.#pending = [];
  }

  /** After a log that is full the queue goes on; after any other failure the node has stopped. */
  #unlogged(done: () => void): void {
    if (this.#logFull) done();
  }

  /** Due timers go to the end of the queue one turn later: what had arrived by then is taken first (section 3). */
  #schedule(height: number, effect: ScheduleEffect): void {
    const { clock, host } = this.#deps;
    const { kind, round } = effect;
    const timer: PendingTimer = { kind, round, dueMs: clock.monotonicMs() + effect.delayMs };
    this.#pending.push(timer);
    const fire = (): void =>
      host.enqueue((done) => {
        this.#pending = this.#pending.filter((other) => other !== timer);
        if (!this.#isRunning(height)) return done();
        this.take({ type: 'timeout', kind, round }, done);
      });
    this.#timers.push(clock.after(effect.delayMs, () => clock.after(0, fire)));
  }
}

function holdsOwnMessage(entries: readonly LoggedEntry[]): boolean {
  return entries.some(({ kind }) => kind === 'message');
}

/** The value that an entry makes this node ready to vote for. */
function judgedValid(entry: LogEntry): Hex32 | null {
  if (entry.type === 'built') return headerId(entry.value.header);
  return entry.type === 'verdict' && entry.verdict === 'valid' ? entry.id : null;
}

function kindOf(message: OwnMessage): 'proposal' | 'prevote' | 'precommit' {
  return message.kind === 'vote' ? message.content.type : 'proposal';
}
