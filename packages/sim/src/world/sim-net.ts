// Owns: links between nodes: delay, loss, reordering, duplication, cuts in one direction. A cut may be silent (messages
// vanish, the connection stands) or noticed (both sides see it end). Does not own: who counts as connected (connections.ts).
import type { Hex32 } from '@consilium/core';
import type { AdmittedPeer, Channel, Net } from '@consilium/node/replica';
import { Connections, type Station, stationName } from './connections.ts';
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

/** One direction between two stations. */
interface Link {
  fault: LinkFault;
  readonly lastDueUs: Map<Channel, number>;
  /** When a link that carries few bytes is free again. */
  freeUs: number;
  held: { readonly channel: Channel; readonly message: Uint8Array }[];
}

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
  /** Sees each message of any node as it is sent; may return others in its place. One node's hand is a `Wire`. */
  setTap(tap: Tap | undefined): void;
  /** Sends what the station itself did not: past the tap, if the two are connected. */
  inject(from: string, to: Hex32, channel: Channel, message: Uint8Array): void;
  /** Told of every message as it is delivered. */
  onDelivered(listener: DeliveryListener): void;
}

export type DeliveryListener = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => void;

export type Tap = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => readonly Uint8Array[];

export function createSimNet(scheduler: Scheduler, prng: Prng, trace: Trace): SimNet {
  return new Wires(scheduler, prng, trace);
}

class Wires implements SimNet {
  readonly penalties: { by: Hex32; peer: Hex32; code: string }[] = [];
  readonly #scheduler: Scheduler;
  readonly #connections: Connections;
  readonly #prng: Prng;
  readonly #trace: Trace;
  /** By sender, then by receiver. */
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #listeners: DeliveryListener[] = [];
  #tap: Tap | undefined;

  constructor(scheduler: Scheduler, prng: Prng, trace: Trace) {
    this.#scheduler = scheduler;
    this.#connections = new Connections(scheduler, trace);
    this.#prng = prng;
    this.#trace = trace;
  }

  open(self: Hex32, life: Life, instance = 0): Net {
    const name = stationName(self, instance);
    const station: Station = { id: self, name, life, admitted: new Set(), handler: undefined };
    this.#connections.add(station);
    return {
      start: (handler) => {
        station.handler = handler;
        this.close(name);
      },
      connected: () => [...new Set(this.#connections.connectedTo(name).map(({ id }) => id))],
      send: (peer, channel, message) => life.isAlive() && this.#send(station, peer, channel, message),
      // Reading costs nothing here.
      pause: () => undefined,
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
    this.#connections.review(station);
  }

  link(from: string, to: string): Readonly<LinkFault> {
    return this.#link(from, to).fault;
  }

  setLink(from: string, to: string, fault: Partial<LinkFault>): void {
    const link = this.#link(from, to);
    link.fault = { ...link.fault, ...fault };
    if (link.fault.stalled) return;
    const held = link.held;
    link.held = [];
    for (const { channel, message } of held) this.#deliver(from, to, channel, message);
  }

  setConnected(a: string, b: string, connected: boolean, reason = ''): void {
    this.#connections.setConnected(a, b, connected, reason);
  }

  setTap(tap: Tap | undefined): void {
    this.#tap = tap;
  }

  inject(from: string, to: Hex32, channel: Channel, message: Uint8Array): void {
    for (const station of this.#connections.connectedTo(from))
      if (station.id === to) this.#deliver(from, station.name, channel, message);
  }

  onDelivered(listener: DeliveryListener): void {
    this.#listeners.push(listener);
  }

  #send(self: Station, peer: Hex32, channel: Channel, message: Uint8Array): boolean {
    const receivers = this.#connections.connectedTo(self.name).filter(({ id }) => id === peer);
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

  #link(from: string, to: string): Link {
    const ofSender = this.#links.get(from) ?? new Map<string, Link>();
    this.#links.set(from, ofSender);
    const link = ofSender.get(to) ?? { fault: GOOD_LINK, lastDueUs: new Map(), freeUs: 0, held: [] };
    ofSender.set(to, link);
    return link;
  }

  /** When the last byte is on its way. */
  #sentUs(link: Link, bytes: number): number {
    const { bytesPerSecond } = link.fault;
    const nowUs = this.#scheduler.nowUs();
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return nowUs;
    link.freeUs = Math.max(nowUs, link.freeUs) + Math.ceil((bytes / bytesPerSecond) * 1e6);
    return link.freeUs;
  }

  #deliver(from: string, to: string, channel: Channel, message: Uint8Array): void {
    const link = this.#link(from, to);
    const { fault, lastDueUs } = link;
    const [sender, receiver] = [this.#connections.station(from), this.#connections.station(to)];
    if (fault.cut || this.#prng.chance(fault.loss) || receiver === undefined || sender === undefined) return;
    if (fault.stalled) {
      link.held.push({ channel, message });
      return;
    }
    const nowUs = this.#scheduler.nowUs();
    const sentUs = this.#sentUs(link, message.length);
    const drawnUs = sentUs + this.#prng.between(fault.delayUsMin, fault.delayUsMax);
    const inOrder = fault.reorder === 0 || !this.#prng.chance(fault.reorder);
    const dueUs = inOrder ? Math.max(drawnUs, lastDueUs.get(channel) ?? 0) : drawnUs;
    if (inOrder) lastDueUs.set(channel, dueUs);
    receiver.life.after(dueUs - nowUs, () => {
      if (!this.#connections.areConnected(from, to)) return;
      this.#trace.delivered(sender.id, receiver.id, channel, message);
      for (const listener of this.#listeners) listener(sender.id, receiver.id, channel, message);
      receiver.handler?.onMessage(sender.id, channel, message);
    });
  }
}
