// Owns: whom a node lets in besides the ledger's while it is a newcomer: its ledger is that of the genesis, and none of the
// founders may be left. The operator introduces hospitals by their cards. Does not own: reading them (keys and files).
import type { AdmittedPeer } from '../ports.ts';
import type { NodeNet } from './net.ts';

/** Until the ledger knows this node itself: from then on it knows the others too, and has the only word. */
export function withIntroductions(net: NodeNet, self: string, introduced: readonly AdmittedPeer[]): NodeNet {
  if (introduced.length === 0) return net;
  return {
    open: () => net.open(),
    start: (handler) => net.start(handler),
    stop: () => net.stop(),
    connected: () => net.connected(),
    send: (peer, channel, message) => net.send(peer, channel, message),
    penalize: (peer, code) => net.penalize(peer, code),
    pause: (peer, channel, forMs) => net.pause(peer, channel, forMs),
    addresses: () => net.addresses(),
    stats: () => net.stats(),
    admit: (peers) =>
      net.admit(peers.some(({ institution }) => institution === self) ? peers : joined(peers, introduced)),
  };
}

function joined(
  peers: readonly AdmittedPeer[],
  introduced: readonly AdmittedPeer[],
): readonly AdmittedPeer[] {
  const known = new Set(peers.flatMap(({ institution, networkKey }) => [institution, networkKey]));
  const others = introduced.filter(
    ({ institution, networkKey }) => !known.has(institution) && !known.has(networkKey),
  );
  return [...peers, ...others];
}
