// Owns: the boards of a simulated network that a test drives by hand: a change is proposed by one member, approved by all
// others, and waited for. Does not own: what is decided when.
import {
  type Action,
  accountIdOf,
  actionOf,
  findValidator,
  followerRole,
  type GovernedChange,
  type Hex32,
  nextValidators,
  type StateReader,
} from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import { type Hospital, mostAdvanced, type SimNode, signTransaction, submit } from '@consilium/sim';
import type { Network } from './network.ts';

export interface Boards {
  /** Of the node that is furthest. */
  state(): StateReader;
  /** Nodes of the set of the next height, in the order of the cluster. */
  members(): readonly SimNode[];
  /** Committed when it returns; gives what came of it. */
  send(sender: Hospital, action: Action): string;
  /** Proposed by the first member that the change does not remove, approved by the others, decided when it returns. */
  decide(change: GovernedChange): void;
  /** Admitted, its node up, and in the set. */
  admit(hospital: Hospital): void;
  remove(institution: Hex32): void;
}

export function boardsOf(net: Network): Boards {
  const { cluster } = net;
  const { hospitals } = cluster;
  let sent = 0;
  const state = (): StateReader => stateReader(mostAdvanced(cluster).kv.reader);
  const isIn = (id: Hex32): boolean => findValidator(nextValidators(state()), id) !== undefined;
  const members = (): readonly SimNode[] => net.nodes.filter(({ id, isUp }) => isUp && isIn(id));
  const hand = (sender: Hospital, action: Action): Hex32 => {
    sent += 1;
    const nonce = cluster.prng.fork(`boards ${sent}`).bytes(16);
    const tx = signTransaction(cluster, sender, [action], nonce);
    const own = members().find(({ id }) => id === sender.id);
    submit(cluster, own ?? (members()[0] as SimNode), tx);
    return tx.id;
  };
  const decide = (change: GovernedChange): void => {
    const leaving = change.type === 'remove' ? change.institution : undefined;
    const voters = hospitals.filter(({ id }) => id !== leaving && members().some((node) => node.id === id));
    const [first, ...others] = voters as [Hospital, ...Hospital[]];
    const proposed = hand(first, actionOf('institutions.propose', { change }));
    net.until(() => net.resultOf(proposed) !== undefined, 20_000);
    const proposal = net.resultOf(proposed)?.outcomes[0]?.id ?? '';
    const votes = others.map((other) => hand(other, actionOf('institutions.approve', { proposal })));
    const answered = (): number => votes.filter((id) => net.resultOf(id)?.code === 'OK').length;
    net.until(() => answered() + 1 > (2 * nextValidators(state()).length) / 3, 20_000);
  };
  return {
    state,
    members,
    decide,
    send: (sender, action) => {
      const id = hand(sender, action);
      net.until(() => net.resultOf(id) !== undefined, 20_000);
      return net.resultOf(id)?.code ?? '';
    },
    admit: ({ id, card }) => {
      decide({ type: 'admit', card });
      net.until(() => followerRole(state(), accountIdOf(card.accountKey)) !== undefined || isIn(id), 20_000);
      net.nodes.find((node) => node.id === id)?.start();
      net.until(() => isIn(id), 60_000);
    },
    remove: (institution) => {
      decide({ type: 'remove', institution, confirmName: null });
      net.until(() => !isIn(institution), 20_000);
    },
  };
}
