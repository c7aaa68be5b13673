// Owns: reading one channel of one link: frames, their stall, pausing. Does not own: penalties and rates (the link's).
import { ConsiliumError, type ErrorCode } from '@consilium/core';
import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import { FRAME_TICKS_MAX } from '../limits.ts';
import { FrameReader } from './frames.ts';

export interface InletDeps {
  readonly messageBytesMax: number;
  readonly frameTicksMax?: number;
  readonly deliver: (message: Uint8Array) => void;
  /** Called after each portion of bytes with what it held. */
  readonly charge: (bytes: number, messages: number) => void;
  readonly fault: (code: ErrorCode) => void;
}

export class Inlet {
  readonly #stream: Stream;
  readonly #deps: InletDeps;
  readonly #reader: FrameReader;
  #ticksInFrame = 0;
  #completedAtTick = 0;
  #wantsPause = false;
  #resuming = false;

  /** Listens at once: a stream that nobody listens to is aborted when its buffer is full. */
  constructor(stream: Stream, deps: InletDeps) {
    this.#stream = stream;
    this.#deps = deps;
    this.#reader = new FrameReader(deps.messageBytesMax, deps.deliver);
    stream.addEventListener('message', (event) => this.#onBytes(event));
    stream.addEventListener('remoteCloseWrite', () => {
      stream.close().catch(() => this.abort('P2P_CHANNEL_FAILED'));
    });
  }

  pause(): void {
    this.#wantsPause = true;
    if (!this.#resuming) this.#pauseNow();
  }

  /** Delivers what was held back, before it returns. */
  resume(): void {
    this.#wantsPause = false;
    if (this.#resuming || this.#stream.readStatus !== 'paused') return;
    this.#resuming = true;
    try {
      this.#stream.resume();
    } catch {
      // It tells the sender to go on, and throws when the connection under it is closing.
      this.abort('P2P_CHANNEL_FAILED');
    }
    this.#resuming = false;
    // A stream that is paused while it delivers what it held back does not hear of it, and opens the sender's window.
    if (this.#wantsPause) this.#pauseNow();
  }

  #pauseNow(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  tick(): void {
    const sameFrame = this.#reader.partial && this.#reader.completed === this.#completedAtTick;
    this.#completedAtTick = this.#reader.completed;
    this.#ticksInFrame = sameFrame ? this.#ticksInFrame + 1 : 0;
    if (this.#ticksInFrame > (this.#deps.frameTicksMax ?? FRAME_TICKS_MAX)) this.#fail('P2P_FRAME_STALLED');
  }

  abort(code: ErrorCode): void {
    this.#stream.abort(new ConsiliumError(code));
  }

  #onBytes(event: StreamMessageEvent): void {
    const before = this.#reader.completed;
    const fault = this.#read(event.data);
    this.#deps.charge(event.data.byteLength, this.#reader.completed - before);
    if (fault !== undefined) this.#fail(fault);
  }

  #read(data: StreamMessageEvent['data']): ErrorCode | undefined {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      const fault = this.#reader.push(chunk);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #fail(code: ErrorCode): void {
    this.abort(code);
    this.#deps.fault(code);
  }
}
