// Owns: the network port of a daemon in a hostile hand, whenever a fault of the daemon says so. Does not own: the strategies
// (byzantine/).
import { signEd25519 } from '@consilium/core';
import type { NodeNet, Prepared } from '@consilium/node';
import { type Kv, readTip } from '@consilium/node/replica';
import { createPrng, netThrough } from '@consilium/sim';
import { createForge } from '../byzantine/forge.ts';
import { createHand, type Hand } from '../byzantine/hand.ts';
import type { NodeFault } from './node-faults.ts';

export interface HostileNetDeps {
  readonly store: Pick<Kv, 'get'>;
  readonly faults: () => readonly NodeFault[];
}

type HandFault = NodeFault & { readonly kind: 'hand' };

export interface HostileNet {
  readonly net: NodeNet;
  /** The faults were read again: the last hand among them is the one that is played. */
  look(): void;
}

export function createHostileNet(net: NodeNet, prepared: Prepared, deps: HostileNetDeps): HostileNet {
  let hand: Hand | undefined;
  let played: string | undefined;
  const look = (): void => {
    const fault = deps.faults().findLast((each) => each.kind === 'hand');
    const asked = fault === undefined ? undefined : JSON.stringify(fault);
    if (asked === played) return;
    played = asked;
    if (fault !== undefined) hand ??= createHandFor(net, prepared, deps, fault);
    hand?.setStrategy(
      fault?.strategy,
      fault === undefined ? {} : { chance: fault.chance, params: fault.params },
    );
  };
  look();
  const through = netThrough(net, () => hand);
  return {
    net: {
      ...through,
      open: () => net.open(),
      stop: () => net.stop(),
      addresses: () => net.addresses(),
      stats: () => net.stats(),
    },
    look,
  };
}

function createHandFor(
  net: NodeNet,
  { keys, genesisHash }: Prepared,
  { store }: HostileNetDeps,
  { seed }: HandFault,
): Hand {
  const self = keys.account.account;
  const { secret } = keys.validator;
  return createHand({
    self,
    forge: createForge({ self, genesisHash, sign: (bytes) => signEd25519(secret, bytes) }),
    prng: createPrng(seed, `hand ${self}`),
    peers: () => net.connected(),
    height: () => (readTip(store)?.height ?? 0) + 1,
    send: (to, channel, bytes) => void net.send(to, channel, bytes),
    after: (delayMs, fire) => {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    },
    note: () => undefined,
  });
}
