// Owns: where messages begin and end on a stream: 4 bytes big-endian length, then the message. Does not own: streams,
// what a message means, or what happens to a peer that breaks the form.

export const FRAME_HEADER_BYTES = 4;

export type FrameFault = 'P2P_FRAME_OVERSIZE' | 'P2P_FRAME_MALFORMED';

/** Joins messages into one buffer, each behind its length. */
export function encodeFrames(messages: readonly Uint8Array[]): Uint8Array {
  const total = messages.reduce((sum, message) => sum + FRAME_HEADER_BYTES + message.length, 0);
  const frames = new Uint8Array(total);
  const view = new DataView(frames.buffer);
  let offset = 0;
  for (const message of messages) {
    view.setUint32(offset, message.length);
    frames.set(message, offset + FRAME_HEADER_BYTES);
    offset += FRAME_HEADER_BYTES + message.length;
  }
  return frames;
}

/** Cuts a stream of chunks into messages. Each message is copied once, into memory of its exact size. */
export class FrameReader {
  readonly #messageBytesMax: number;
  readonly #deliver: (message: Uint8Array) => void;
  readonly #header: Uint8Array = new Uint8Array(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  #fault: FrameFault | undefined;
  /** Messages delivered so far. */
  completed = 0;

  constructor(messageBytesMax: number, deliver: (message: Uint8Array) => void) {
    this.#messageBytesMax = messageBytesMax;
    this.#deliver = deliver;
  }

  /** A message has begun and is not whole. */
  get partial(): boolean {
    return this.#headerFilled > 0;
  }

  /** The fault of the sender, if there is one: nothing more is read from the stream then. */
  push(chunk: Uint8Array): FrameFault | undefined {
    let offset = 0;
    while (offset < chunk.length && this.#fault === undefined) {
      offset +=
        this.#body === undefined
          ? this.#fillHeader(chunk, offset)
          : this.#fillBody(this.#body, chunk, offset);
    }
    return this.#fault;
  }

  #fillHeader(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + FRAME_HEADER_BYTES - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled === FRAME_HEADER_BYTES)
      this.#begin(new DataView(this.#header.buffer).getUint32(0));
    return part.length;
  }

  #begin(length: number): void {
    if (length === 0) this.#fault = 'P2P_FRAME_MALFORMED';
    else if (length > this.#messageBytesMax) this.#fault = 'P2P_FRAME_OVERSIZE';
    else this.#body = new Uint8Array(length);
  }

  #fillBody(body: Uint8Array, chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + body.length - this.#bodyFilled);
    body.set(part, this.#bodyFilled);
    this.#bodyFilled += part.length;
    if (this.#bodyFilled === body.length) {
      this.#headerFilled = 0;
      this.#body = undefined;
      this.#bodyFilled = 0;
      this.completed += 1;
      this.#deliver(body);
    }
    return part.length;
  }
}
