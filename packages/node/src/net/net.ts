// Owns: the port `Net` over libp2p, start and stop. Does not own: what messages mean, nor the set (the ledger's).
import { ConsiliumError, type Hex32 } from '@consilium/core';
import type { Connection, PeerId, Stream } from '@libp2p/interface';
import type { AdmittedPeer, Channel, Net, NetHandler, Report } from '../ports.ts';
import { CHANNELS, protocolOf } from './channels.ts';
import { createDoorstep, createGate, type Gate, type GateVerdict } from './gate.ts';
import { type Host, startHost } from './host.ts';
import { Link } from './link.ts';
import { createGuardedMuxer, type MuxerGuards } from './muxer-guard.ts';
import { networkKeyOf, networkKeyPair } from './network-key.ts';
import { NET_LIMITS, type NetLimits, type NetOptions } from './options.ts';
import { Roster } from './roster.ts';
import { createThrottledReport } from './throttled-report.ts';

export interface NetDeps {
  readonly report: Report;
}

export interface NetStats {
  readonly connected: number;
  readonly strangersRefused: number;
  readonly pendingRefused: number;
}

/** Life: `open` binds the sockets, `start` lets in and dials, `stop` ends it for good. `admit` works at any time. */
export interface NodeNet extends Net {
  /** Throws `P2P_LISTEN_FAILED`. */
  open(): Promise<void>;
  /** Everything is closed within 2 s. The handler is not called again once this was called. */
  stop(): Promise<void>;
  /** Addresses that it listens on, with the peer id. */
  addresses(): readonly string[];
  stats(): NetStats;
}

export function createNet(deps: NetDeps, options: NetOptions): NodeNet {
  return new Libp2pNet(deps.report, options);
}

class Libp2pNet implements NodeNet {
  readonly #options: NetOptions;
  readonly #limits: NetLimits;
  readonly #report: Report;
  readonly #throttledReport: Report;
  readonly #gate: Gate;
  readonly #muxer: MuxerGuards;
  readonly #roster: Roster;
  #admitted: readonly AdmittedPeer[] = [];
  #networkKey: Hex32 | undefined;
  #host: Host | undefined;
  #handler: NetHandler | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(report: Report, options: NetOptions) {
    this.#options = options;
    this.#limits = { ...NET_LIMITS, ...options.limits };
    this.#report = report;
    this.#throttledReport = createThrottledReport(report, () => performance.now());
    this.#muxer = createGuardedMuxer(this.#limits);
    this.#roster = new Roster({
      addressOverrides: options.addressOverrides ?? {},
      report,
      createLink: (institution, dialAt) => this.#createLink(institution, dialAt),
    });
    this.#gate = createGate({
      judge: (peerId) => this.#judge(peerId),
      knowsHost: (host) => this.#roster.knowsHost(host),
      learnHost: (peerId, host) => this.#roster.learnHost(peerId, host),
      report: this.#throttledReport,
    });
  }

  async open(): Promise<void> {
    const privateKey = await networkKeyPair(this.#options.networkSeed);
    this.#networkKey = networkKeyOf(privateKey);
    const deps = {
      privateKey,
      gater: this.#gate.gater,
      doorstep: createDoorstep({
        knowsHost: (host) => this.#roster.knowsHost(host),
        barsHost: (host) => this.#roster.barsHost(host),
        counts: this.#gate.counts,
        report: this.#throttledReport,
      }),
      muxer: this.#muxer.factory,
      onStream: this.#streamHandlers(),
      onConnection: (connection: Connection) => this.#onConnection(connection),
      report: this.#report,
    };
    const host = await startHost(deps, this.#options.listen);
    if (this.#stopped) {
      await host.stop();
      return;
    }
    this.#host = host;
    this.#ticker = setInterval(() => this.#tick(), this.#limits.tickMs);
    this.#applyAdmitted();
  }

  start(handler: NetHandler): void {
    this.#handler = handler;
    this.#applyAdmitted();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#handler = undefined;
    clearInterval(this.#ticker);
    this.#roster.clear('P2P_NOT_RUNNING');
    const host = this.#host;
    this.#host = undefined;
    await host?.stop();
  }

  connected(): readonly Hex32[] {
    return this.#roster.links.filter((link) => link.ready).map((link) => link.peer);
  }

  send(peer: Hex32, channel: Channel, message: Uint8Array): boolean {
    return this.#roster.linkTo(peer)?.send(channel, message) === true;
  }

  penalize(peer: Hex32, code: string): void {
    this.#roster.linkTo(peer)?.penalize(code, 1);
  }

  pause(peer: Hex32, channel: Channel, forMs: number): void {
    this.#roster.linkTo(peer)?.pause(channel, forMs);
  }

  admit(peers: readonly AdmittedPeer[]): void {
    this.#admitted = peers;
    this.#applyAdmitted();
  }

  addresses(): readonly string[] {
    return this.#host?.addresses() ?? [];
  }

  stats(): NetStats {
    return { connected: this.connected().length, ...this.#gate.counts };
  }

  #isRunning(): boolean {
    return this.#host !== undefined && this.#handler !== undefined;
  }

  #applyAdmitted(): void {
    if (!this.#isRunning()) return;
    const others = this.#admitted.filter(
      (peer) => peer.institution !== this.#options.institution && peer.networkKey !== this.#networkKey,
    );
    this.#roster.set(others);
  }

  #createLink(institution: Hex32, dialAt: () => { peerId: PeerId; addresses: readonly string[] }): Link {
    return new Link(institution, {
      self: this.#options.institution,
      genesis: this.#options.genesis,
      limits: this.#limits,
      handler: this.#linkHandler(),
      report: this.#report,
      throttledReport: this.#throttledReport,
      dial: async (signal) => {
        const { peerId, addresses } = dialAt();
        await this.#host?.dial(peerId, addresses, signal);
      },
    });
  }

  /** Nothing comes after `stop`. A farewell never comes inside a call to `admit` or `penalize`, but right after it. */
  #linkHandler(): NetHandler {
    return {
      onConnect: (peer) => this.#handler?.onConnect(peer),
      onMessage: (peer, channel, message) => this.#handler?.onMessage(peer, channel, message),
      onDisconnect: (peer) => queueMicrotask(() => this.#handler?.onDisconnect(peer)),
    };
  }

  #judge(peerId: string): GateVerdict {
    if (!this.#isRunning()) return 'P2P_NOT_RUNNING';
    const link = this.#roster.linkOf(peerId);
    if (link === undefined) return 'P2P_STRANGER_REFUSED';
    return link.barred ? 'P2P_PEER_BARRED' : undefined;
  }

  #onConnection(connection: Connection): void {
    const link = this.#roster.linkOf(connection.remotePeer.toString());
    if (link === undefined) connection.abort(new ConsiliumError('P2P_PEER_REMOVED'));
    else link.onConnection(connection);
  }

  #streamHandlers(): Map<string, (stream: Stream, connection: Connection) => void> {
    const handlers = CHANNELS.map((channel) => {
      const handler = (stream: Stream, connection: Connection): void => {
        const link = this.#roster.linkOf(connection.remotePeer.toString());
        if (link?.accept(channel, stream, connection) !== true)
          stream.abort(new ConsiliumError('P2P_PEER_REMOVED'));
      };
      return [protocolOf(this.#options.genesis, channel), handler] as const;
    });
    return new Map(handlers);
  }

  #tick(): void {
    this.#muxer.tick();
    for (const link of this.#roster.links) link.tick();
  }
}
