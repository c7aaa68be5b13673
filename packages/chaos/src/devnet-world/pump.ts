// Owns: the bytes of one direction of one connection: held, delayed, paced and damaged as its lane says, in their order.
// Does not own: which connections there are (link-proxy.ts).
import type { Socket } from 'node:net';
import { PUMP_HELD_BYTES_MAX } from '../limits.ts';
import type { Lane, LanePolicy } from './lane.ts';

/** Bandwidth is kept in slices of this time. */
const SLICE_MS = 50;

type Held =
  | { readonly kind: 'bytes'; bytes: Buffer; readonly arrivedMs: number; readonly draw: number }
  | { readonly kind: 'end' | 'reset'; readonly arrivedMs: number; readonly draw: number };

export interface PumpDeps {
  readonly source: Socket;
  readonly sink: Socket;
  readonly lane: Lane;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Bytes would have to be lost: both sockets must go. */
  readonly onLoss: () => void;
}

export class Pump {
  readonly #deps: PumpDeps;
  readonly #unlisten: () => void;
  #held: Held[] = [];
  #heldBytes = 0;
  #freeAtMs = 0;
  #full = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: PumpDeps) {
    const { source, sink, lane } = deps;
    this.#deps = deps;
    this.#unlisten = lane.listen((before) => this.#onChange(before));
    source.on('data', (bytes: Buffer) => this.#take(bytes));
    source.once('end', () => this.#hold('end'));
    source.once('close', () => this.#hold('reset'));
    sink.on('drain', () => {
      this.#full = false;
      this.#flush();
    });
  }

  stop(): void {
    this.#unlisten();
    clearTimeout(this.#timer);
    this.#held = [];
    this.#ended = true;
  }

  #take(bytes: Buffer): void {
    const { source, lane, random } = this.#deps;
    const { corruptChance } = lane.policy;
    if (corruptChance > 0 && random() < corruptChance) flipBit(bytes, random);
    this.#held.push({ kind: 'bytes', bytes, arrivedMs: performance.now(), draw: random() });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > PUMP_HELD_BYTES_MAX) source.pause();
    this.#flush();
  }

  #hold(kind: 'end' | 'reset'): void {
    if (this.#ended) return;
    this.#held.push({ kind, arrivedMs: performance.now(), draw: this.#deps.random() });
    this.#flush();
  }

  #onChange(before: LanePolicy): void {
    const lost = before.hold === 'cut' && this.#deps.lane.policy.hold !== 'cut' && this.#held.length > 0;
    if (lost) this.#deps.onLoss();
    else this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    while (!this.#ended && !this.#full && this.#deps.lane.policy.hold === undefined) {
      const first = this.#held[0];
      if (first === undefined) return;
      const waitMs = this.#dueMs(first) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      this.#deliver(first);
    }
  }

  #dueMs({ arrivedMs, draw }: Held): number {
    const { delayMs, jitterMs } = this.#deps.lane.policy;
    return Math.max(arrivedMs + delayMs + jitterMs * draw, this.#freeAtMs);
  }

  #deliver(first: Held): void {
    const { sink } = this.#deps;
    if (first.kind === 'bytes') {
      this.#write(first);
      return;
    }
    this.#held.shift();
    if (first.kind === 'end') sink.end();
    else {
      this.#ended = true;
      // After an end in order the close is no news.
      if (!sink.writableEnded) sink.resetAndDestroy();
    }
  }

  #write(first: Held & { kind: 'bytes' }): void {
    const { source, sink, lane } = this.#deps;
    const { bytesPerSecond } = lane.policy;
    const sliceBytes = Math.max(1, Math.floor((bytesPerSecond * SLICE_MS) / 1_000));
    const piece = first.bytes.subarray(0, sliceBytes);
    first.bytes = first.bytes.subarray(piece.length);
    if (first.bytes.length === 0) this.#held.shift();
    this.#heldBytes -= piece.length;
    if (source.isPaused() && this.#heldBytes <= PUMP_HELD_BYTES_MAX) source.resume();
    this.#freeAtMs = performance.now() + (piece.length / bytesPerSecond) * 1_000;
    if (!sink.destroyed && !sink.writableEnded) this.#full = !sink.write(piece);
  }
}

function flipBit(bytes: Buffer, random: () => number): void {
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
}
