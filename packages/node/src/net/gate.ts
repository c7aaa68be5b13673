// Owns: who gets a connection, in both directions, and how many may wait before they have shown their key. Does not
// own: the set (the ledger's), nor what a connection is used for.
import type { ErrorCode } from '@consilium/core';
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import { addressOf, Doorstep } from '../doorstep/doorstep.ts';
import {
  BARRED_HOST_ARRIVALS_PER_SECOND,
  KNOWN_HOST_ARRIVALS_BURST,
  KNOWN_HOST_ARRIVALS_PER_SECOND,
  PENDING_OTHERS_MAX,
  PENDING_PER_KNOWN_HOST_MAX,
  STRANGER_ARRIVALS_BURST,
  STRANGER_ARRIVALS_PER_SECOND,
} from '../limits.ts';
import type { Report } from '../ports.ts';
import { hostOf } from './addresses.ts';

/** Why a peer may not connect now; undefined when it may. */
export type GateVerdict =
  | Extract<ErrorCode, 'P2P_STRANGER_REFUSED' | 'P2P_PEER_BARRED' | 'P2P_NOT_RUNNING'>
  | undefined;

export interface GateDeps {
  /** `peerId` in text form. */
  readonly judge: (peerId: string) => GateVerdict;
  /** An address at which some admitted peer is expected or was seen. */
  readonly knowsHost: (host: string) => boolean;
  readonly learnHost: (peerId: string, host: string) => void;
  readonly report: Report;
}

export interface Gate {
  readonly gater: ConnectionGater;
  readonly counts: { strangersRefused: number; pendingRefused: number };
}

export function createGate(deps: GateDeps): Gate {
  const counts = { strangersRefused: 0, pendingRefused: 0 };
  const pending = new PendingConnections(deps.knowsHost);

  const denyPeer = (peerId: string, direction: string): boolean => {
    const verdict = deps.judge(peerId);
    if (verdict === undefined) return false;
    if (verdict === 'P2P_NOT_RUNNING') return true;
    if (verdict === 'P2P_STRANGER_REFUSED') counts.strangersRefused += 1;
    deps.report({ level: 'warn', code: verdict, peerId, direction, refused: counts.strangersRefused });
    return true;
  };

  const denyInboundConnection = (connection: MultiaddrConnection): boolean => {
    if (pending.add(connection)) return false;
    counts.pendingRefused += 1;
    deps.report({ level: 'warn', code: 'P2P_RATE_EXCEEDED', pendingRefused: counts.pendingRefused });
    return true;
  };

  const denyInboundEncryptedConnection = (peerId: PeerId, connection: MultiaddrConnection): boolean => {
    pending.delete(connection);
    const denied = denyPeer(peerId.toString(), 'inbound');
    if (!denied) deps.learnHost(peerId.toString(), hostOfCaller(connection));
    return denied;
  };

  const denyOutbound = (peerId: PeerId): boolean => denyPeer(peerId.toString(), 'outbound');
  const gater: ConnectionGater = {
    denyInboundConnection,
    denyInboundEncryptedConnection,
    denyDialPeer: denyOutbound,
    denyOutboundEncryptedConnection: denyOutbound,
  };
  return { gater, counts };
}

export interface GateDoorstepDeps extends Pick<GateDeps, 'knowsHost' | 'report'>, Pick<Gate, 'counts'> {
  /** An address from which only peers came that are cut off for a while: a handshake with them would be in vain. */
  readonly barsHost: (host: string) => boolean;
}

/** Counts what it refuses with the other connections of which no key was seen. */
export function createDoorstep(deps: GateDoorstepDeps): Doorstep {
  const { knowsHost, barsHost, report, counts } = deps;
  const onRefused = (): void => {
    counts.pendingRefused += 1;
    report({ level: 'warn', code: 'P2P_RATE_EXCEEDED', pendingRefused: counts.pendingRefused });
  };
  return new Doorstep(
    { monotonicMs: () => performance.now(), knows: knowsHost, bars: barsHost, onRefused },
    {
      newcomers: { perSecond: STRANGER_ARRIVALS_PER_SECOND, burst: STRANGER_ARRIVALS_BURST },
      known: { perSecond: KNOWN_HOST_ARRIVALS_PER_SECOND, burst: KNOWN_HOST_ARRIVALS_BURST },
      barred: { perSecond: BARRED_HOST_ARRIVALS_PER_SECOND, burst: 1 },
    },
  );
}

/** As the doorstep has it, whatever the listener makes of an IPv4 address. */
function hostOfCaller({ remoteAddr }: MultiaddrConnection): string {
  return addressOf(hostOf(remoteAddr));
}

/** Incoming connections before their key is known. Strangers cannot take the places of known addresses. */
class PendingConnections {
  readonly #knowsHost: (host: string) => boolean;
  readonly #hosts: Map<MultiaddrConnection, string> = new Map();

  constructor(knowsHost: (host: string) => boolean) {
    this.#knowsHost = knowsHost;
  }

  add(connection: MultiaddrConnection): boolean {
    const host = hostOfCaller(connection);
    const known = this.#knowsHost(host);
    const rivals = [...this.#hosts.values()].filter((other) =>
      known ? other === host : !this.#knowsHost(other),
    );
    if (rivals.length >= (known ? PENDING_PER_KNOWN_HOST_MAX : PENDING_OTHERS_MAX)) return false;
    this.#hosts.set(connection, host);
    connection.addEventListener('close', () => this.delete(connection));
    return true;
  }

  delete(connection: MultiaddrConnection): void {
    this.#hosts.delete(connection);
  }
}
