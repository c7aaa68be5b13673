// Owns: links between nodes: delay, loss, reordering, duplication, cuts in one direction, and who counts as connected.
// A cut may be silent (messages vanish, the connection stands) or noticed (both sides see it end). An id may have more
// stations than one: machines that run with one key, of which nobody else can tell which is which.
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
  /** The network as one run of a node sees it; `instance` counts the machines that share the id. */
  open(self: Hex32, life: Life, instance?: number): Net;
  /** Reviews the connections of a station whose process ended or whose gate changed. */
  close(station: string): void;
  /** Between stations: see `stationName`. */
  link(from: string, to: string): Readonly<LinkFault>;
  /** What waited on a link that is no longer stalled goes on its way. */
  setLink(from: string, to: string, fault: Partial<LinkFault>): void;
  /** Ends or makes the connection of a pair of stations as both sides see it. It stands while no reason is against it. */
  setConnected(a: string, b: string, connected: boolean, reason?: string): void;
  readonly penalties: readonly { readonly by: Hex32; readonly peer: Hex32; readonly code: string }[];
  /** Sees each message as it is sent; may return others in its place. For hostile nodes. */
  setTap(tap: Tap | undefined): void;
  /** Sends what the station itself did not: past the tap, if the two are connected. */
  inject(from: string, to: Hex32, channel: Channel, message: Uint8Array): void;
  /** Told of every message as it is delivered. */
  onDelivered(listener: DeliveryListener): void;
}

export type DeliveryListener = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => void;

export type Tap = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => readonly Uint8Array[];

/** The first machine of an id goes by the id itself. */
export function stationName(id: Hex32, instance = 0): string {
  return instance === 0 ? id : `${id}#${instance}`;
}

interface Station {
  readonly id: Hex32;
  readonly name: string;
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
  readonly #stations = new Map<string, Station>();
  readonly #links = new Map<string, LinkFault>();
  /** Pair -> why it may not be connected. */
  readonly #broken = new Map<string, Set<string>>();
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

  open(self: Hex32, life: Life, instance = 0): Net {
    const name = stationName(self, instance);
    const station: Station = { id: self, name, life, admitted: new Set(), handler: undefined };
    this.#stations.set(name, station);
    return {
      start: (handler) => {
        station.handler = handler;
        this.close(name);
      },
      connected: () => [...new Set(this.#connectedTo(name).map(({ id }) => id))],
      send: (peer, channel, message) => life.isAlive() && this.#send(station, peer, channel, message),
      penalize: (peer, code) => {
        this.#trace.say(`penalty ${self.slice(0, 8)} ${peer.slice(0, 8)} ${code}`);
        this.penalties.push({ by: self, peer, code });
      },
      admit: (peers: readonly AdmittedPeer[]) => {
        if (!life.isAlive()) return;
        station.admitted.clear();
        for (const { institution } of peers) station.admitted.add(institution);
        this.close(name);
      },
    };
  }

  close(station: string): void {
    for (const other of this.#stations.keys()) if (other !== station) this.#review(station, other);
  }

  link(from: string, to: string): Readonly<LinkFault> {
    return this.#links.get(`${from}>${to}`) ?? GOOD_LINK;
  }

  setLink(from: string, to: string, fault: Partial<LinkFault>): void {
    const name = `${from}>${to}`;
    const next = { ...this.link(from, to), ...fault };
    this.#links.set(name, next);
    if (next.stalled) return;
    const held = this.#held.get(name) ?? [];
    this.#held.delete(name);
    for (const { channel, message } of held) this.#deliver(from, to, channel, message);
  }

  setConnected(a: string, b: string, connected: boolean, reason = ''): void {
    const name = pairName(a, b);
    const reasons = this.#broken.get(name) ?? new Set<string>();
    if (connected) reasons.delete(reason);
    else reasons.add(reason);
    if (reasons.size === 0) this.#broken.delete(name);
    else this.#broken.set(name, reasons);
    this.#review(a, b);
  }

  setTap(tap: Tap | undefined): void {
    this.#tap = tap;
  }

  inject(from: string, to: Hex32, channel: Channel, message: Uint8Array): void {
    for (const station of this.#connectedTo(from))
      if (station.id === to) this.#deliver(from, station.name, channel, message);
  }

  onDelivered(listener: DeliveryListener): void {
    this.#listeners.push(listener);
  }

  #connectedTo(name: string): Station[] {
    return [...this.#stations.values()].filter((other) => this.#connected.has(pairName(name, other.name)));
  }

  #mayConnect(a: string, b: string): boolean {
    const [one, other] = [this.#stations.get(a), this.#stations.get(b)];
    if (one?.handler === undefined || other?.handler === undefined) return false;
    const admitted = one.admitted.has(other.id) && other.admitted.has(one.id) && one.id !== other.id;
    return admitted && one.life.isAlive() && other.life.isAlive() && !this.#broken.has(pairName(a, b));
  }

  /** Ends a connection that may not stand any more at once; makes one that may after the time it takes. */
  #review(a: string, b: string): void {
    const name = pairName(a, b);
    if (!this.#mayConnect(a, b)) {
      if (this.#connected.delete(name)) this.#tellBoth(a, b, 'onDisconnect');
      return;
    }
    if (this.#connected.has(name)) return;
    this.#scheduler.after(CONNECT_US, () => {
      if (this.#connected.has(name) || !this.#mayConnect(a, b)) return;
      const known = this.#connectedIds(a, b);
      this.#connected.add(name);
      this.#tellBoth(a, b, 'onConnect', known);
    });
  }

  /** Which of the two has another machine of the other's id beside it. */
  #connectedIds(a: string, b: string): ReadonlySet<string> {
    const knows = (self: string, peer: string): boolean => {
      const id = this.#stations.get(peer)?.id;
      return this.#connectedTo(self).some((other) => other.id === id && other.name !== peer);
    };
    return new Set([...(knows(a, b) ? [a] : []), ...(knows(b, a) ? [b] : [])]);
  }

  /** A peer comes with its first machine and goes with its last. */
  #tellBoth(
    a: string,
    b: string,
    news: 'onConnect' | 'onDisconnect',
    known = this.#connectedIds(a, b),
  ): void {
    this.#trace.say(`${news} ${shortName(a)} ${shortName(b)}`);
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      if (known.has(self)) continue;
      const station = this.#stations.get(self);
      const id = this.#stations.get(peer)?.id;
      if (id !== undefined) station?.life.after(0, () => station.handler?.[news](id));
    }
  }

  #send(self: Station, peer: Hex32, channel: Channel, message: Uint8Array): boolean {
    const receivers = this.#connectedTo(self.name).filter(({ id }) => id === peer);
    if (receivers.length === 0) return false;
    for (const sent of this.#tap?.(self.id, peer, channel, message) ?? [message]) {
      for (const receiver of receivers) {
        this.#deliver(self.name, receiver.name, channel, sent);
        if (this.#prng.chance(this.link(self.name, receiver.name).duplicate))
          this.#deliver(self.name, receiver.name, channel, sent);
      }
    }
    return true;
  }

  #hold(from: string, to: string, channel: Channel, message: Uint8Array): void {
    const name = `${from}>${to}`;
    const held = this.#held.get(name) ?? [];
    held.push({ channel, message });
    this.#held.set(name, held);
  }

  /** When the last byte is on its way. */
  #sentUs(from: string, to: string, bytes: number): number {
    const { bytesPerSecond } = this.link(from, to);
    const nowUs = this.#scheduler.nowUs();
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return nowUs;
    const name = `${from}>${to}`;
    const freeUs = Math.max(nowUs, this.#freeUs.get(name) ?? 0) + Math.ceil((bytes / bytesPerSecond) * 1e6);
    this.#freeUs.set(name, freeUs);
    return freeUs;
  }

  #deliver(from: string, to: string, channel: Channel, message: Uint8Array): void {
    const fault = this.link(from, to);
    const [sender, receiver] = [this.#stations.get(from), this.#stations.get(to)];
    if (fault.cut || this.#prng.chance(fault.loss) || receiver === undefined || sender === undefined) return;
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
      this.#trace.delivered(sender.id, receiver.id, channel, message);
      for (const listener of this.#listeners) listener(sender.id, receiver.id, channel, message);
      receiver.handler?.onMessage(sender.id, channel, message);
    });
  }
}

function pairName(a: string, b: string): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

function shortName(station: string): string {
  return `${station.slice(0, 8)}${station.slice(64)}`;
}
