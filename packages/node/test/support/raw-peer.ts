// A libp2p node that holds an admitted key and does what it likes: what the adapter must withstand.
import { noise } from '@chainsafe/libp2p-noise';
import type { Connection, Stream, StreamMuxerFactory } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { CHANNELS, protocolOf } from '../../src/net/channels.ts';
import { networkKeyPair } from '../../src/net/index.ts';
import type { Channel } from '../../src/ports.ts';
import { GENESIS, type NetNode, seedOf } from './net-node.ts';

export interface RawPeer {
  readonly addresses: string[];
  /** Streams that the adapter opened to send on. */
  readonly incoming: Map<Channel, Stream>;
  /** Bytes that came on them. */
  readonly received: Map<Channel, number>;
  dial(node: NetNode): Promise<Connection>;
  /** One more connection, beside those that it has. */
  dialAnew(node: NetNode): Promise<Connection>;
  openChannel(connection: Connection, channel: Channel): Promise<Stream>;
  stop(): Promise<void>;
}

export interface RawPeerOptions {
  /** Called synchronously with each stream that the adapter opens. */
  readonly onStream?: (stream: Stream) => void;
  /** Of the adapter's channels; all of them when not given. */
  readonly protocols?: readonly Channel[];
  readonly muxer?: StreamMuxerFactory;
}

export async function startRawPeer(number: number, options: RawPeerOptions = {}): Promise<RawPeer> {
  const muxer = options.muxer;
  const libp2p = await createLibp2p({
    privateKey: await networkKeyPair(seedOf(number)),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer === undefined ? yamux() : () => muxer],
    connectionMonitor: { enabled: false },
  });
  const incoming = new Map<Channel, Stream>();
  const received = new Map<Channel, number>();
  for (const channel of options.protocols ?? CHANNELS) {
    await libp2p.handle(protocolOf(GENESIS, channel), (stream) => {
      incoming.set(channel, stream);
      stream.addEventListener('message', (event) => {
        received.set(channel, (received.get(channel) ?? 0) + event.data.byteLength);
      });
      options.onStream?.(stream);
    });
  }
  return {
    addresses: libp2p.getMultiaddrs().map(String),
    incoming,
    received,
    dial: (node) => libp2p.dial(targets(node)),
    dialAnew: (node) => libp2p.dial(targets(node), { force: true }),
    openChannel: (connection, channel) => connection.newStream(protocolOf(GENESIS, channel)),
    stop: async () => libp2p.stop(),
  };
}

function targets(node: NetNode): Multiaddr[] {
  return node.net.addresses().map((address) => multiaddr(address));
}
