// Owns: reading multiaddrs. Does not own: whose they are.
import type { PeerId } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';

/** The address with the peer's id; undefined when the text is no address, or names another peer. */
export function dialable(address: string, peer: PeerId): Multiaddr | undefined {
  try {
    const parsed = multiaddr(address);
    const named = parsed.getComponents().find((component) => component.name === 'p2p')?.value;
    if (named === undefined) return parsed.encapsulate(`/p2p/${peer.toString()}`);
    return named === peer.toString() ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The first component: an IP address or a name. */
export function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? '';
}
