// Owns: a wire between a replica and its network port: what leaves and what arrives may be changed on it.
import type { Hex32 } from '@consilium/core';
import type { Channel, Net } from '@consilium/node/replica';

export interface Wire {
  /** What leaves in place of a message. */
  tell(to: Hex32, channel: Channel, bytes: Uint8Array): readonly Uint8Array[];
  /** What arrives in place of a message. */
  hear(from: Hex32, channel: Channel, bytes: Uint8Array): readonly Uint8Array[];
  /** What its own key signed elsewhere is not noticed in committed blocks either, which nobody can change on a wire. */
  readonly isDeafToOwn?: boolean;
}

/** `wire` is asked for at each message, so that one may be put in while the replica runs. */
export function netThrough(net: Net, wire: () => Wire | undefined): Net {
  return {
    start: (handler) =>
      net.start({
        onConnect: (peer) => handler.onConnect(peer),
        onDisconnect: (peer) => handler.onDisconnect(peer),
        onMessage: (from, channel, bytes) => {
          for (const heard of wire()?.hear(from, channel, bytes) ?? [bytes])
            handler.onMessage(from, channel, heard);
        },
      }),
    connected: () => net.connected(),
    send: (peer, channel, bytes) => {
      const told = wire()?.tell(peer, channel, bytes) ?? [bytes];
      return told.reduce((sent, each) => net.send(peer, channel, each) && sent, true);
    },
    penalize: (peer, code) => net.penalize(peer, code),
    pause: (peer, channel, forMs) => net.pause(peer, channel, forMs),
    admit: (peers) => net.admit(peers),
  };
}
