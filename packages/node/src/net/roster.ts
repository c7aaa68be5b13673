// Owns: the admitted peers by institution and by peer id, each with its link, and the addresses they are found at. Does
// not own: who is admitted (the ledger's), nor what a link does.
import type { ErrorCode, Hex32 } from '@consilium/core';
import type { PeerId } from '@libp2p/interface';
import type { AdmittedPeer, Report } from '../ports.ts';
import { dialable, hostOf } from './addresses.ts';
import type { Link } from './link.ts';
import { peerIdOf } from './network-key.ts';

export interface Member {
  /** The current one first, then those that it is still let in with, each with its peer id at the same place. */
  keys: readonly Hex32[];
  peerIds: readonly PeerId[];
  readonly link: Link;
  /** Where it is dialled, and where it was last seen: hosts whose connections are not crowded out by strangers. */
  addresses: readonly string[];
  hosts: ReadonlySet<string>;
  seenAt: string | undefined;
}

export interface RosterDeps {
  readonly addressOverrides: Readonly<Record<Hex32, readonly string[]>>;
  readonly report: Report;
  readonly createLink: (
    institution: Hex32,
    dialAt: () => { peerId: PeerId; addresses: readonly string[] },
  ) => Link;
}

export class Roster {
  readonly #deps: RosterDeps;
  readonly #byInstitution: Map<Hex32, Member> = new Map();
  readonly #byPeerId: Map<string, Member> = new Map();

  constructor(deps: RosterDeps) {
    this.#deps = deps;
  }

  get links(): Link[] {
    return [...this.#byInstitution.values()].map((member) => member.link);
  }

  linkTo(institution: Hex32): Link | undefined {
    return this.#byInstitution.get(institution)?.link;
  }

  linkOf(peerId: string): Link | undefined {
    return this.#byPeerId.get(peerId)?.link;
  }

  knowsHost(host: string): boolean {
    return [...this.#byInstitution.values()].some(
      (member) => member.seenAt === host || member.hosts.has(host),
    );
  }

  /** Whether all who came from there with their key are barred. An address that a member only claims says nothing. */
  barsHost(host: string): boolean {
    const members = [...this.#byInstitution.values()];
    const here = members.filter(({ seenAt, hosts }) => seenAt === host || hosts.has(host));
    return members.some(({ seenAt }) => seenAt === host) && here.every(({ link }) => link.barred);
  }

  learnHost(peerId: string, host: string): void {
    const member = this.#byPeerId.get(peerId);
    if (member !== undefined) member.seenAt = host;
  }

  /** Exactly these from now on: others are cut off at once, new ones dialled at once, moved ones found. */
  set(peers: readonly AdmittedPeer[]): void {
    const keys = new Map(peers.map((peer) => [peer.institution, keysOf(peer)]));
    for (const [institution, member] of [...this.#byInstitution]) {
      const valid = keys.get(institution) ?? [];
      // Who gets a key more stays connected; who loses one may be here with that one, and comes again with another.
      if (!member.keys.every((key) => valid.includes(key)))
        this.#remove(institution, member, 'P2P_PEER_REMOVED');
    }
    for (const peer of peers) {
      const member = this.#byInstitution.get(peer.institution);
      if (member === undefined) this.#add(peer);
      else {
        this.#rekey(peer, member);
        this.#move(peer, member);
      }
    }
  }

  clear(code: ErrorCode): void {
    for (const [institution, member] of [...this.#byInstitution]) this.#remove(institution, member, code);
  }

  #add(peer: AdmittedPeer): void {
    const keys = keysOf(peer);
    const peerIds = keys.map(peerIdOf);
    if (peerIds.some((peerId) => this.#byPeerId.has(peerId.toString()))) {
      this.#deps.report({ level: 'error', code: 'P2P_KEY_SHARED', peer: peer.institution });
      return;
    }
    const addresses = this.#addressesOf(peer);
    let dials = 0;
    const link = this.#deps.createLink(peer.institution, () => {
      // Nobody can tell from outside with which of its keys it runs.
      const peerId = member.peerIds[dials % member.peerIds.length] as PeerId;
      dials += 1;
      return { peerId, addresses: member.addresses };
    });
    const hosts = hostsOf(addresses, peerIds[0] as PeerId);
    const member: Member = { keys, peerIds, link, addresses, hosts, seenAt: undefined };
    this.#byInstitution.set(peer.institution, member);
    for (const peerId of peerIds) this.#byPeerId.set(peerId.toString(), member);
  }

  #rekey(peer: AdmittedPeer, member: Member): void {
    const keys = keysOf(peer);
    if (keys.join() === member.keys.join()) return;
    member.keys = keys;
    member.peerIds = keys.map(peerIdOf);
    for (const peerId of member.peerIds) this.#byPeerId.set(peerId.toString(), member);
  }

  #move(peer: AdmittedPeer, member: Member): void {
    const addresses = this.#addressesOf(peer);
    if (addresses.join() === member.addresses.join()) return;
    member.addresses = addresses;
    member.hosts = hostsOf(addresses, member.peerIds[0] as PeerId);
    member.link.dialSoon();
  }

  #remove(institution: Hex32, member: Member, code: ErrorCode): void {
    this.#byInstitution.delete(institution);
    for (const peerId of member.peerIds) this.#byPeerId.delete(peerId.toString());
    member.link.end(code);
  }

  #addressesOf(peer: AdmittedPeer): readonly string[] {
    return this.#deps.addressOverrides[peer.institution] ?? peer.addresses;
  }
}

function keysOf({ networkKey, formerNetworkKeys = [] }: AdmittedPeer): readonly Hex32[] {
  return [networkKey, ...formerNetworkKeys];
}

function hostsOf(addresses: readonly string[], peerId: PeerId): ReadonlySet<string> {
  const targets = addresses.map((address) => dialable(address, peerId));
  return new Set(targets.filter((target) => target !== undefined).map(hostOf));
}
