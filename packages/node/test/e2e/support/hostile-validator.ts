// A validator with its real keys and no daemon: it is let in, and says what it likes.
import { noise } from '@chainsafe/libp2p-noise';
import {
  genesisHash,
  type Hex32,
  NO_ROUND,
  signPayload,
  type Vote,
  type VoteType,
  votePayload,
} from '@consilium/core';
import type { Connection, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { readNodeKeys } from '../../../src/keys/store.ts';
import { CHANNEL_MESSAGE_BYTES_MAX } from '../../../src/limits.ts';
import { decodeMessage, encodeMessage, type WireMessage } from '../../../src/messages/wire.ts';
import { CHANNELS, protocolOf } from '../../../src/net/channels.ts';
import { encodeFrames, FrameReader } from '../../../src/net/frames.ts';
import { networkKeyPair } from '../../../src/net/index.ts';
import type { Channel } from '../../../src/ports.ts';
import type { Network, Validator } from './network.ts';

export interface HostileValidator extends AsyncDisposable {
  /** What the daemon told it. */
  readonly received: readonly WireMessage[];
  send(channel: Channel, messages: readonly WireMessage[]): void;
  vote(type: VoteType, height: number, round: number, blockId: Hex32 | null): Vote;
}

/** Connects to the daemon of `target` in the place of `validator`, which is not started. */
export async function startHostileValidator(
  network: Network,
  validator: Validator,
  target: Validator,
): Promise<HostileValidator> {
  const keys = await readNodeKeys(validator.paths);
  const genesis = genesisHash(network.genesis);
  const libp2p = await createLibp2p({
    privateKey: await networkKeyPair(keys.network.secret.seed),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });
  const received: WireMessage[] = [];
  for (const channel of CHANNELS) {
    await libp2p.handle(protocolOf(genesis, channel), (stream) => readAll(channel, stream, received));
  }
  const connection = await libp2p.dial(multiaddr(`/ip4/127.0.0.1/tcp/${target.p2pPort}`));
  const streams = await openChannels(connection, genesis);
  return {
    received,
    send: (channel, messages) =>
      void streams.get(channel)?.send(encodeFrames(messages.map((message) => encodeMessage(message)))),
    vote: (type, height, round, blockId) => {
      const content = { type, height, round, blockId, validRound: NO_ROUND };
      const signature = signPayload(keys.validator.secret, 'vote', genesis, votePayload(content));
      return { ...content, validator: validator.institution, signature };
    },
    [Symbol.asyncDispose]: async () => libp2p.stop(),
  };
}

function readAll(channel: Channel, stream: Stream, received: WireMessage[]): void {
  const reader = new FrameReader(CHANNEL_MESSAGE_BYTES_MAX[channel], (bytes) =>
    received.push(decodeMessage(bytes)),
  );
  stream.addEventListener('message', ({ data }) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) reader.push(chunk);
  });
}

async function openChannels(connection: Connection, genesis: Hex32): Promise<Map<Channel, Stream>> {
  const streams = new Map<Channel, Stream>();
  for (const channel of CHANNELS)
    streams.set(channel, await connection.newStream(protocolOf(genesis, channel)));
  return streams;
}
