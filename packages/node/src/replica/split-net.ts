// Owns: one network adapter used by several parts: agreement and its helpers on their channels, custody and snapshots each on
// their own. Does not own: who is let in (the replica's `admit`).
import type { Hex32 } from '@consilium/core';
import type { Channel, Net, NetHandler, Peers } from '../ports.ts';

export interface SplitNet {
  readonly replica: Net;
  readonly custody: Peers;
  /** A join and, after it, the server of snapshots: whoever starts later takes its place. */
  readonly snapshot: Peers;
}

type Part = keyof SplitNet;

/** Whoever starts first starts the adapter; whoever comes later is told of the connections that stand. */
export function splitNet(net: Net): SplitNet {
  const handlers = new Map<Part, NetHandler>();
  let started = false;
  const ownerOf = (channel: Channel): NetHandler | undefined => handlers.get(partOf(channel));
  const each = (tell: (handler: NetHandler) => void): void => {
    for (const handler of handlers.values()) tell(handler);
  };
  const start = (part: Part, handler: NetHandler): void => {
    handlers.set(part, handler);
    if (started) {
      for (const peer of net.connected()) handler.onConnect(peer);
      return;
    }
    started = true;
    net.start({
      onMessage: (peer, channel, message) => ownerOf(channel)?.onMessage(peer, channel, message),
      onConnect: (peer) => each((known) => known.onConnect(peer)),
      onDisconnect: (peer) => each((known) => known.onDisconnect(peer)),
    });
  };
  const shared = {
    connected: () => net.connected(),
    send: (peer: Hex32, channel: Channel, message: Uint8Array) => net.send(peer, channel, message),
    penalize: (peer: Hex32, code: string) => net.penalize(peer, code),
    pause: (peer: Hex32, channel: Channel, forMs: number) => net.pause(peer, channel, forMs),
  };
  return {
    replica: { ...shared, start: (handler) => start('replica', handler), admit: (peers) => net.admit(peers) },
    custody: { ...shared, start: (handler) => start('custody', handler) },
    snapshot: { ...shared, start: (handler) => start('snapshot', handler) },
  };
}

function partOf(channel: Channel): Part {
  return channel === 'custody' || channel === 'snapshot' ? channel : 'replica';
}
