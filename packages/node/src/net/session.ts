// Owns: the channels over one connection to one peer, from opening to closing. Each side opens the streams it sends
// on; a lost one is opened again while the connection stands. Does not own: whether there should be a connection
// (the link), nor who the peer is (proven by the handshake, checked by the gate).
import { ConsiliumError, codeOf, type ErrorCode, type Hex32 } from '@consilium/core';
import type { Connection, Stream } from '@libp2p/interface';
import {
  CHANNEL_MESSAGE_BYTES_MAX,
  CHANNEL_OPEN_MS_MAX,
  CHANNEL_REOPEN_DELAY_MS,
  LINK_GOODBYE_MS,
} from '../limits.ts';
import type { Channel } from '../ports.ts';
import { CHANNELS, protocolOf } from './channels.ts';
import { Inlet } from './inlet.ts';
import type { NetLimits } from './options.ts';
import { Outbox } from './outbox.ts';

export interface SessionDeps {
  readonly genesis: Hex32;
  readonly limits: NetLimits;
  /** All channels can be sent on. Called at most once; no message comes before it. */
  readonly onReady: () => void;
  readonly onMessage: (channel: Channel, message: Uint8Array) => void;
  readonly onFault: (code: ErrorCode) => void;
  /** Called once, synchronously when this side closes. */
  readonly onClose: (code: ErrorCode | undefined, wasReady: boolean) => void;
  /** Milliseconds for which nothing more may be read. */
  readonly charge: (bytes: number, messages: number) => number;
}

export class Session {
  readonly connection: Connection;
  readonly #deps: SessionDeps;
  readonly #outboxes: Map<Channel, Outbox>;
  readonly #inlets: Map<Channel, Inlet> = new Map();
  readonly #opened: Set<Channel> = new Set();
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  #ready = false;
  #closed = false;
  #readingPaused = true;
  /** Channels that are not read for a while, whatever the others do; what is there already is dropped unread. */
  readonly #pausedChannels: Set<Channel> = new Set();

  constructor(connection: Connection, deps: SessionDeps) {
    this.connection = connection;
    this.#deps = deps;
    this.#outboxes = new Map(CHANNELS.map((channel) => [channel, new Outbox(deps.limits.sendQueueBytesMax)]));
    connection.addEventListener('close', (event) => this.#end(codeOf(event.error)));
    for (const channel of CHANNELS) void this.#openChannel(channel);
  }

  get ready(): boolean {
    return this.#ready && !this.#closed;
  }

  send(channel: Channel, message: Uint8Array): boolean {
    return this.ready && this.#outboxes.get(channel)?.push(message) === true;
  }

  /** A stream that the peer opened to send on. A new one takes the place of an older one. */
  accept(channel: Channel, stream: Stream): void {
    this.#inlets.get(channel)?.abort('P2P_CHANNEL_FAILED');
    const inlet = new Inlet(stream, {
      messageBytesMax: CHANNEL_MESSAGE_BYTES_MAX[channel],
      frameTicksMax: this.#deps.limits.frameTicksMax,
      deliver: (message) => {
        if (!this.#closed && !this.#pausedChannels.has(channel)) this.#deps.onMessage(channel, message);
      },
      charge: (bytes, messages) => this.#charge(bytes, messages),
      fault: (code) => this.#deps.onFault(code),
    });
    if (this.#readingPaused || this.#pausedChannels.has(channel)) inlet.pause();
    this.#inlets.set(channel, inlet);
    stream.addEventListener('close', () => {
      if (this.#inlets.get(channel) === inlet) this.#inlets.delete(channel);
    });
  }

  pause(channel: Channel, forMs: number): void {
    if (this.#closed || this.#pausedChannels.has(channel)) return;
    this.#pausedChannels.add(channel);
    this.#inlets.get(channel)?.pause();
    this.#after(forMs, () => {
      this.#pausedChannels.delete(channel);
      if (!this.#readingPaused) this.#inlets.get(channel)?.resume();
    });
  }

  tick(): void {
    for (const inlet of this.#inlets.values()) inlet.tick();
  }

  close(code: ErrorCode): void {
    this.#end(code);
    // After the turn: this may be called from inside the stream's own delivery, which goes on to write.
    queueMicrotask(() => this.connection.abort(new ConsiliumError(code)));
  }

  /** Not at once: the peer is about to learn the same from our answers, and its operator is told too. */
  #leave(code: ErrorCode): void {
    this.#end(code);
    setTimeout(() => this.connection.abort(new ConsiliumError(code)), LINK_GOODBYE_MS).unref();
  }

  async #openChannel(channel: Channel): Promise<void> {
    try {
      const stream = await this.connection.newStream(protocolOf(this.#deps.genesis, channel), {
        signal: AbortSignal.timeout(CHANNEL_OPEN_MS_MAX),
      });
      if (stream.status !== 'open') throw new ConsiliumError('P2P_CHANNEL_FAILED');
      this.#use(channel, stream);
    } catch (error) {
      if (isOtherProtocol(error)) this.#leave('P2P_OTHER_NETWORK');
      else this.close('P2P_CHANNEL_FAILED');
    }
  }

  #use(channel: Channel, stream: Stream): void {
    if (this.#closed) return;
    const outbox = this.#outboxes.get(channel);
    outbox?.attach(stream);
    stream.addEventListener('close', () => {
      outbox?.detach();
      this.#after(CHANNEL_REOPEN_DELAY_MS, () => void this.#openChannel(channel));
    });
    this.#opened.add(channel);
    if (!this.#ready && this.#opened.size === CHANNELS.length) this.#becomeReady();
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#deps.onReady();
    this.#setReadingPaused(false);
  }

  #charge(bytes: number, messages: number): void {
    const waitMs = this.#deps.charge(bytes, messages);
    if (waitMs === 0 || this.#closed || this.#readingPaused) return;
    this.#setReadingPaused(true);
    this.#after(waitMs, () => this.#setReadingPaused(false));
  }

  #setReadingPaused(paused: boolean): void {
    this.#readingPaused = paused;
    // Whatever the first of them delivers may pause the rest.
    for (const [channel, inlet] of this.#inlets)
      this.#readingPaused || this.#pausedChannels.has(channel) ? inlet.pause() : inlet.resume();
  }

  #after(delayMs: number, run: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }

  #end(code: ErrorCode | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const outbox of this.#outboxes.values()) outbox.clear();
    this.#deps.onClose(code, this.#ready);
  }
}

function isOtherProtocol(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnsupportedProtocolError';
}
