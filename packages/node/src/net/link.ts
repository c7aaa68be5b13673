// Owns: the standing wish to be connected with one admitted peer: who dials when, which of two connections stays, what
// the peer's faults add up to. Does not own: opening sockets (the host), channels (the session).
import { ConsiliumError, compareText, type ErrorCode, type Hex32 } from '@consilium/core';
import type { Connection, Stream } from '@libp2p/interface';
import {
  CHANNEL_MESSAGE_BYTES_MAX,
  PEER_BYTES_BURST,
  PEER_BYTES_PER_SECOND,
  PENALTY_FRAME,
  PENALTY_HALF_LIFE_MS,
  PENALTY_SCORE_MAX,
  REDIAL_DELAY_MS_MAX,
  REDIAL_DELAY_MS_MIN,
  REDIAL_JITTER,
} from '../limits.ts';
import type { Channel, NetHandler, Report } from '../ports.ts';
import { replaces } from './duplicates.ts';
import { causeOf } from './host.ts';
import { backoffMs, DecayingScore, TokenBucket } from './meters.ts';
import type { NetLimits } from './options.ts';
import { Session } from './session.ts';

export interface LinkDeps {
  readonly self: Hex32;
  readonly genesis: Hex32;
  readonly limits: NetLimits;
  readonly handler: NetHandler;
  readonly report: Report;
  readonly throttledReport: Report;
  /** A connection that comes of it is given to `onConnection`, as an incoming one is. */
  readonly dial: (signal: AbortSignal) => Promise<void>;
}

const REDIAL = { min: REDIAL_DELAY_MS_MIN, max: REDIAL_DELAY_MS_MAX, jitter: REDIAL_JITTER } as const;
/** Faults that no correct node makes by bad luck. */
const GRAVE: ReadonlySet<string> = new Set(['P2P_FRAME_OVERSIZE', 'P2P_FRAME_MALFORMED']);
/** Ends of a connection that are the peer's fault. */
const GUILTY: ReadonlySet<string> = new Set([...GRAVE, 'P2P_RATE_EXCEEDED']);

export class Link {
  readonly peer: Hex32;
  readonly #deps: LinkDeps;
  readonly #dialsFirst: boolean;
  readonly #score: DecayingScore = new DecayingScore(PENALTY_HALF_LIFE_MS);
  readonly #bytes: TokenBucket;
  readonly #messages: TokenBucket;
  #session: Session | undefined;
  #sessionAtMs = 0;
  #apartSinceMs: number;
  #barredUntilMs = 0;
  #failures = 0;
  #dialing: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(peer: Hex32, deps: LinkDeps) {
    const nowMs = performance.now();
    this.peer = peer;
    this.#deps = deps;
    this.#dialsFirst = compareText(deps.self, peer) < 0;
    this.#bytes = new TokenBucket(PEER_BYTES_PER_SECOND, PEER_BYTES_BURST, nowMs);
    this.#messages = new TokenBucket(deps.limits.peerMessagesPerSecond, deps.limits.peerMessagesBurst, nowMs);
    this.#apartSinceMs = nowMs;
    this.dialSoon();
  }

  get ready(): boolean {
    return this.#session?.ready === true;
  }

  get barred(): boolean {
    return performance.now() < this.#barredUntilMs;
  }

  /** False: not connected, or the queue is full, or the message is over the bound of its channel. */
  send(channel: Channel, message: Uint8Array): boolean {
    if (message.length <= CHANNEL_MESSAGE_BYTES_MAX[channel])
      return this.#session?.send(channel, message) === true;
    this.#deps.report({ level: 'error', code: 'P2P_MESSAGE_OVERSIZE', channel, bytes: message.length });
    return false;
  }

  /** False when the connection is not the one in use. */
  accept(channel: Channel, stream: Stream, connection: Connection): boolean {
    if (this.#session?.connection !== connection) return false;
    this.#session.accept(channel, stream);
    return true;
  }

  /** New, or its addresses changed: whatever failed before says nothing about now. */
  dialSoon(): void {
    this.#failures = 0;
    this.#dialing?.abort();
    this.#planDial(0);
  }

  onConnection(connection: Connection): void {
    const rival = this.#session;
    if (rival !== undefined && !this.#replaces(connection, rival.connection)) {
      connection.abort(new ConsiliumError('P2P_LINK_DUPLICATE'));
      return;
    }
    // Free of charge for one that came back, not for one that does it all the time.
    if (rival !== undefined) this.penalize('P2P_LINK_DUPLICATE', 1);
    if (this.#ended || this.barred) {
      connection.abort(new ConsiliumError('P2P_PEER_BARRED'));
      return;
    }
    // The rival ends first: the peer leaves before it comes again.
    rival?.close('P2P_LINK_DUPLICATE');
    clearTimeout(this.#timer);
    this.#sessionAtMs = performance.now();
    this.#session = this.#createSession(connection);
  }

  penalize(code: string, weight: number): void {
    if (this.#ended) return;
    const score = this.#score.add(weight, performance.now());
    this.#deps.throttledReport({
      level: 'warn',
      code: 'P2P_PEER_PENALIZED',
      peer: this.peer,
      reason: code,
      score,
    });
    if (score >= PENALTY_SCORE_MAX) this.#bar(code);
  }

  pause(channel: Channel, forMs: number): void {
    this.#session?.pause(channel, forMs);
  }

  tick(): void {
    this.#session?.tick();
  }

  end(code: ErrorCode): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#dialing?.abort();
    this.#session?.close(code);
  }

  #bar(reason: string): void {
    this.#score.reset();
    this.#barredUntilMs = performance.now() + this.#deps.limits.penaltyRefusalMs;
    this.#deps.report({ level: 'warn', code: 'P2P_PEER_BARRED', peer: this.peer, reason });
    this.#dialing?.abort();
    this.#session?.close('P2P_PEER_BARRED');
    this.#planDial(0);
  }

  #replaces(next: Connection, current: Connection): boolean {
    const isOfLower = ({ direction }: Connection): boolean => (direction === 'outbound') === this.#dialsFirst;
    return replaces(isOfLower(next), isOfLower(current), performance.now() - this.#sessionAtMs);
  }

  #createSession(connection: Connection): Session {
    const session: Session = new Session(connection, {
      genesis: this.#deps.genesis,
      limits: this.#deps.limits,
      onReady: () => this.#onReady(connection),
      onMessage: (channel, message) => this.#deps.handler.onMessage(this.peer, channel, message),
      onFault: (code) => this.penalize(code, GRAVE.has(code) ? PENALTY_FRAME : 1),
      onClose: (code, wasReady) => this.#onClose(session, code, wasReady),
      charge: (bytes, messages) => this.#charge(bytes, messages),
    });
    return session;
  }

  #onReady(connection: Connection): void {
    this.#failures = 0;
    this.#deps.report({
      level: 'info',
      code: 'P2P_CONNECTED',
      peer: this.peer,
      direction: connection.direction,
    });
    this.#deps.handler.onConnect(this.peer);
  }

  #onClose(session: Session, code: ErrorCode | undefined, wasReady: boolean): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#apartSinceMs = performance.now();
    const reason = code ?? (wasReady ? 'P2P_LINK_CLOSED' : 'P2P_REFUSED_BY_PEER');
    this.#deps.throttledReport({
      level: wasReady ? 'info' : 'debug',
      code: 'P2P_DISCONNECTED',
      peer: this.peer,
      reason,
    });
    if (code === 'P2P_OTHER_NETWORK') this.#deps.throttledReport({ level: 'warn', code, peer: this.peer });
    if (!wasReady) this.#failures += 1;
    if (wasReady) this.#deps.handler.onDisconnect(this.peer);
    if (code !== undefined && GUILTY.has(code)) this.penalize(code, PENALTY_FRAME);
    // Whoever dials and then takes no channel costs a handshake each time.
    const inVain = code === 'P2P_CHANNEL_FAILED' && session.connection.direction === 'inbound';
    if (inVain) this.penalize(code, 1);
    this.#planDial(backoffMs(this.#failures, REDIAL, Math.random()));
  }

  #charge(bytes: number, messages: number): number {
    const nowMs = performance.now();
    const waitMs = Math.max(this.#bytes.take(bytes, nowMs), this.#messages.take(messages, nowMs));
    // The debt is waited for, and each second of it weighs as much as a broken rule.
    if (waitMs > 0) this.penalize('P2P_RATE_EXCEEDED', 1 + Math.floor(waitMs / 1000));
    return waitMs;
  }

  #planDial(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#ended || this.#session !== undefined || this.#dialing !== undefined) return;
    const nowMs = performance.now();
    const turnMs = this.#dialsFirst ? 0 : this.#apartSinceMs + this.#deps.limits.reverseDialAfterMs - nowMs;
    this.#timer = setTimeout(() => void this.#dial(), Math.max(delayMs, turnMs, this.#barredUntilMs - nowMs));
  }

  async #dial(): Promise<void> {
    const dialing = new AbortController();
    this.#dialing = dialing;
    try {
      await this.#deps.dial(dialing.signal);
    } catch (error) {
      const cause = causeOf(error);
      this.#deps.throttledReport({ level: 'debug', code: 'P2P_DIAL_FAILED', peer: this.peer, cause });
    }
    this.#dialing = undefined;
    if (this.#session !== undefined) return;
    this.#failures += 1;
    this.#planDial(backoffMs(this.#failures, REDIAL, Math.random()));
  }
}
