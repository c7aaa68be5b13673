// Owns: links between nodes: delay, loss, reordering, duplication, cuts in one direction, and who counts as connected.
// A cut may be silent (messages vanish, the connection stands) or noticed (both sides see it end).
import type { Hex32 } from '@consilium/core';
import type { AdmittedPeer, Channel, Net, NetHandler } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** What a directed link does to messages. Delays in microseconds. */
export interface LinkFault {
  delayUsMin: number;
  delayUsMax: number;
  loss: number;
  reorder: number;
  duplicate: number;
  cut: boolean;
  /** Messages wait at the sender's end until it is over, and then come in their order. */
  stalled: boolean;
  /** Infinity: as many as there are. */
  bytesPerSecond: number;
}

export const GOOD_LINK: Readonly<LinkFault> = {
  delayUsMin: 200,
  delayUsMax: 1_500,
  loss: 0,
  reorder: 0,
  duplicate: 0,
  cut: false,
  stalled: false,
  bytesPerSecond: Number.POSITIVE_INFINITY,
};

const CONNECT_US = 5_000;

export interface SimNet {
  /** The network as one run of a node sees it. */
  open(self: Hex32, life: Life): Net;
  /** Reviews the connections of a node whose process ended or whose gate changed. */
  close(self: Hex32): void;
  link(from: Hex32, to: Hex32): Readonly<LinkFault>;
  /** What waited on a link that is no longer stalled goes on its way. */
  setLink(from: Hex32, to: Hex32, fault: Partial<LinkFault>): void;
  /** Ends or makes the connection of a pair as both sides see it. */
  setConnected(a: Hex32, b: Hex32, connected: boolean): void;
  readonly penalties: readonly { readonly by: Hex32; readonly peer: Hex32; readonly code: string }[];
  /** Sees each message as it is sent; may return others in its place. For hostile nodes. */
  setTap(tap: Tap | undefined): void;
  /** Sends what the node itself did not: past the tap, if the two are connected. */
  inject(from: Hex32, to: Hex32, channel: Channel, message: Uint8Array): void;
  /** Told of every message as it is delivered. */
  onDelivered(listener: DeliveryListener): void;
}

export type DeliveryListener = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => void;

export type Tap = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => readonly Uint8Array[];

interface Station {
  readonly life: Life;
  readonly admitted: Set<Hex32>;
  handler: NetHandler | undefined;
}

export function createSimNet(scheduler: Scheduler, prng: Prng, trace: Trace): SimNet {
  return new Wires(scheduler, prng, trace);
}

class Wires implements SimNet {
  readonly penalties: { by: Hex32; peer: Hex32; code: string }[] = [];
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #stations = new Map<Hex32, Station>();
  readonly #links = new Map<string, LinkFault>();
  readonly #broken = new Set<string>();
  readonly #connected = new Set<string>();
  readonly #lastDueUs = new Map<string, number>();
  /** When a link that carries few bytes is free again. */
  readonly #freeUs = new Map<string, number>();
  readonly #held = new Map<string, { readonly channel: Channel; readonly message: Uint8Array }[]>();
  readonly #listeners: DeliveryListener[] = [];
  #tap: Tap | undefined;

  constructor(scheduler: Scheduler, prng: Prng, trace: Trace) {
    this.#scheduler = scheduler;
    this.#prng = prng;
    this.#trace = trace;
  }

  open(self: Hex32, life: Life): Net {
    const station: Station = { life, admitted: new Set(), handler: undefined };
    this.#stations.set(self, station);
    return {
      start: (handler) => {
        station.handler = handler;
        this.close(self);
      },
      connected: () =>
        [...this.#stations.keys()].filter((other) => this.#connected.has(pairName(self, other))),
      send: (peer, channel, message) => life.isAlive() && this.#send(self, peer, channel, message),
      penalize: (peer, code) => {
        this.#trace.say(`penalty ${self.slice(0, 8)} ${peer.slice(0, 8)} ${code}`);
        this.penalties.push({ by: self, peer, code });
      },
      admit: (peers: readonly AdmittedPeer[]) => {
        if (!life.isAlive()) return;
        station.admitted.clear();
        for (const { institution } of peers) station.admitted.add(institution);
        this.close(self);
      },
    };
  }

  close(self: Hex32): void {
    for (const other of this.#stations.keys()) if (other !== self) this.#review(self, other);
  }

  link(from: Hex32, to: Hex32): Readonly<LinkFault> {
    return this.#links.get(`${from}>${to}`) ?? GOOD_LINK;
  }

  setLink(from: Hex32, to: Hex32, fault: Partial<LinkFault>): void {
    const name = `${from}>${to}`;
    const next = { ...this.link(from, to), ...fault };
    this.#links.set(name, next);
    if (next.stalled) return;
    const held = this.#held.get(name) ?? [];
    this.#held.delete(name);
    for (const { channel, message } of held) this.#deliver(from, to, channel, message);
  }

  setConnected(a: Hex32, b: Hex32, connected: boolean): void {
    if (connected) this.#broken.delete(pairName(a, b));
    else this.#broken.add(pairName(a, b));
    this.#review(a, b);
  }

  setTap(tap: Tap | undefined): void {
    this.#tap = tap;
  }

  inject(from: Hex32, to: Hex32, channel: Channel, message: Uint8Array): void {
    if (this.#connected.has(pairName(from, to))) this.#deliver(from, to, channel, message);
  }

  onDelivered(listener: DeliveryListener): void {
    this.#listeners.push(listener);
  }

  #mayConnect(a: Hex32, b: Hex32): boolean {
    const [one, other] = [this.#stations.get(a), this.#stations.get(b)];
    if (one?.handler === undefined || other?.handler === undefined) return false;
    const admitted = one.admitted.has(b) && other.admitted.has(a);
    return admitted && one.life.isAlive() && other.life.isAlive() && !this.#broken.has(pairName(a, b));
  }

  /** Ends a connection that may not stand any more at once; makes one that may after the time it takes. */
  #review(a: Hex32, b: Hex32): void {
    const name = pairName(a, b);
    if (!this.#mayConnect(a, b)) {
      if (this.#connected.delete(name)) this.#tellBoth(a, b, 'onDisconnect');
      return;
    }
    if (this.#connected.has(name)) return;
    this.#scheduler.after(CONNECT_US, () => {
      if (this.#connected.has(name) || !this.#mayConnect(a, b)) return;
      this.#connected.add(name);
      this.#tellBoth(a, b, 'onConnect');
    });
  }

  #tellBoth(a: Hex32, b: Hex32, news: 'onConnect' | 'onDisconnect'): void {
    this.#trace.say(`${news} ${a.slice(0, 8)} ${b.slice(0, 8)}`);
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const station = this.#stations.get(self);
      station?.life.after(0, () => station.handler?.[news](peer));
    }
  }

  #send(self: Hex32, peer: Hex32, channel: Channel, message: Uint8Array): boolean {
    if (!this.#connected.has(pairName(self, peer))) return false;
    for (const sent of this.#tap?.(self, peer, channel, message) ?? [message]) {
      this.#deliver(self, peer, channel, sent);
      if (this.#prng.chance(this.link(self, peer).duplicate)) this.#deliver(self, peer, channel, sent);
    }
    return true;
  }

  #hold(from: Hex32, to: Hex32, channel: Channel, message: Uint8Array): void {
    const name = `${from}>${to}`;
    const held = this.#held.get(name) ?? [];
    held.push({ channel, message });
    this.#held.set(name, held);
  }

  /** When the last byte is on its way. */
  #sentUs(from: Hex32, to: Hex32, bytes: number): number {
    const { bytesPerSecond } = this.link(from, to);
    const nowUs = this.#scheduler.nowUs();
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return nowUs;
    const name = `${from}>${to}`;
    const freeUs = Math.max(nowUs, this.#freeUs.get(name) ?? 0) + Math.ceil((bytes / bytesPerSecond) * 1e6);
    this.#freeUs.set(name, freeUs);
    return freeUs;
  }

  #deliver(from: Hex32, to: Hex32, channel: Channel, message: Uint8Array): void {
    const fault = this.link(from, to);
    const receiver = this.#stations.get(to);
    if (fault.cut || this.#prng.chance(fault.loss) || receiver === undefined) return;
    if (fault.stalled) return this.#hold(from, to, channel, message);
    const stream = `${from}>${to}/${channel}`;
    const nowUs = this.#scheduler.nowUs();
    const sentUs = this.#sentUs(from, to, message.length);
    const drawnUs = sentUs + this.#prng.between(fault.delayUsMin, fault.delayUsMax);
    const inOrder = fault.reorder === 0 || !this.#prng.chance(fault.reorder);
    const dueUs = inOrder ? Math.max(drawnUs, this.#lastDueUs.get(stream) ?? 0) : drawnUs;
    if (inOrder) this.#lastDueUs.set(stream, dueUs);
    receiver.life.after(dueUs - nowUs, () => {
      if (!this.#connected.has(pairName(from, to))) return;
      this.#trace.delivered(from, to, channel, message);
      for (const listener of this.#listeners) listener(from, to, channel, message);
      receiver.handler?.onMessage(from, channel, message);
    });
  }
}

function pairName(a: Hex32, b: Hex32): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
