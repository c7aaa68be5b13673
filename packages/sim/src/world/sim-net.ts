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
}

export const GOOD_LINK: Readonly<LinkFault> = {
  delayUsMin: 200,
  delayUsMax: 1_500,
  loss: 0,
  reorder: 0,
  duplicate: 0,
  cut: false,
};

const CONNECT_US = 5_000;

export interface SimNet {
  /** The network as one run of a node sees it. */
  open(self: Hex32, life: Life): Net;
  close(self: Hex32): void;
  link(from: Hex32, to: Hex32): LinkFault;
  /** Ends or makes the connection of a pair as both sides see it. */
  setConnected(a: Hex32, b: Hex32, connected: boolean): void;
  readonly penalties: readonly { readonly by: Hex32; readonly peer: Hex32; readonly code: string }[];
  /** Sees each message as it is sent; may return others in its place. For hostile nodes. */
  setTap(tap: Tap | undefined): void;
}

export type Tap = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array) => readonly Uint8Array[];

interface Station {
  readonly life: Life;
  readonly admitted: Set<Hex32>;
  handler: NetHandler | undefined;
}

export function createSimNet(scheduler: Scheduler, prng: Prng, trace: Trace): SimNet {
  const stations = new Map<Hex32, Station>();
  const links = new Map<string, LinkFault>();
  const broken = new Set<string>();
  const connected = new Set<string>();
  const lastDueUs = new Map<string, number>();
  const penalties: { by: Hex32; peer: Hex32; code: string }[] = [];
  let tap: Tap | undefined;

  const link = (from: Hex32, to: Hex32): LinkFault => {
    const name = `${from}>${to}`;
    const known = links.get(name);
    if (known !== undefined) return known;
    const fresh = { ...GOOD_LINK };
    links.set(name, fresh);
    return fresh;
  };

  const mayConnect = (a: Hex32, b: Hex32): boolean => {
    const [one, other] = [stations.get(a), stations.get(b)];
    if (one?.handler === undefined || other?.handler === undefined || broken.has(pairName(a, b)))
      return false;
    return one.life.isAlive() && other.life.isAlive() && one.admitted.has(b) && other.admitted.has(a);
  };

  const review = (a: Hex32, b: Hex32): void => {
    const name = pairName(a, b);
    if (!mayConnect(a, b)) {
      if (!connected.delete(name)) return;
      tell(a, (handler) => handler.onDisconnect(b));
      tell(b, (handler) => handler.onDisconnect(a));
      return;
    }
    if (connected.has(name)) return;
    scheduler.after(CONNECT_US, () => {
      if (connected.has(name) || !mayConnect(a, b)) return;
      connected.add(name);
      tell(a, (handler) => handler.onConnect(b));
      tell(b, (handler) => handler.onConnect(a));
    });
  };

  const tell = (node: Hex32, news: (handler: NetHandler) => void): void => {
    const station = stations.get(node);
    if (station?.handler !== undefined && station.life.isAlive()) news(station.handler);
  };

  const reviewAll = (self: Hex32): void => {
    for (const other of stations.keys()) if (other !== self) review(self, other);
  };

  const deliver = (from: Hex32, to: Hex32, channel: Channel, message: Uint8Array): void => {
    const fault = link(from, to);
    if (fault.cut || prng.chance(fault.loss)) return;
    const receiver = stations.get(to);
    if (receiver === undefined) return;
    const stream = `${from}>${to}/${channel}`;
    const drawnUs = scheduler.nowUs() + prng.between(fault.delayUsMin, fault.delayUsMax);
    const inOrder = fault.reorder === 0 || !prng.chance(fault.reorder);
    const dueUs = inOrder ? Math.max(drawnUs, lastDueUs.get(stream) ?? 0) : drawnUs;
    if (inOrder) lastDueUs.set(stream, dueUs);
    receiver.life.after(dueUs - scheduler.nowUs(), () => {
      if (!connected.has(pairName(from, to))) return;
      trace.delivered(from, to, channel, message);
      receiver.handler?.onMessage(from, channel, message);
    });
  };

  const send = (self: Hex32, peer: Hex32, channel: Channel, message: Uint8Array): boolean => {
    if (!connected.has(pairName(self, peer))) return false;
    for (const sent of tap?.(self, peer, channel, message) ?? [message]) {
      deliver(self, peer, channel, sent);
      if (prng.chance(link(self, peer).duplicate)) deliver(self, peer, channel, sent);
    }
    return true;
  };

  const open = (self: Hex32, life: Life): Net => {
    const station: Station = { life, admitted: new Set(), handler: undefined };
    stations.set(self, station);
    return {
      start: (handler) => {
        station.handler = handler;
        reviewAll(self);
      },
      connected: () => [...stations.keys()].filter((other) => connected.has(pairName(self, other))),
      send: (peer, channel, message) => life.isAlive() && send(self, peer, channel, message),
      penalize: (peer, code) => penalties.push({ by: self, peer, code }),
      admit: (peers: readonly AdmittedPeer[]) => {
        station.admitted.clear();
        for (const { institution } of peers) station.admitted.add(institution);
        reviewAll(self);
      },
    };
  };

  return {
    open,
    close: reviewAll,
    link,
    setConnected: (a, b, isConnected) => {
      if (isConnected) broken.delete(pairName(a, b));
      else broken.add(pairName(a, b));
      review(a, b);
    },
    penalties,
    setTap: (next) => {
      tap = next;
    },
  };
}

function pairName(a: Hex32, b: Hex32): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
