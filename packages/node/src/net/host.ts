// Owns: the libp2p node and its settings. Does not own: who may connect (the gate), when to dial (the links).
import type { BlockList } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import { ConsiliumError } from '@consilium/core';
import type {
  Connection,
  ConnectionGater,
  PeerId,
  PrivateKey,
  Stream,
  StreamMuxerFactory,
} from '@libp2p/interface';
import { type TCPSocketOptions, tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p } from 'libp2p';
import { noiseSodium } from '../crypto/noise-sodium.ts';
import {
  CHANNEL_OPEN_MS_MAX,
  DIAL_ADDRESS_MS_MAX,
  DIAL_MS_MAX,
  INBOUND_HANDSHAKE_MS_MAX,
  NET_STOP_MS_MAX,
  SOCKETS_MAX,
  STREAMS_PER_CONNECTION_MAX,
} from '../limits.ts';
import type { Report } from '../ports.ts';
import { dialable } from './addresses.ts';
import { silentLogger } from './silent-logger.ts';

export interface HostDeps {
  readonly privateKey: PrivateKey;
  readonly gater: ConnectionGater;
  readonly doorstep: BlockList;
  readonly muxer: StreamMuxerFactory;
  /** By protocol name: called with each stream that a peer opened. */
  readonly onStream: ReadonlyMap<string, (stream: Stream, connection: Connection) => void>;
  /** Called for each connection past the gate, of either direction. */
  readonly onConnection: (connection: Connection) => void;
  readonly report: Report;
}

export interface Host {
  readonly addresses: () => readonly string[];
  /** Resolves when connected. Rejects with `P2P_ADDRESS_INVALID` when no address can be used. */
  readonly dial: (peer: PeerId, addresses: readonly string[], signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Throws `P2P_LISTEN_FAILED`. */
export async function startHost(deps: HostDeps, listen: readonly string[]): Promise<Host> {
  const libp2p = await createLibp2p({ ...settings(deps), addresses: { listen: [...listen] }, start: false });
  libp2p.addEventListener('connection:open', (event) => deps.onConnection(event.detail));
  // Before listening, or the first peer would find no protocol and take this node for one of another network.
  for (const [protocol, handler] of deps.onStream) {
    await libp2p.handle(protocol, handler, { maxInboundStreams: STREAMS_PER_CONNECTION_MAX });
  }
  try {
    await libp2p.start();
  } catch (error) {
    throw new ConsiliumError('P2P_LISTEN_FAILED', { addresses: listen.join(' '), cause: causeOf(error) });
  }
  return {
    addresses: () => libp2p.getMultiaddrs().map(String),
    dial: (peer, addresses, signal) => dial(libp2p, peer, addresses, signal),
    stop: () => stopWithin(libp2p, NET_STOP_MS_MAX, deps.report),
  };
}

function settings(deps: HostDeps): Parameters<typeof createLibp2p>[0] & object {
  // The listener hands all of it to Node.js; its type names a part.
  const listenOptions: TCPSocketOptions & { readonly blockList: BlockList } = { blockList: deps.doorstep };
  return {
    privateKey: deps.privateKey,
    logger: silentLogger,
    connectionGater: deps.gater,
    // 0: no inactivity timeout. Silence is watched by the muxer guard, which knows of pings.
    transports: [
      tcp({
        inboundSocketInactivityTimeout: 0,
        outboundSocketInactivityTimeout: 0,
        maxConnections: SOCKETS_MAX,
        listenOpts: listenOptions,
      }),
    ],
    connectionEncrypters: [noise({ crypto: noiseSodium })],
    streamMuxers: [() => deps.muxer],
    // Pings by opening streams, and cuts links under load.
    connectionMonitor: { enabled: false },
    connectionManager: {
      // Only admitted peers come this far, and none of them is worth less than another: nothing is ever pruned.
      maxConnections: SOCKETS_MAX,
      maxIncomingPendingConnections: SOCKETS_MAX,
      // Bounded at the doorstep, before libp2p has made anything.
      inboundConnectionThreshold: Number.MAX_SAFE_INTEGER,
      inboundUpgradeTimeout: INBOUND_HANDSHAKE_MS_MAX,
      inboundStreamProtocolNegotiationTimeout: CHANNEL_OPEN_MS_MAX,
      outboundStreamProtocolNegotiationTimeout: CHANNEL_OPEN_MS_MAX,
      dialTimeout: DIAL_MS_MAX,
      addressDialTimeout: DIAL_ADDRESS_MS_MAX,
      reconnectRetries: 0,
      // Addresses come from the ledger; nothing is looked up at strangers.
      resolvers: {},
    },
  };
}

async function dial(
  libp2p: Libp2p,
  peer: PeerId,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const targets = addresses
    .map((address) => dialable(address, peer))
    .filter((target) => target !== undefined);
  if (targets.length === 0)
    throw new ConsiliumError('P2P_ADDRESS_INVALID', { addresses: addresses.join(' ') });
  await libp2p.dial(targets, { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS_MAX)]) });
}

/** Stops waiting after `limitMs`: what hangs then is a goodbye to a peer that does not answer. */
async function stopWithin(libp2p: Libp2p, limitMs: number, report: Report): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(() => limit.reject(new ConsiliumError('P2P_NOT_RUNNING')), limitMs);
  try {
    await Promise.race([libp2p.stop(), limit.promise]);
  } catch (error) {
    report({ level: 'warn', code: 'P2P_STOP_INCOMPLETE', cause: causeOf(error) });
  }
  clearTimeout(timer);
}

/** What a library says of a failure: addresses and system codes, nothing personal. */
export function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
