// Owns: what is measured at the ports of a node: how long the disk takes for syncs of the small files and for batches of
// the store, and how many bytes each peer sent and was sent. Does not own: the ports, and where the figures go.
import type { Hex32 } from '@consilium/core';
import type { OpenHome } from '../files/home.ts';
import type { NodeNet } from '../net/index.ts';
import type { Channel, Done } from '../ports.ts';

/** Called with each completed write. */
export interface WriteTimes {
  readonly synced: (file: string, seconds: number) => void;
  readonly written: (seconds: number) => void;
}

export function timedHome(home: OpenHome, times: WriteTimes, nowMs: () => number): OpenHome {
  const timed = (done: Done, told: (seconds: number) => void): Done => {
    const startedMs = nowMs();
    return (error) => {
      told((nowMs() - startedMs) / 1_000);
      done(error);
    };
  };
  const { disk, store } = home;
  const synced = (name: string) => (seconds: number) => times.synced(name, seconds);
  return {
    ...home,
    disk: { ...disk, sync: (name, done) => disk.sync(name, timed(done, synced(name))) },
    store: { ...store, write: (batch, done) => store.write(batch, timed(done, times.written)) },
  };
}

/** Bytes of whole messages, without the frames and the encryption around them. */
export interface PeerBytes {
  readonly received: (peer: Hex32, channel: Channel, bytes: number) => void;
  readonly sent: (peer: Hex32, channel: Channel, bytes: number) => void;
}

export function countedNet(net: NodeNet, bytes: PeerBytes): NodeNet {
  return {
    open: () => net.open(),
    stop: () => net.stop(),
    addresses: () => net.addresses(),
    stats: () => net.stats(),
    admit: (peers) => net.admit(peers),
    connected: () => net.connected(),
    penalize: (peer, code) => net.penalize(peer, code),
    pause: (peer, channel, forMs) => net.pause(peer, channel, forMs),
    send: (peer, channel, message) => {
      const isTaken = net.send(peer, channel, message);
      if (isTaken) bytes.sent(peer, channel, message.length);
      return isTaken;
    },
    start: (handler) =>
      net.start({
        ...handler,
        onMessage: (peer, channel, message) => {
          bytes.received(peer, channel, message.length);
          handler.onMessage(peer, channel, message);
        },
      }),
  };
}
