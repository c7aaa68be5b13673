// Owns: what waits to be sent to one peer on one channel, bounded in bytes, and the rhythm of handing it to the
// stream. Does not own: opening the stream. What the stream had taken is lost with it; what still waits here is kept,
// so that messages arrive in order or not at all.
import { ConsiliumError } from '@consilium/core';
import type { Stream } from '@libp2p/interface';
import { SEND_CHUNK_BYTES } from '../limits.ts';
import { encodeFrames, FRAME_HEADER_BYTES } from './frames.ts';

const TAKEN: Uint8Array = new Uint8Array(0);

export class Outbox {
  readonly #queueBytesMax: number;
  #stream: Stream | undefined;
  #messages: Uint8Array[] = [];
  #head = 0;
  #queuedBytes = 0;
  #pumpPlanned = false;

  constructor(queueBytesMax: number) {
    this.#queueBytesMax = queueBytesMax;
  }

  /** Bytes not yet taken over by the multiplexer. */
  get waitingBytes(): number {
    return this.#queuedBytes + (this.#stream?.writeBufferLength ?? 0);
  }

  /** False when full: the message is dropped. The bytes must not change afterwards. */
  push(message: Uint8Array): boolean {
    const frameBytes = FRAME_HEADER_BYTES + message.length;
    if (this.waitingBytes + frameBytes > this.#queueBytesMax) return false;
    this.#messages.push(message);
    this.#queuedBytes += frameBytes;
    this.#planPump();
    return true;
  }

  attach(stream: Stream): void {
    this.#stream = stream;
    stream.addEventListener('drain', () => this.#planPump());
    this.#planPump();
  }

  detach(): void {
    this.#stream = undefined;
  }

  clear(): void {
    this.#messages = [];
    this.#head = 0;
    this.#queuedBytes = 0;
  }

  // As a microtask: messages of one turn leave together, and on 'drain' the stream's own rest goes first.
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    queueMicrotask(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    const stream = this.#stream;
    while (
      stream?.writeStatus === 'writable' &&
      !stream.writableNeedsDrain &&
      this.#head < this.#messages.length
    ) {
      this.#write(stream, encodeFrames(this.#takeChunk()));
    }
  }

  #write(stream: Stream, frames: Uint8Array): void {
    try {
      stream.send(frames);
    } catch {
      // Throws when the connection under it is closing; the session opens another stream or ends.
      stream.abort(new ConsiliumError('P2P_CHANNEL_FAILED'));
    }
  }

  #takeChunk(): Uint8Array[] {
    const start = this.#head;
    let bytes = 0;
    while (this.#head < this.#messages.length && bytes < SEND_CHUNK_BYTES) {
      bytes += FRAME_HEADER_BYTES + (this.#messages[this.#head]?.length ?? 0);
      this.#head += 1;
    }
    const chunk = this.#messages.slice(start, this.#head);
    this.#messages.fill(TAKEN, start, this.#head);
    this.#queuedBytes -= bytes;
    this.#dropTaken();
    return chunk;
  }

  #dropTaken(): void {
    if (this.#head < this.#messages.length / 2) return;
    this.#messages = this.#messages.slice(this.#head);
    this.#head = 0;
  }
}
