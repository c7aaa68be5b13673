// Owns: which stations are connected, as both sides see it: a connection stands between two that live and let each other in,
// while no reason is against it. An id may have more stations than one: machines that run with one key, of which nobody else
// can tell which is which. Does not own: what becomes of a message on its way (sim-net.ts).
import type { Hex32 } from '@consilium/core';
import type { NetHandler } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

export interface Station {
  readonly id: Hex32;
  readonly name: string;
  readonly life: Life;
  readonly admitted: Set<Hex32>;
  handler: NetHandler | undefined;
}

/** The first machine of an id goes by the id itself. */
export function stationName(id: Hex32, instance = 0): string {
  return instance === 0 ? id : `${id}#${instance}`;
}

const CONNECT_US = 5_000;

export class Connections {
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #stations = new Map<string, Station>();
  /** Pair -> why it may not be connected. */
  readonly #broken = new Map<string, Set<string>>();
  readonly #connected = new Set<string>();
  /** Who is connected to each station, in the order of the stations; made anew after any change. */
  #near = new Map<string, readonly Station[]>();

  constructor(scheduler: Scheduler, trace: Trace) {
    this.#scheduler = scheduler;
    this.#trace = trace;
  }

  /** A machine comes in the place of the one that had this name. */
  add(station: Station): void {
    this.#stations.set(station.name, station);
    this.#near.clear();
  }

  station(name: string): Station | undefined {
    return this.#stations.get(name);
  }

  areConnected(a: string, b: string): boolean {
    return this.connectedTo(a).some(({ name }) => name === b);
  }

  connectedTo(name: string): readonly Station[] {
    const known = this.#near.get(name);
    if (known !== undefined) return known;
    const near = [...this.#stations.values()].filter((other) =>
      this.#connected.has(pairName(name, other.name)),
    );
    this.#near.set(name, near);
    return near;
  }

  /** Its process ended, or its gate changed. */
  review(name: string): void {
    for (const other of this.#stations.keys()) if (other !== name) this.#reviewPair(name, other);
  }

  setConnected(a: string, b: string, connected: boolean, reason: string): void {
    const name = pairName(a, b);
    const reasons = this.#broken.get(name) ?? new Set<string>();
    if (connected) reasons.delete(reason);
    else reasons.add(reason);
    if (reasons.size === 0) this.#broken.delete(name);
    else this.#broken.set(name, reasons);
    this.#reviewPair(a, b);
  }

  #mayConnect(a: string, b: string): boolean {
    const [one, other] = [this.#stations.get(a), this.#stations.get(b)];
    if (one?.handler === undefined || other?.handler === undefined) return false;
    const admitted = one.admitted.has(other.id) && other.admitted.has(one.id) && one.id !== other.id;
    return admitted && one.life.isAlive() && other.life.isAlive() && !this.#broken.has(pairName(a, b));
  }

  /** Ends a connection that may not stand any more at once; makes one that may after the time it takes. */
  #reviewPair(a: string, b: string): void {
    const name = pairName(a, b);
    if (!this.#mayConnect(a, b)) {
      if (!this.#connected.delete(name)) return;
      this.#near.clear();
      return this.#tellBoth(a, b, 'onDisconnect');
    }
    if (this.#connected.has(name)) return;
    this.#scheduler.after(CONNECT_US, () => {
      if (this.#connected.has(name) || !this.#mayConnect(a, b)) return;
      const known = this.#connectedIds(a, b);
      this.#connected.add(name);
      this.#near.clear();
      this.#tellBoth(a, b, 'onConnect', known);
    });
  }

  /** Which of the two has another machine of the other's id beside it. */
  #connectedIds(a: string, b: string): ReadonlySet<string> {
    const knows = (self: string, peer: string): boolean => {
      const id = this.#stations.get(peer)?.id;
      return this.connectedTo(self).some((other) => other.id === id && other.name !== peer);
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
}

function pairName(a: string, b: string): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

function shortName(station: string): string {
  return `${station.slice(0, 8)}${station.slice(64)}`;
}
