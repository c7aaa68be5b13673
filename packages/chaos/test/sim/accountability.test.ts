import { accusedOf, type Evidence, hashHex, NO_ROUND, utf8, type Vote } from '@consilium/core';
import { decodeMessage, encodeMessage } from '@consilium/node/replica';
import type { Tap } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { type Forge, laterValue } from '../../src/byzantine/forge.ts';
import { forgeOf } from '../../src/sim-world/hands.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

const GUILTY = 3;

/** A network whose fourth node's messages pass through `lie`, and which hears nothing that its key did elsewhere. */
function hostileNetwork(lie: (forge: Forge, net: Network) => Tap): Network {
  const net = network({ hostile: ['n4'] });
  const { cluster } = net;
  const guilty = net.node(GUILTY).id;
  const hospital = cluster.hospitals[GUILTY] as (typeof cluster.hospitals)[number];
  const tap = lie(forgeOf(cluster, hospital), net);
  cluster.net.setTap((from, to, channel, message) => {
    if (from === guilty) return tap(from, to, channel, message);
    return to === guilty ? withoutVotesOf(guilty, message) : [message];
  });
  return net;
}

function withoutVotesOf(validator: string, bytes: Uint8Array): Uint8Array[] {
  const message = decodeMessage(bytes);
  if (message.type === 'proposal' && message.proposal.validator === validator) return [];
  if (message.type !== 'votes') return [bytes];
  const votes = message.votes.filter((vote) => vote.validator !== validator);
  return votes.length === 0 ? [] : [encodeMessage({ type: 'votes', votes })];
}

/** To the first node another prevote than to the rest. */
const prevoteTwice = (forge: Forge, net: Network): Tap => {
  const guilty = net.node(GUILTY).id;
  const other = (vote: Vote): Vote =>
    vote.validator === guilty && vote.type === 'prevote' && vote.blockId !== null
      ? forge.vote({ ...vote, blockId: null, validRound: NO_ROUND })
      : vote;
  return (_from, to, _channel, bytes) => {
    const message = decodeMessage(bytes);
    if (message.type !== 'votes' || to !== net.node(0).id) return [bytes];
    return [encodeMessage({ type: 'votes', votes: message.votes.map(other) })];
  };
};

/** To the first node another value than to the rest. */
const proposeTwice = (forge: Forge, net: Network): Tap => {
  const guilty = net.node(GUILTY).id;
  return (_from, to, _channel, bytes) => {
    const message = decodeMessage(bytes);
    const own = message.type === 'proposal' && message.proposal.validator === guilty;
    if (!own || to !== net.node(0).id) return [bytes];
    return [encodeMessage(forge.proposing(message, laterValue(message.value)))];
  };
};

/** Says nothing but a precommit for one value, and a prevote for another in the round after. */
const breakLock = (forge: Forge, net: Network): Tap => {
  const [locked, other] = ['one', 'other'].map((name) => hashHex(utf8(name))) as [string, string];
  return (_from, _to, _channel, bytes) => {
    const message = decodeMessage(bytes);
    if (message.type !== 'votes') return [bytes];
    const height = net.node(0).height + 1;
    const votes = [
      forge.vote({ type: 'precommit', height, round: 0, blockId: locked, validRound: NO_ROUND }),
      forge.vote({ type: 'prevote', height, round: 1, blockId: other, validRound: NO_ROUND }),
    ];
    return [encodeMessage({ type: 'votes', votes })];
  };
};

const OFFENCES = [
  ['double-vote', prevoteTwice],
  ['double-proposal', proposeTwice],
  ['lock-violation', breakLock],
] as const;

describe('Accountability', () => {
  test('A validator that signs twice is named in committed evidence, nobody else is.', () => {
    for (const [type, lie] of OFFENCES) {
      const net = hostileNetwork(lie);
      const { chain } = net.history;
      const committed = (): Evidence[] => [...chain.values()].flatMap(({ block }) => block.evidence);
      keepSubmitting(net, [0, 1, 2], 100);
      net.until(() => committed().length > 0, 60_000);
      expect(committed().map((evidence) => [evidence.type, accusedOf(evidence)])).toEqual([
        [type, net.node(GUILTY).id],
      ]);

      // It goes on lying; within the window it is named once.
      net.untilHeight(chain.size + 20, 120_000, net.nodes.slice(0, GUILTY));
      expect(committed()).toHaveLength(1);
      net.expectNoViolation();
    }
  });
});
