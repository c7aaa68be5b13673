// Owns: the network port of a daemon in the hands of a hostile validator and a lying custodian, whenever a fault of the daemon
// says so. Does not own: the strategies
// (byzantine/).
import { signEd25519 } from '@consilium/core';
import type { NodeNet, Prepared } from '@consilium/node';
import { type Kv, readTip } from '@consilium/node/replica';
import { createPrng, netThrough, type Wire } from '@consilium/sim';
import { type CustodyLiar, createCustodyLiar } from '../byzantine/custody-lies.ts';
import { createForge } from '../byzantine/forge.ts';
import { createHand, type Hand } from '../byzantine/hand.ts';
import { gripOnOwn } from './custody-grip.ts';
import type { NodeFault } from './node-faults.ts';

export interface HostileNetDeps {
  readonly store: Pick<Kv, 'get'>;
  readonly faults: () => readonly NodeFault[];
}

type HandFault = NodeFault & { readonly kind: 'hand' };

export interface HostileNet {
  readonly net: NodeNet;
  /** The faults were read again: the last hand and the last custodian among them are the ones that are played. */
  look(): void;
}

export function createHostileNet(net: NodeNet, prepared: Prepared, deps: HostileNetDeps): HostileNet {
  let hand: Hand | undefined;
  let liar: CustodyLiar | undefined;
  const lookAtHand = whenChanged(deps, 'hand', (fault) => {
    if (fault !== undefined) hand ??= createHandFor(net, prepared, deps, fault);
    hand?.setStrategy(
      fault?.strategy,
      fault === undefined ? {} : { chance: fault.chance, params: fault.params },
    );
  });
  const lookAtCustodian = whenChanged(deps, 'custodian', (fault) => {
    liar = fault && createCustodyLiar(gripOnOwn(net, prepared, deps.store, fault.seed), fault.lie);
  });
  const look = (): void => {
    lookAtHand();
    lookAtCustodian();
  };
  look();
  const through = netThrough(
    net,
    (): Wire => ({
      tell: (to, channel, bytes) =>
        (channel === 'custody' ? liar?.tell(to, bytes) : undefined) ??
        hand?.tell(to, channel, bytes) ?? [bytes],
      hear: (from, channel, bytes) => {
        if (channel === 'custody') liar?.hear(from, bytes);
        return hand?.hear(from, channel, bytes) ?? [bytes];
      },
    }),
  );
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

/** Calls back with the last fault of a kind, when it is another than at the look before. */
function whenChanged<Kind extends NodeFault['kind']>(
  { faults }: HostileNetDeps,
  kind: Kind,
  changed: (fault: Extract<NodeFault, { kind: Kind }> | undefined) => void,
): () => void {
  const isMeant = (fault: NodeFault): fault is Extract<NodeFault, { kind: Kind }> => fault.kind === kind;
  let known: string | undefined;
  return () => {
    const fault = faults().findLast(isMeant);
    const asked = fault && JSON.stringify(fault);
    if (asked === known) return;
    known = asked;
    changed(fault);
  };
}

function createHandFor(
  net: NodeNet,
  { keys, genesisHash }: Prepared,
  { store }: HostileNetDeps,
  { seed }: HandFault,
): Hand {
  const self = keys.account.account;
  if (keys.validator === undefined) throw new Error('invariant: a hospital of the devnet holds its own key');
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
